"""What visitors bring along: bounded in bytes and hours, under names that every system takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CannotWrite
from core.files import uploads

HOUR = 3600.0


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A temporary folder of its own, as at the start of a process."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(uploads, "_folders", [])
    return tmp_path


def aged(path: Path, hours: float) -> Path:
    os.utime(path, (time.time() - hours * HOUR,) * 2)
    return path


def test_files_lie_under_their_digest_and_nobody_else_reads_them() -> None:
    one, two = uploads.keep(b"one", "a.txt"), uploads.keep(b"two", "a.txt")
    assert one != two
    assert one.read_bytes() == b"one"
    assert uploads.keep(b"one", "a.txt") == one
    assert one.parent.parent.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("net.pth", "net.pth"),
        ('my "best" net?.pth', "my _best_ net_.pth"),
        ("../../CON.pth", "_CON.pth"),
        ("C:\\weights\\a:b.safetensors", "a_b.safetensors"),
        ("a.p?th", "a.p_th"),
        ("", "picture"),
    ],
)
def test_names_are_safe_on_every_system(name: str, kept: str) -> None:
    assert uploads.keep(b"x", name).name == kept


def test_a_long_name_keeps_its_suffix() -> None:
    path = uploads.keep(b"x", "猫" * 200 + ".safetensors")
    assert path.suffix == ".safetensors"
    assert len(path.name.encode()) < 255


def test_the_longest_unused_goes_when_the_room_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "QUOTA", 100)
    first, second = uploads.keep(b"a" * 40, "a"), uploads.keep(b"b" * 40, "b")
    aged(first, 2)
    aged(second, 1)
    uploads.use(first)
    third = uploads.keep(b"c" * 40, "c")
    assert [path.exists() for path in (first, second, third)] == [True, False, True]
    assert not second.parent.exists()


def test_what_is_larger_than_the_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "QUOTA", 2 << 20)
    held = uploads.keep(b"a", "a")
    with pytest.raises(CannotWrite, match=r"b\.zip has 3 MB, more than the 2 MB"):
        uploads.keep(b"b" * (3 << 20), "b.zip")
    assert held.exists()


def test_what_nobody_used_for_hours_goes() -> None:
    old = aged(uploads.keep(b"a", "a"), uploads.HOURS + 1)
    young = aged(uploads.keep(b"b", "b"), uploads.HOURS - 1)
    uploads.keep(b"c", "c")
    assert (old.exists(), young.exists()) == (False, True)


def test_bringing_a_file_again_makes_it_young() -> None:
    path = aged(uploads.keep(b"a", "a"), uploads.HOURS + 1)
    uploads.keep(b"a", "a")
    uploads.keep(b"b", "b")
    assert path.exists()


def test_what_a_killed_process_left_goes_and_a_living_one_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, alive, foreign = (uploads.keep(b"x", "x") for _ in range(3) if _fresh(monkeypatch))
    aged(left, 2 * uploads.HOURS)
    aged(left.parent.parent, 2 * uploads.HOURS)
    other = place / "seewhy-notes"
    other.mkdir()
    aged(other, 2 * uploads.HOURS)
    _fresh(monkeypatch)
    uploads.keep(b"y", "y")
    assert [path.exists() for path in (left, alive, foreign, other)] == [False, True, True, True]


def _fresh(monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(uploads, "_folders", [])
    return True


def test_a_folder_that_was_cleaned_away_is_made_again() -> None:
    path = uploads.keep(b"x", "x")
    path.unlink()
    path.parent.rmdir()
    path.parent.parent.rmdir()
    assert uploads.keep(b"x", "x").read_bytes() == b"x"
    assert path.parent.parent.stat().st_mode & 0o77 == 0


def test_a_full_disk_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CannotWrite, match=r"cannot store a\.pth \(No space left on device\): its"):
        uploads.keep(b"x", "a.pth")
    assert not list(uploads._folder().rglob("*.part"))
