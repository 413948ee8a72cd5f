"""Two commands in one folder: the second says so; a killed one leaves no lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from core.errors import CannotWrite
from core.files.sole_writer import sole_writer

HOLD = """
import sys, time
from pathlib import Path
from core.files.sole_writer import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_kept_out_until_it_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(CannotWrite, match="Another command is writing into"):  # noqa: SIM117
            with sole_writer(tmp_path):
                pass
        other.kill()
    with sole_writer(tmp_path):
        pass


def test_it_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    with sole_writer(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_place_for_a_lock_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for place in (None, tmp_path / "file"):
        monkeypatch.setattr("core.files.sole_writer.cache_folder", lambda: place)  # noqa: B023
        entered = []
        with sole_writer(tmp_path):
            entered.append(True)
        assert entered


def test_the_same_process_may_enter_again(tmp_path: Path) -> None:
    with sole_writer(tmp_path), sole_writer(tmp_path / ".." / tmp_path.name):
        pass
    with sole_writer(tmp_path):
        pass


@pytest.mark.parametrize("error", [OSError("no locks"), NotImplementedError()])
def test_a_file_system_without_locks_is_written_to_all_the_same(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    entered = []
    with sole_writer(tmp_path):
        entered.append(True)
    assert entered


def test_an_error_of_the_work_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="of the work"), sole_writer(tmp_path):
        raise OSError("of the work")
