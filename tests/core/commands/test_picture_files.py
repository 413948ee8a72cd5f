"""What a folder holds: nothing in it is left out silently, and one bad part spoils no other."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands.picture_files import listed


def _picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(path, "PNG")
    return path


def _sentences(folder: Path) -> list[str]:
    return [str(error) for _, error in listed([folder]).faults]


def test_an_unreadable_subfolder_is_named_and_the_rest_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = _picture(tmp_path / "a.png"), _picture(tmp_path / "z" / "b.png")
    locked = tmp_path / "locked"
    locked.mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.fspath(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(locked))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, who reads everything
    listing = listed([tmp_path])
    assert listing.paths == (first, last)
    assert _sentences(tmp_path) == [f"{locked} cannot be read (Permission denied): check the path."]


def test_links_pipes_and_what_was_not_fetched_are_counted_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    picture = _picture(folder / "a.png")
    linked = folder / "linked.png"
    linked.symlink_to(_picture(tmp_path / "elsewhere" / "b.png"))
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "gone.png").symlink_to("nowhere.png")
    for name in ("x.png", "y.png"):
        (folder / name).symlink_to(f".git/annex/objects/ab/cd/{name}")
    os.mkfifo(folder / "pipe.png")
    listing = listed([folder])
    assert listing.paths == (picture, linked)
    assert _sentences(folder) == [
        f"1 link to a folder in {folder} was left out (link): name the folders themselves.",
        f"2 files that git-annex has not fetched in {folder} were left out (x.png, y.png): "
        "fetch them with `git annex get` or `datalad get`.",
        f"1 link to nothing in {folder} was left out (gone.png): check where they lead.",
        f"1 pipe or device in {folder} was left out (pipe.png): name pictures in files.",
    ]


def test_a_set_of_which_nothing_was_fetched_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.png").symlink_to("../.git/annex/objects/ab/x.png")
    first, last = _sentences(tmp_path)
    assert "git-annex has not fetched" in first
    assert "is a folder without pictures" in last


def test_a_picture_without_a_suffix_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    picture = _picture(tmp_path / "scan")
    (tmp_path / "README").write_text("text")
    assert listed([tmp_path]).paths == (picture,)
    assert _sentences(tmp_path)[0].endswith("left out: README.")
