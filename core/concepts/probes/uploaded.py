"""Probe pictures that a visitor of the page brings along in one file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.concepts.probes.parquet import from_parquet
from core.concepts.probes.probe_set import ProbeSet, line_of
from core.concepts.probes.zip_file import from_zip
from core.errors import BadProbes
from core.files import uploads

LIMIT = 2 << 30
"""Largest file in bytes."""


def from_upload(path: Path, name: str) -> ProbeSet:
    """Return the pictures in a ZIP or Parquet file, told apart by content.

    Args:
        path: as `core.files.uploads.keep` gives it.
        name: as its owner knows it.

    Raises:
        BadProbes: neither of them, too large, gone, or nothing in it can be used.
    """
    try:
        with uploads.use(path).open("rb") as file:
            head = file.read(4)
        size = path.stat().st_size
    except OSError as error:
        raise BadProbes(f"{line_of(name)} is no longer on this server: upload it again.") from error
    if size > LIMIT:
        raise BadProbes(f"{line_of(name)} is larger than {LIMIT >> 30} GB: give a smaller file.")
    if head == b"PAR1":
        return replace(from_parquet(path), upload=path)
    if head.startswith(b"PK"):
        return replace(from_zip(path, name), upload=path)
    raise BadProbes(f"{line_of(name)} is neither a ZIP nor a Parquet file: give one of them.")
