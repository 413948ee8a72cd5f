"""Maps that are in memory as one file for another program: what `export` writes, to take away."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.export.bundle import RECORD, packed, picture_files, png
from core.export.formats.coco import write_coco
from core.export.formats.fiftyone import write_fiftyone
from core.export.formats.kinds import Format
from core.export.formats.map_set import KeptPicture, MapSet
from core.export.formats.stacked import write_stacked
from core.export.formats.virelay import write_virelay
from core.export.names import unique_stems
from core.export.picture_forms import PictureForms
from core.export.record import Explained, document_parts, picture_record
from core.pictures.picture import Picture

PICTURES = "pictures"
"""Folder of the pictures, in the file for FiftyOne."""


def export_file(
    format: Format,
    model: Mapping[str, object],
    device: str,
    results: Sequence[Explained],
    top: float,
    superpixels: int,
) -> bytes:
    """Return the maps of pictures as the one file of a format; ZIP where it has several.

    Args:
        format: which.
        model: record of the model of all maps.
        device: device in words.
        results: one picture each, one at least, all fitted alike, with their requests.
        top: percent of its pixels that a map marks, in (0, 100], for COCO.
        superpixels: that a map of superpixels marks, 1 or more, for COCO.

    Raises:
        SeeWhyError: nothing can be written, or there is no map.
    """
    with tempfile.TemporaryDirectory(prefix="seewhy-export-") as name:
        folder, out = Path(name, "results"), Path(name, "out")
        folder.mkdir()
        out.mkdir()
        _keep(folder, model, device, results)
        maps, file = MapSet(folder), out / f"maps.{format.ending}"
        if format.name == "npz":
            write_stacked(maps, file)
            return file.read_bytes()
        if format.name == "coco":
            write_coco(maps, file, top, superpixels)
            return file.read_bytes()
        pictures = {each.prepared.picture.sha256: each.prepared.picture for each in results}
        if format.name == "virelay":
            write_virelay(maps, out, lambda kept: pictures[kept.asked.picture.digest])
        else:
            write_fiftyone(maps, out, lambda kept: _drawn(kept, pictures, out), is_moved=True)
        paths = sorted(path for path in out.rglob("*") if path.is_file())
        return packed((path.relative_to(out).as_posix(), path.read_bytes()) for path in paths)


def _keep(
    folder: Path, model: Mapping[str, object], device: str, results: Sequence[Explained]
) -> None:
    """Write a folder as `explain` does, without overlays."""
    forms = PictureForms(overlays="none", packed=False)
    records = []
    stems = unique_stems(each.prepared.picture.stem for each in results)
    for explained, stem in zip(results, stems, strict=True):
        names = []
        for name, data in picture_files(explained, stem, forms=forms):
            (folder / name).write_bytes(data)
            names.append(name)
        records.append(picture_record(explained, names))
    parts = document_parts(model, results[0].prepared.fit, device, records)
    (folder / RECORD).write_bytes(b"".join(parts))


def _drawn(kept: KeptPicture, pictures: Mapping[str, Picture], out: Path) -> Path:
    """Write a picture beside its maps: whoever opens the file has no other."""
    path = out / PICTURES / f"{kept.stored.stem}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(png(pictures[kept.asked.picture.digest].full()))
    return path
