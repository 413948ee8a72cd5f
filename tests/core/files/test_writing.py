"""Files are written whole or not at all, by however many threads and processes at once."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import CannotWrite
from core.files import writing
from core.files.writing import part_file, ready_folder, whole_file, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_threads_that_write_one_file_leave_one_of_their_contents(tmp_path: Path) -> None:
    """Processes in two containers have the same number, so that alone makes no name of its own."""
    path, together = tmp_path / "file", threading.Barrier(8)
    contents = [bytes([number]) * 200_000 for number in range(8)]

    def write(data: bytes) -> None:
        for _ in range(20):
            together.wait(20)
            write_whole(path, data)
            assert path.read_bytes() in contents

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, contents))
    assert names(tmp_path) == ["file"]


def test_a_part_has_a_name_of_its_own_and_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    usual = (tmp_path / "plain").stat().st_mode
    with part_file(tmp_path) as one, part_file(tmp_path) as two:
        assert one != two
        assert one.stat().st_mode == usual
    assert names(tmp_path) == ["plain"]


def test_a_stop_leaves_nothing(tmp_path: Path) -> None:
    def stopped() -> None:
        with part_file(tmp_path) as part:
            part.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert not names(tmp_path)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="file is a file: choose a folder"):
        ready_folder(tmp_path / "file")
    with pytest.raises(CannotWrite, match=r"because .*file is a file: choose another"):
        write_whole(tmp_path / "file" / "more", b"")
    (tmp_path / "taken").mkdir()
    with pytest.raises(CannotWrite, match="taken is a folder: move it away"):
        write_whole(tmp_path / "taken", b"")
    with pytest.raises(
        CannotWrite, match=r"one cannot be written \(No such file.*: make its folder"
    ):
        write_whole(tmp_path / "no folder" / "one", b"")
    assert ready_folder(tmp_path / "new" / "folder").is_dir()
    assert not names(tmp_path / "new" / "folder")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_where_the_disk_is_full_space_is_asked_for(tmp_path: Path, number: int) -> None:
    """Another folder of the same disk would be as full."""

    def fill(path: Path) -> None:
        with whole_file(path):
            raise OSError(number, os.strerror(number))

    (tmp_path / "old").touch()
    for name in ("old", "new"):
        with pytest.raises(CannotWrite, match=f"{name} cannot be written .*: free some space"):
            fill(tmp_path / name)


class Open:
    """A file that somebody has open, as Windows treats it: it is not replaced for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refusals: int) -> None:
        self.tries, self._refusals, self._replace = 0, refusals, os.replace
        monkeypatch.setattr(os, "replace", self)
        monkeypatch.setattr(writing, "PAUSES", (0.0,) * len(writing.PAUSES))

    def __call__(self, source: object, target: object) -> None:
        self.tries += 1
        if self.tries <= self._refusals:
            raise PermissionError(errno.EACCES, "Permission denied")
        self._replace(source, target)  # type: ignore[call-overload]


def test_a_file_that_is_open_for_a_moment_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    file = Open(monkeypatch, refusals=2)
    write_whole(path, b"new")
    assert (file.tries, path.read_bytes(), names(tmp_path)) == (3, b"new", ["table.csv"])


def test_a_file_that_stays_open_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    Open(monkeypatch, refusals=99)
    with pytest.raises(CannotWrite, match=r"table.csv cannot be replaced .*close it where it is"):
        write_whole(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["table.csv"])
