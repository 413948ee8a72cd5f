"""The work of `merge`: the files and records of several folders, in one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.commands.audit_log import AuditLog
from core.commands.entry_point import BAD_INPUT, OK, complain
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import BadOption
from core.export.audit_record import LOG as NUMBERS
from core.export.bundle import RECORD
from core.export.measure_lines import LINES, MeasureLines
from core.export.names import Namer
from core.export.reading import Folder
from core.export.record import document_parts
from core.files.names import safe_stem
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, whole_file, write_parts


def merge(folders: Sequence[Path], out: Path) -> int:
    """Join the results of folders; a stopped run goes on.

    Pictures come in the order of the folders. Files get a number where two pictures have one name.
    What an earlier folder holds of a picture comes once, so shares may overlap.

    Args:
        folders: that `explain`, `agree`, `measure` or `audit` wrote, of one model.
        out: folder, made where it is missing.

    Returns:
        The exit code: bad input when a picture's files are missing.

    Raises:
        BadOption: a folder holds no results of these versions, or of another model than the first.
        CannotWrite: the system refuses.
    """
    found = [_opened(folder, out) for folder in folders]
    with sole_writer(ready_folder(out)):
        return _merged(found, out)


def _merged(found: Sequence[Folder], out: Path) -> int:
    model, device = found[0].model, found[0].device
    for other in found:
        if other.model != model:
            raise BadOption(
                f"{other.path} holds maps of another model or other weights than {found[0].path}: "
                "merge them apart."
            )
    target, namer, progress = Folder(out), Namer(), Progress()
    places: list[int] = []
    earlier: dict[tuple[str, str], tuple[int, ...]] = {}
    missing, fit, look = 0, "", None
    total = sum(each.count for each in found)
    with Stop() as stop:
        for source in found:
            own: dict[tuple[str, str], tuple[int, ...]] = {}
            for record in source.records:
                stop.check()
                name, key = str(record.get("picture")), str(record["key"])
                progress((len(places) + missing) / total, name[:40])
                if not _is_whole(record):
                    missing += 1
                    progress.clear()
                    complain(_again(name, "its line is damaged", source.path))
                    continue
                there = earlier.get((key, name), ())
                if any(_holds(target.lines.at(each), record) for each in there):
                    total -= 1
                    continue
                names = renamed(record, namer.name)
                fit, look = str(record["request"]["fit"]), record.get("look")
                target.start(model, fit, device)
                moved = record | {"files": list(names.values())}
                place = target.lines.place(key, name, moved["files"])
                if place is None or target.lines.at(place) != moved:
                    if not _copied(source.path, out, names, target):
                        missing += 1
                        progress.clear()
                        complain(_again(name, "files of it are missing", source.path))
                        continue
                    place = target.lines.append(moved)
                places.append(place)
                own[key, name] = (*there, place)
            earlier |= own
            _join_numbers(source.path, out)
        stop.check()
        target.lines.finish(places, model, fit, device)
        pictures = (_bare(record) for record in target.lines.whole())
        written = look if isinstance(look, Mapping) else None
        write_parts(out / RECORD, document_parts(model, fit, device, pictures, written))
    progress.finish(f"{len(places)} pictures in {out}")
    return BAD_INPUT if missing else OK


def _opened(path: Path, out: Path) -> Folder:
    folder = Folder(path)
    if not folder.count:
        raise BadOption(
            f"{path} holds no results of these versions: name a folder that explain, agree, "
            "measure or audit wrote."
        )
    if path.resolve() == out.resolve():
        raise BadOption(f"{path} is --out as well: name another folder there.")
    return folder


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Tell whether a line has what is needed to move its picture."""
    files, request, maps = (record.get(name) for name in ("files", "request", "explanations"))
    return (
        isinstance(files, list)
        and all(Path(str(name)).name == name for name in files)
        and isinstance(request, dict)
        and "fit" in request
        and isinstance(maps, list)
        and all(isinstance(each, dict) for each in maps)
    )


def _holds(there: Mapping[str, Any] | None, record: Mapping[str, Any]) -> bool:
    """Tell whether a picture's record lacks nothing of another one of the same picture."""
    return there is not None and _worth(record) <= _worth(there)


def _worth(record: Mapping[str, Any]) -> set[str]:
    """Return what would be lost with a record: its maps, their files, and what is known of it."""
    files = [str(name) for name in record["files"]]
    kinds = {Path(name).suffix for name in files}
    maps = {f"{each.get('key')} {kind}" for each in record["explanations"] for kind in kinds}
    pairs = record.get("agreement")
    rules = f"rules {pairs.get('rules')}" if isinstance(pairs, dict) else ""
    return {*record, *maps, f"class {record.get('true_class')}", rules}


def _again(name: str, what: str, folder: Path) -> str:
    return f"{name}: {what} in {folder}: run the command again that wrote the folder."


def renamed(record: Mapping[str, Any], stem_for: Callable[[str], str]) -> dict[str, str]:
    """Return the new names of a picture's files, by those they have.

    Args:
        record: of the picture.
        stem_for: gives the new stem of the present one.

    Raises:
        BadOption: a name that leads out of the folder.
    """
    names = [str(name) for name in record["files"]]
    if any(Path(name).name != name for name in names):
        raise BadOption(f"{record.get('picture')}: a file lies outside the folder: make it again.")
    archive = next((name for name in names if name.endswith(".npz")), "")
    stem = archive.removesuffix(".npz") or safe_stem(str(record.get("picture")))
    new = stem_for(stem)
    return {name: new + name.removeprefix(stem) for name in names}


def _copied(source: Path, out: Path, names: Mapping[str, str], target: Folder) -> bool:
    """Copy a picture's files; tell whether they are all there."""
    if not all((source / name).is_file() for name in names):
        return False
    target.lines.claim(names.values())
    for name, new in names.items():
        with whole_file(out / new) as part:
            shutil.copyfile(source / name, part)
    return True


def _join_numbers(source: Path, out: Path) -> None:
    """Keep what was measured of the maps of a folder, and what an audit found of its pictures."""
    if (source / LINES).is_file():
        MeasureLines(out).join(MeasureLines(source))
    if (source / NUMBERS).is_file():
        AuditLog(out).join(AuditLog(source))


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "look"}
