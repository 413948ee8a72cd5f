"""Tables on disk: which go first, and other processes that remove or write at the same time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.concepts.run import disk_blocks
from core.concepts.run.disk_blocks import Parts, default_root, trim


def test_longest_unused_tables_go_first(tmp_path: Path) -> None:
    for number in range(3):
        Parts(tmp_path, f"t{number}").write(0, {"values": np.zeros(1000)})
        os.utime(tmp_path / f"t{number}", (number, number))
    Parts(tmp_path, "t0")  # used now
    trim(tmp_path, 20_000)
    assert {path.name for path in tmp_path.iterdir()} == {"t0", "t2"}
    trim(tmp_path, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"t0"}, "what was just used stays"
    trim(None)
    trim(tmp_path / "gone")


def test_another_process_may_remove_tables_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        Parts(tmp_path, f"t{number}").write(0, {"values": np.zeros(1000)})
        os.utime(tmp_path / f"t{number}", (number, number))
    real, others = os.scandir, ["t1", "t2"]

    def scandir(path: Path) -> object:
        """As if another process removed one table before it is read, and one while it is."""
        if others:
            shutil.rmtree(tmp_path / others.pop())
        return real(path)

    monkeypatch.setattr(disk_blocks.os, "scandir", scandir)
    trim(tmp_path, 10_000)
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_block_for_this_object_only(tmp_path: Path) -> None:
    table = Parts(tmp_path, "t")
    table.write(0, {"good": np.ones(3), "values": np.zeros(3)}, lasting=False)
    assert table.has(0)
    assert set(table.need(0, ("good",))) >= {"good"}
    assert not Parts(tmp_path, "t").has(0)
    table.write(1, {"good": np.ones(3), "values": np.zeros(3)})
    assert set(Parts(tmp_path, "t").need(1, ("good",))) == {"good"}


def test_no_folder_to_write_to_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert default_root() is None
    assert "XDG_CACHE_HOME" in disk_blocks.NOT_SAVED
