"""Probe pictures in a folder, whose files may change while it is read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from core.concepts.probes.probe_set import MOST, ProbeSet, checked, digest_of, line_of, named
from core.errors import BadPicture, BadProbes, ChangedPicture
from core.files.names import printable
from core.pictures.kinds import looks_like_picture
from core.pictures.picture import Picture, decode, read_bytes

FILES = 2 * MOST
"""Files of a folder that are looked at."""
_HEAD = 16


def from_folder(path: Path) -> ProbeSet:
    """Return the pictures below a folder, in the order of their paths; hidden files are left out.

    Links to folders are not followed. Every file is read once for the digest of its bytes, and a
    file that has other bytes when its picture is asked for raises `ChangedPicture`.

    Raises:
        BadProbes: unreadable, or without pictures.
    """
    paths: list[str] = []
    digests: list[str] = []
    skipped = 0
    try:
        for file in _files(path):
            if named(file.name, file.stat().st_size) and looks_like_picture(_head(file)):
                paths.append(file.relative_to(path).as_posix())
                digests.append(_digest(file))
            else:
                skipped += 1
    except OSError as error:
        raise _unreadable(path, error) from error
    names = checked(paths, path.name or str(path))

    def load(index: int) -> Picture:
        file = path / names[index]
        try:
            data = read_bytes(file)
        except BadPicture as error:
            raise ChangedPicture(f"{line_of(names[index])} was there and is not now.") from error
        if hashlib.sha256(data).hexdigest() != digests[index]:
            raise ChangedPicture(
                f"{line_of(names[index])} has changed since the folder was opened."
            )
        return decode(data, file.name)

    shown = tuple(printable(name) for name in names)
    name = line_of(path.resolve().name)
    return ProbeSet(name, digest_of("files", digests), shown, load, skipped)


def folder_state(path: Path) -> str:
    """Return a digest of the names, sizes and times of the files below a folder.

    It is quick to take, and differs once a file has been written, added or removed: then the
    folder must be opened again.

    Raises:
        BadProbes: unreadable, or with too many files.
    """
    state = hashlib.sha256()
    try:
        for file in _files(path):
            facts = file.stat()
            state.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="replace"))
    except OSError as error:
        raise _unreadable(path, error) from error
    return state.hexdigest()


def _unreadable(path: Path, error: OSError) -> BadProbes:
    reason = error.strerror or type(error).__name__
    return BadProbes(f"{line_of(str(path))} cannot be read ({reason}): check the folder.")


def _digest(file: Path) -> str:
    """Return the SHA-256 of a file, read anew: a folder may have more than are remembered."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _head(file: Path) -> bytes:
    """Return the first bytes of a file."""
    with file.open("rb") as opened:
        return opened.read(_HEAD)


def _files(path: Path) -> list[Path]:
    """Return the files below a folder, sorted by their paths with `/` between the parts.

    Raises:
        BadProbes: there are too many.
        OSError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise error

    files: list[Path] = []
    for folder, inside, names in os.walk(path, onerror=refuse):
        inside[:] = [name for name in inside if not name.startswith(".")]
        paths = (Path(folder, name) for name in names if not name.startswith("."))
        files += [file for file in paths if file.is_file()]
        if len(files) > FILES:
            raise BadProbes(
                f"{line_of(path.name)} has more than {FILES} files: give a smaller one."
            )
    return sorted(files, key=lambda file: file.relative_to(path).as_posix())
