"""Lines of the catalogue that a library knows, kept in the user's cache.

Which models a library has only changes with its version, and asking it takes seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import CannotWrite
from core.files.folders import cache_folder
from core.files.writing import write_whole
from core.models.catalog_entry import Entry

_SLOTS = tuple(f.name for f in dataclasses.fields(Entry) if f.name not in ("file", "local"))


def kept(
    file: str, library: str, code: Iterable[str], ask: Callable[[], list[Entry]]
) -> list[Entry]:
    """Return the lines of one library, from the cache where they are kept.

    Args:
        file: name of the file in the cache.
        library: the package whose version decides what there is.
        code: files beside this one that decide what the lines say.
        ask: asks the library.
    """
    folder, made_of = cache_folder(), _made_of(library, code)
    if folder is None or not made_of:
        return ask()
    found = _read(folder / file, made_of)
    return _keep(folder / file, made_of, ask()) if found is None else found


def _made_of(library: str, code: Iterable[str]) -> str:
    """Digest of the library's version and of this code; empty where the version is not known."""
    try:
        digest = hashlib.sha256(version(library).encode())
        for name in (*code, "catalog_entry.py", Path(__file__).name):
            digest.update((Path(__file__).parent / name).read_bytes())
    except (PackageNotFoundError, OSError):
        return ""
    return digest.hexdigest()


def _read(path: Path, made_of: str) -> list[Entry] | None:
    """Read what `_keep` wrote; None where it is not there, damaged, or made of something else."""
    try:
        whole = json.loads(path.read_bytes())
        if whole["made_of"] != made_of:
            return None
        names = [tuple(each) for each in whole["names"]]
        return [_entry(fields, names) for fields in whole["entries"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _entry(fields: dict[str, Any], names: Sequence[tuple[str, ...]]) -> Entry:
    fields |= {key: tuple(fields[key]) for key in ("mean", "std", "siblings")}
    entry = Entry(**{**fields, "names": names[fields["names"]]})
    if len(entry.names) not in (0, entry.classes):
        raise ValueError("names of another model")
    return entry


def _keep(path: Path, made_of: str, entries: list[Entry]) -> list[Entry]:
    """Write the lines and return them; without a cache to write to, nothing is kept."""
    names = list(dict.fromkeys(entry.names for entry in entries))  # the 1000 of ImageNet once
    whole = {
        "made_of": made_of,
        "names": names,
        "entries": [
            {slot: getattr(entry, slot) for slot in _SLOTS} | {"names": names.index(entry.names)}
            for entry in entries
        ],
    }
    with contextlib.suppress(OSError, CannotWrite):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(whole).encode())
    return entries
