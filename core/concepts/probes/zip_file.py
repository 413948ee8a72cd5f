"""Probe pictures in a ZIP file, which a stranger may have made."""

from __future__ import annotations

import hashlib
import io
import stat
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.concepts.probes.probe_set import (
    MOST,
    Load,
    ProbeSet,
    checked,
    digest_of,
    from_one_file,
    line_of,
    named,
    unchanged,
)
from core.errors import BadPicture, BadProbes
from core.files.digests import file_digest
from core.files.names import printable
from core.pictures.kinds import looks_like_picture
from core.pictures.picture import MAX_BYTES, Picture, decode

ENTRIES = 2 * MOST
"""Entries of an archive."""
TOTAL = 8 << 30
"""Bytes that all members of an archive may have when unpacked."""
RATIO = 200
"""How many times larger than in the archive a member may be, from `FREE` bytes on."""
FREE = 1 << 20
_HEAD = 16


def from_zip(source: Path | bytes, name: str = "") -> ProbeSet:
    """Return the pictures of a ZIP file in the order of their names; nothing is unpacked to disk.

    Args:
        source: the file, or its bytes.
        name: for showing; the file's own when empty.

    Raises:
        BadProbes: no ZIP file, without pictures, protected, with names that lead outside, or
            with more or larger members than are allowed.
    """
    shown = line_of(name or (source.name if isinstance(source, Path) else "The archive"))
    try:
        if isinstance(source, Path):
            digest, packed = file_digest(source), source.stat().st_size
        else:
            digest, packed = hashlib.sha256(source).hexdigest(), len(source)
        with _opened(source) as archive:
            members, skipped = _members(archive, shown, packed)
    except (OSError, *_BROKEN) as error:
        raise BadProbes(f"{shown} is a damaged ZIP file: make it again.") from error
    names = checked([member.filename for member in members], shown)

    @contextmanager
    def reading() -> Iterator[Load]:
        given = unchanged(source, digest) if isinstance(source, Path) else source
        turn = threading.Lock()
        with _opened(given) as archive:

            def load(index: int) -> Picture:
                with turn:
                    data = _content(archive, members[index])
                return decode(data, PurePosixPath(names[index]).name)

            yield load

    printed = tuple(printable(each) for each in names)
    return from_one_file(shown, digest_of("zip", [digest]), printed, reading, skipped)


def unpacked(path: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """Yield the first pictures of a ZIP file by name: where each lies in it, and its bytes.

    Args:
        path: of the file.
        most: pictures at most.

    Raises:
        BadProbes: as `from_zip`.
        BadPicture: a member is damaged, or larger than it says.
    """
    shown = line_of(path.name)
    try:
        with _opened(path) as archive:
            members, _ = _members(archive, shown, path.stat().st_size)
            if not members:
                raise BadProbes(f"{shown} has no pictures in it: pack some.")
            for member in members[:most]:
                yield printable(member.filename), _content(archive, member)
    except (OSError, *_BROKEN) as error:
        raise BadProbes(f"{shown} is a damaged ZIP file: make it again.") from error


def _opened(source: Path | bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source))


_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What Python's reader raises on archives that are damaged, protected or packed in other ways."""


def _members(
    archive: zipfile.ZipFile, shown: str, packed: int
) -> tuple[list[zipfile.ZipInfo], int]:
    """Return the members that are pictures, and how many files are none.

    Raises:
        BadProbes: a limit is exceeded, or a name leads outside.
    """
    entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise BadProbes(f"{shown} has {len(entries)} entries: give {ENTRIES} at most.")
    total = sum(entry.file_size for entry in entries)
    if total > TOTAL or (total > FREE and total > RATIO * max(1, packed)):
        raise BadProbes(
            f"{shown} would unpack to {total >> 20} MB from {packed >> 20} MB: give an archive "
            "of ordinary pictures."
        )
    for entry in entries:  # all of them before any is opened
        _check(entry, shown)
    members, skipped = [], 0
    for entry in sorted(entries, key=lambda entry: entry.filename):
        parts = PurePosixPath(entry.filename).parts
        if entry.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if _looks_right(archive, entry):
            members.append(entry)
        else:
            skipped += 1
    return members, skipped


def _looks_right(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a picture by its name, size, kind and first bytes."""
    if stat.S_ISLNK(entry.external_attr >> 16) or not named(entry.filename, entry.file_size):
        return False
    try:
        with archive.open(entry) as member:
            return looks_like_picture(member.read(_HEAD))
    except _BROKEN:
        return False


def _check(entry: zipfile.ZipInfo, shown: str) -> None:
    """Refuse what no ordinary archive of pictures holds.

    Raises:
        BadProbes: it does.
    """
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        raise BadProbes(
            f"{shown} has the entry {line_of(entry.filename)!r}, which leads outside: pack the "
            "pictures again."
        )
    if entry.flag_bits & 1:
        raise BadProbes(f"{shown} is protected with a password: pack the pictures without one.")
    if entry.file_size > FREE and entry.file_size > RATIO * max(1, entry.compress_size):
        raise BadProbes(
            f"{shown} has the entry {line_of(entry.filename)!r}, which grows more than {RATIO} "
            "times when unpacked: leave it out."
        )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read one member, never more than it declares.

    Raises:
        BadPicture: damaged, or larger than it says.
    """
    shown = line_of(PurePosixPath(entry.filename).name)
    try:
        with archive.open(entry) as member:
            data = member.read(MAX_BYTES + 1)
    except (OSError, *_BROKEN) as error:
        raise BadPicture(f"{shown} is damaged in its archive: pack it again.") from error
    if len(data) > MAX_BYTES:
        raise BadPicture(f"{shown} is larger than {MAX_BYTES >> 20} MB: make it smaller.")
    return data
