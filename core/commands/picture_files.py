"""Which files a command explains: those that were named, and those below named folders."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadPicture
from core.export import measure_lines, measures_record, measures_report
from core.export.agreement_table import PARQUET
from core.export.bundle import RECORD
from core.export.lime_params import JSON_NAME, PICKLE_NAME
from core.export.picture_lines import LINES, written_by
from core.export.report import BARS, PAGE, TABLE
from core.files.names import printable, safe_name
from core.models.true_class_files import METADATA
from core.pictures.kinds import HEAD, looks_like_picture
from core.pictures.picture import PICTURE_SUFFIXES, read

NAMED = 5
"""Files left out that a sentence names."""
_AUDIT = ("audit.html", "audit.json", "audit.jsonl")
_OURS = {*_AUDIT, RECORD, LINES, PAGE, TABLE, PARQUET, BARS, JSON_NAME, PICKLE_NAME}
_OURS |= {measures_record.RECORD, measures_record.TABLE, measure_lines.LINES, measures_report.PAGE}


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


def listed(given: Sequence[Path], beside: Collection[Path] = ()) -> Listing:
    """Return the files, with folders replaced by the pictures in and below them.

    Hidden files are passed over, and so is what an `explain.json` lists as written by an earlier
    run, and a table of true classes that is called as such.

    Args:
        given: files and folders, at least one.
        beside: files that are passed over as well.
    """
    files: list[Path] = []
    faults: list[tuple[str, BadPicture]] = []
    for path in given:
        inside, errors = _pictures_at(path, {each.absolute() for each in beside})
        files += inside
        faults += [(path.name or str(path), error) for error in errors]
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


@dataclass(slots=True)
class _Inside:
    """What lies in and below a folder.

    Attributes:
        pictures: files called as pictures, or without a suffix and beginning as one.
        others: other files.
        links: links to folders, which are not followed: they may lead in a circle.
        unfetched: links to contents of git-annex (DataLad) that are not on this machine.
        broken: other links to nothing.
        special: pipes, sockets and devices.
        errors: what cannot be read.
    """

    pictures: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    unfetched: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    special: list[Path] = field(default_factory=list)
    errors: list[BadPicture] = field(default_factory=list)


def _pictures_at(path: Path, beside: Collection[Path]) -> tuple[list[Path], list[BadPicture]]:
    """Return the file, or the pictures below the folder; and what is wrong there."""
    try:
        if path.is_file():
            return [path], []
        if not path.is_dir():
            read(path)  # says in its own words what is wrong
            return [path], []
    except BadPicture as error:
        return [], [error]
    except OSError as error:
        return [], [_unreadable(path, error)]
    inside = _below(path)
    errors = [*inside.errors, *_not_followed(path, inside)]
    if inside.pictures:
        others = [
            each
            for each in inside.others
            if each.name not in METADATA and each.absolute() not in beside
        ]
        return inside.pictures, [*errors, *_left_out(path, others)]
    if not inside.errors:
        errors.append(BadPicture(f"{path} is a folder without pictures: name some files."))
    return [], errors


def _below(folder: Path) -> _Inside:
    """Return what lies in and below a folder by name, without hidden files and earlier results."""
    inside = _Inside()

    def failed(error: OSError) -> None:
        inside.errors.append(_unreadable(Path(error.filename or folder), error))

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside.links += [
            path for path in (Path(place) / name for name in folders) if path.is_symlink()
        ]
        earlier = _results_in(Path(place)) if {RECORD, LINES} & set(names) else set()
        for name in sorted(names):
            if not name.startswith(".") and name not in earlier:
                _sort_in(inside, Path(place) / name)
    return inside


def _sort_in(inside: _Inside, path: Path) -> None:
    """Put a path where it belongs."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            inside.special.append(path)
        elif path.suffix.lower() in PICTURE_SUFFIXES or (not path.suffix and _begins_so(path)):
            inside.pictures.append(path)
        else:
            inside.others.append(path)
    except OSError as error:
        if not path.is_symlink():
            inside.errors.append(_unreadable(path, error))
        elif ".git/annex/" in f"/{path.readlink().as_posix()}":
            inside.unfetched.append(path)
        else:
            inside.broken.append(path)


def _begins_so(path: Path) -> bool:
    """Tell whether a file's first bytes are a picture's."""
    with path.open("rb") as file:
        return looks_like_picture(file.read(HEAD))


def _unreadable(path: Path, error: OSError) -> BadPicture:
    shown = printable(str(path))
    return BadPicture(f"{shown} cannot be read ({error.strerror or error}): check the path.")


def _not_followed(folder: Path, inside: _Inside) -> Iterator[BadPicture]:
    """Say which entries of a folder are neither files nor folders."""
    shown = printable(str(folder))
    for paths, one, many, advice in (
        (inside.links, "link to a folder", "links to folders", "name the folders themselves"),
        (
            inside.unfetched,
            "file that git-annex has not fetched",
            "files that git-annex has not fetched",
            "fetch them with `git annex get` or `datalad get`",
        ),
        (inside.broken, "link to nothing", "links to nothing", "check where they lead"),
        (inside.special, "pipe or device", "pipes or devices", "name pictures in files"),
    ):
        if paths:
            what = f"1 {one}" if len(paths) == 1 else f"{len(paths)} {many}"
            verb = "was" if len(paths) == 1 else "were"
            yield BadPicture(f"{what} in {shown} {verb} left out ({_listed(paths)}): {advice}.")


def _results_in(folder: Path) -> set[str]:
    """Return the names of the files that an earlier run wrote, by its record."""
    written = written_by(folder)
    try:
        record = json.loads((folder / RECORD).read_bytes())
        pictures = record["pictures"]
        written |= {str(name) for picture in pictures for name in picture["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return written | _OURS if written else set()
    return written | _OURS


def _left_out(folder: Path, others: Sequence[Path]) -> Iterator[BadPicture]:
    """Say which files of a folder are no pictures."""
    if others:
        many = "1 file" if len(others) == 1 else f"{len(others)} files"
        verb = "is no picture and was" if len(others) == 1 else "are no pictures and were"
        yield BadPicture(f"{many} of {folder} {verb} left out: {_listed(others)}.")


def _listed(paths: Sequence[Path]) -> str:
    names = list(dict.fromkeys(printable(each.name) for each in paths))
    return ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more" * (len(names) > NAMED)
