"""HDF5 files on a disk that is full: an error in the end, and no crash."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.errors import CannotWrite
from core.export.formats.hdf5_sink import written
from core.export.formats.map_set import MapSet
from core.export.formats.virelay import write_virelay
from core.pictures.picture import read

h5py = pytest.importorskip("h5py")
resource: Any = pytest.importorskip("resource", reason="Windows limits no file's size")


@contextmanager
def limit(size: int) -> Iterator[None]:
    """Let no file grow beyond a size in bytes, which the system refuses as it does a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def fill(hdf5: ModuleType, path: Path, rows: int = 12, *, often: bool = True) -> None:
    """Write rows of noise, which no compression makes small, and text."""
    rng = np.random.default_rng(0)
    with written(path) as sink, hdf5.File(sink, "w") as file:
        noise = file.create_dataset(
            "noise", (0, 4096), "f4", maxshape=(None, 4096), chunks=(1, 4096), compression="gzip"
        )
        text = file.create_dataset(
            "text", (0,), hdf5.string_dtype(), maxshape=(None,), chunks=(64,)
        )
        for row in range(rows):
            noise.resize(row + 1, axis=0)
            text.resize(row + 1, axis=0)
            noise[row], text[row] = rng.random(4096, np.float32), f"row {row}"
            if often:
                sink.check()


def test_what_is_written_is_an_ordinary_hdf5_file(tmp_path: Path) -> None:
    fill(h5py, tmp_path / "file.h5")
    with h5py.File(tmp_path / "file.h5", "r") as file:
        expected = np.random.default_rng(0).random((12, 4096), np.float32)
        np.testing.assert_array_equal(file["noise"][()], expected)
        assert file["text"][11] == b"row 11"


@pytest.mark.parametrize("often", [True, False])
def test_wherever_the_disk_is_full_the_first_refusal_comes_out(tmp_path: Path, often: bool) -> None:
    path = tmp_path / "file.h5"
    fill(h5py, path)
    for size in range(0, path.stat().st_size, 9973):
        with limit(size), pytest.raises(OSError, match="File too large") as refused:
            fill(h5py, path, often=often)
        assert refused.value.errno == errno.EFBIG


def test_databases_that_do_not_fit_are_one_sentence_and_leave_nothing(
    folder: Path, photos: Path, tmp_path: Path
) -> None:
    for size in (10, 700, 3000, 9000, 20_000):
        with limit(size), pytest.raises(CannotWrite, match=r"h5 cannot be written \(File too"):
            write_virelay(MapSet(folder), tmp_path, lambda each: read(photos / each.name))
    assert not list(tmp_path.iterdir())
