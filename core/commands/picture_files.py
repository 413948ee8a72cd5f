"""Which files a command explains: those that were named, and those below named folders."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadPicture
from core.export.bundle import RECORD
from core.export.lime_params import JSON_NAME, PICKLE_NAME
from core.export.report import BARS, PAGE, TABLE
from core.files.names import printable, safe_name
from core.pictures.picture import PICTURE_SUFFIXES, read

NAMED = 5
"""Files left out that a sentence names."""
_OURS = {RECORD, PAGE, TABLE, BARS, JSON_NAME, PICKLE_NAME}


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a command.

    Attributes:
        paths: in order of folders and names.
        names: of the files, the shortest paths that tell them apart.
        faults: names and sentences: what cannot be read, and what a folder holds besides pictures.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    faults: tuple[tuple[str, BadPicture], ...]


def listed(given: Sequence[Path]) -> Listing:
    """Return the files, with folders replaced by the pictures in and below them.

    Hidden files are passed over, and so is what an `explain.json` lists as written by an earlier
    run.

    Args:
        given: files and folders, at least one.
    """
    files: list[Path] = []
    faults: list[tuple[str, BadPicture]] = []
    for path in given:
        try:
            inside, others = _pictures_at(path)
        except BadPicture as error:
            faults.append((path.name or str(path), error))
            continue
        files += inside
        if others:
            faults.append((path.name or str(path), _left_out(path, others)))
    return Listing(tuple(files), short_names(files), tuple(faults))


def short_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the shortest ends of paths that tell them apart; a file that is named twice has one.

    Args:
        paths: of files.
    """
    parts = [path.absolute().parts for path in paths]
    names: dict[tuple[str, ...], str] = {}
    alike, length = set(parts), 0
    while alike:
        length += 1
        counts = Counter(own[-length:] for own in alike)
        # Two that are told apart by no end of theirs are one file's path and a part of it.
        clear = {own for own in alike if counts[own[-length:]] == 1 or length >= len(own)}
        names |= {own: "/".join(map(safe_name, own[-length:])) for own in clear}
        alike -= clear
    return tuple(names[own] for own in parts)


def _pictures_at(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the file, or the pictures below the folder and the other files there.

    Raises:
        BadPicture: missing, unreadable, or a folder without pictures.
    """
    try:
        if path.is_file():
            return [path], []
        if not path.is_dir():
            read(path)  # says in its own words what is wrong
            return [path], []
        inside = list(_below(path))
    except OSError as error:
        reason = error.strerror or error
        raise BadPicture(f"{path} cannot be read ({reason}): check the path.") from error
    pictures = [each for each in inside if each.suffix.lower() in PICTURE_SUFFIXES]
    if not pictures:
        raise BadPicture(f"{path} is a folder without pictures: name some files.")
    return pictures, [each for each in inside if each.suffix.lower() not in PICTURE_SUFFIXES]


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files in and below a folder by name, without hidden ones and earlier results."""

    def failed(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        earlier = _results_in(Path(place)) if RECORD in names else set()
        for name in sorted(names):
            path = Path(place) / name
            if not name.startswith(".") and name not in earlier and path.is_file():
                yield path


def _results_in(folder: Path) -> set[str]:
    """Return the names of the files that an earlier run wrote, by its record."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        pictures = record["pictures"]
        written = {str(name) for picture in pictures for name in picture["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return written | _OURS


def _left_out(folder: Path, others: Sequence[Path]) -> BadPicture:
    """Say which files of a folder are no pictures."""
    names = list(dict.fromkeys(printable(each.name) for each in others))
    shown = ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more" * (len(names) > NAMED)
    many = "1 file" if len(others) == 1 else f"{len(others)} files"
    verb = "is no picture and was" if len(others) == 1 else "are no pictures and were"
    return BadPicture(f"{many} of {folder} {verb} left out: {shown}.")
