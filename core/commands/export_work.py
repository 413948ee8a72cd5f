"""The work of `export`: from a folder of results to the files of another program."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.commands.entry_point import BAD_INPUT, OK, complain
from core.commands.picture_files import listed
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import BadOption, BadPicture, CannotWrite
from core.explain.base import Tick
from core.export.audit_record import LOG as NUMBERS
from core.export.bundle import RECORD
from core.export.formats.coco import write_coco
from core.export.formats.fiftyone import write_fiftyone
from core.export.formats.map_set import KeptPicture, MapSet
from core.export.formats.one_size import OneSize
from core.export.formats.stacked import write_stacked
from core.export.formats.virelay import write_virelay
from core.export.measure_lines import LINES as MEASURE_LINES
from core.export.measures_record import RECORD as MEASURES
from core.export.picture_lines import LINES, written_by
from core.files.names import safe_name
from core.measure.masks import PARTS
from core.pictures.picture import Picture, decode, read_bytes
from core.requests.studies import TOP


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked for, as the options of the command."""

    folder: Path
    format: str
    out: Path
    pictures: tuple[Path, ...] = ()
    top: float | None = None
    superpixels: int | None = None
    size: tuple[int, int] | None = None


class PictureFiles:
    """The pictures that were explained, found by name and proved by their digest.

    Attributes:
        faults: names and sentences of those that are not there.
    """

    def __init__(self, given: Sequence[Path]) -> None:
        """List the files.

        Args:
            given: pictures and folders.

        Raises:
            BadPicture: there are none.
        """
        listing = listed(given)
        if not listing.paths:
            raise listing.faults[-1][1]
        self.faults: dict[str, str] = {}
        self._paths: dict[str, list[Path]] = defaultdict(list)
        for path in listing.paths:
            self._paths[safe_name(path.name)].append(path)

    def find(self, picture: KeptPicture) -> Path | None:
        """Return the file that was explained, None and a fault where it is not there."""
        found = self._found(picture)
        return found[0] if found else None

    def read(self, picture: KeptPicture) -> Picture | None:
        """Return the picture that was explained, None and a fault where it cannot be read."""
        found = self._found(picture)
        try:
            return decode(found[1], picture.name) if found else None
        except BadPicture as error:
            self.faults[picture.name] = str(error)
            return None

    def _found(self, picture: KeptPicture) -> tuple[Path, bytes] | None:
        fault = "is not among the --pictures: name the folder in which it lies."
        for path in self._paths.get(picture.name.rsplit("/", 1)[-1], ()):
            try:
                data = read_bytes(path)
            except BadPicture as error:
                fault = str(error)
                continue
            if hashlib.sha256(data).hexdigest() == picture.asked.picture.file:
                return path, data
            fault = "is another picture now than the one that was explained: explain it again."
        self.faults[picture.name] = fault
        return None


def write_export(asked: Export) -> int:
    """Write the maps of a folder.

    Returns:
        The exit code: bad input when a picture is left out.

    Raises:
        SeeWhyError: nothing could be written.
    """
    _check(asked)
    sizes = OneSize(asked.size)
    maps = MapSet(asked.folder)
    files = PictureFiles(asked.pictures) if asked.pictures else None
    progress = Progress()
    try:
        with Stop() as stop:

            def tick(fraction: float, stage: str = "") -> None:
                stop.check()
                progress(fraction, stage)

            count = _write(asked, maps, files, tick, sizes)
    finally:
        progress.clear()
        faults = maps.faults | (files.faults if files else {})
        for name, sentence in faults.items():
            complain(f"{name}: {sentence}")
    if sizes.sentence:
        complain(sizes.sentence)
    progress.finish(f"{count} map{'s' * (count != 1)} written to {asked.out}")
    return BAD_INPUT if faults else OK


def _write(
    asked: Export, maps: MapSet, files: PictureFiles | None, tick: Tick, sizes: OneSize
) -> int:
    """Write one format and return how many maps it holds."""
    if asked.format == "coco":
        top = TOP if asked.top is None else asked.top
        parts = PARTS if asked.superpixels is None else asked.superpixels
        return write_coco(maps, asked.out, top, parts, tick)
    if asked.format == "npz" or files is None:
        return write_stacked(maps, asked.out, tick)
    if asked.format == "virelay":
        return write_virelay(maps, asked.out, files.read, tick, sizes)
    return write_fiftyone(maps, asked.out, files.find, tick)


def _check(asked: Export) -> None:
    """Find what is wrong before anything is read.

    Raises:
        BadOption: an option is missing, or the format does not take it.
        CannotWrite: a folder lies where the file is wanted.
    """
    needs_pictures = asked.format in ("virelay", "fiftyone")
    if needs_pictures and not asked.pictures:
        raise BadOption(
            f"--format {asked.format} needs the pictures themselves: give --pictures with the "
            "folder in which they lie."
        )
    if asked.pictures and not needs_pictures:
        raise BadOption(f"--format {asked.format} takes no --pictures: leave them out.")
    if asked.format != "coco" and (asked.top, asked.superpixels) != (None, None):
        raise BadOption(f"--format {asked.format} marks no pixels: leave out --top, --superpixels.")
    if asked.size is not None and asked.format != "virelay":
        raise BadOption(f"--format {asked.format} keeps the sizes of maps: leave out --size.")
    if not needs_pictures and asked.out.is_dir():
        raise CannotWrite(f"{asked.out} is a folder: name the file to write, with --out.")
    if asked.out.exists() and asked.out.resolve() in _own_files(asked.folder):
        raise CannotWrite(f"{asked.out} belongs to the results: name another file, with --out.")


def _own_files(folder: Path) -> set[Path]:
    """Return the files that make up a folder of results."""
    names = {RECORD, LINES, MEASURES, MEASURE_LINES, NUMBERS, *written_by(folder)}
    return {(folder / name).resolve() for name in names}
