"""Probe pictures that a visitor of the page brings along in one file."""

from __future__ import annotations

from core.concepts.probes.parquet import from_parquet
from core.concepts.probes.probe_set import ProbeSet, line_of
from core.concepts.probes.zip_file import from_zip
from core.errors import BadProbes
from core.files import uploads
from core.files.names import safe_name

LIMIT = 2 << 30
"""Largest file in bytes."""


def from_upload(data: bytes, name: str) -> ProbeSet:
    """Return the pictures in a ZIP or Parquet file, told apart by content.

    Raises:
        BadProbes: neither of them, too large, or nothing in it can be used.
    """
    if len(data) > LIMIT:
        raise BadProbes(f"{line_of(name)} is larger than {LIMIT >> 30} GB: give a smaller file.")
    if data.startswith(b"PAR1"):
        return from_parquet(uploads.keep(data, safe_name(name)))
    if data.startswith(b"PK"):
        # From a file: the bytes of a large one would stay in memory with the set.
        return from_zip(uploads.keep(data, safe_name(name)), name)
    raise BadProbes(f"{line_of(name)} is neither a ZIP nor a Parquet file: give one of them.")
