"""What a person takes home: overlays as PNG, raw values as NPZ, all of it as one ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from core import Pixels
from core.explain.base import Explanation
from core.export.lime_params import LimeParameters
from core.export.names import keys, unique_stems
from core.export.picture_forms import PictureForms, encoded
from core.export.record import Explained, PreparedPicture, document_parts, extras_of, picture_record
from core.figures.drawing.outlines import outlined
from core.figures.drawing.overlay import Box, OverlayLook, overlay
from core.figures.drawing.pictures import shrunk

RECORD = "explain.json"
_COMPRESSION = 3
"""Of zlib: a third of the default's time for a file that is a tenth larger."""


def map_png(
    prepared: PreparedPicture, explanation: Explanation, look: OverlayLook | None = None
) -> bytes:
    """Return an explanation over its picture as a PNG file at the picture's own resolution.

    Args:
        prepared: the picture as the model saw it; what the model did not see is dimmed.
        explanation: drawn as outlines where it has superpixels, else as colours.
        look: colours, opacity, contour.
    """
    pixels = prepared.picture.full()
    return png(drawn(pixels, explanation, full_box(prepared, pixels), look or OverlayLook()))


def raw_npz(explanations: Sequence[Explanation], *, packed: bool = True) -> bytes:
    """Return the arrays of one picture's explanations as an NPZ file, compressed where `packed`.

    `heat/KEY` is float32 as the method gives it, `shown/KEY` float32 in [0, 1] at the model's
    input size, and `KEY/NAME` an array or a number of `record.extras_of` (`lime/weights`,
    `lime/r2`); keys as in `names.keys`.
    """
    arrays: dict[str, Any] = {}
    for key, explanation in zip(keys(explanations), explanations, strict=True):
        arrays[f"heat/{key}"] = np.asarray(explanation.heat, dtype=np.float32)
        arrays[f"shown/{key}"] = np.asarray(explanation.shown, dtype=np.float32)
        for name, extra in extras_of(explanation).items():
            if isinstance(extra, np.ndarray | np.generic | float):
                arrays[f"{key}/{name}"] = np.asarray(extra)
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def picture_files(
    explained: Explained,
    stem: str,
    look: OverlayLook | None = None,
    forms: PictureForms | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file of one picture: overlays, then raw values.

    Args:
        explained: its results.
        stem: of the files.
        look: colours, opacity, contour.
        forms: which files there are; full-size PNG and NPZ where not given.
    """
    forms = forms or PictureForms()
    if forms.has_overlays and explained.explanations:
        longest = forms.longest
        full = explained.prepared.picture.pixels if longest else explained.prepared.picture.full()
        pixels = shrunk(full, longest)[0] if longest and max(full.shape) > longest else full
        box = full_box(explained.prepared, pixels)
        names = keys(explained.explanations)
        for key, explanation in zip(names, explained.explanations, strict=True):
            image = drawn(pixels, explanation, box, look or OverlayLook())
            data = png(image) if forms.overlays == "png" else encoded(image, forms.overlays)
            yield f"{stem}_{key}.{forms.ending}", data
    if forms.arrays:
        yield f"{stem}.npz", raw_npz(explained.explanations, packed=forms.packed)


def names_of(maps: Sequence[Explanation], stem: str, forms: PictureForms) -> tuple[str, ...]:
    """Return the names of what `picture_files` yields, before any of it is made."""
    each = keys(maps) if forms.has_overlays else ()
    arrays = (f"{stem}.npz",) if forms.arrays else ()
    return (*(f"{stem}_{key}.{forms.ending}" for key in each), *arrays)


def zip_bytes(
    model: Mapping[str, object],
    device: str,
    results: Sequence[Explained],
    look: OverlayLook | None = None,
    report: Mapping[str, str] | None = None,
) -> bytes:
    """Return all files of several pictures and their record as one ZIP file.

    The same results give the same bytes: entries carry no clock time.

    Args:
        model: record of the model of all maps.
        device: device in words.
        results: one picture each, all fitted alike.
        look: colours, opacity, contour.
        report: title, author, date and notes of a report.
    """
    stems = unique_stems(each.prepared.picture.stem for each in results)
    fit = results[0].prepared.fit if results else ""
    records = []
    lime_parameters = LimeParameters()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for explained, stem in zip(results, stems, strict=True):
            names = _add(archive, picture_files(explained, stem, look))
            records.append(picture_record(explained, names))
            lime_parameters.add(stem, explained.explanations)
        _add(archive, lime_parameters.files())
        parts = document_parts(model, fit, device, records, report=report)
        _add(archive, [(RECORD, b"".join(parts))])
    return buffer.getvalue()


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return files as one ZIP file; the same files give the same bytes."""
    return add_files(b"", files)


def add_files(archive: bytes, files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP file with more files in it."""
    buffer = io.BytesIO(archive)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as opened:
        _add(opened, files)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Add files to an archive and return their names."""
    names = []
    for name, data in files:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, data)
        names.append(name)
    return names


def drawn(pixels: Pixels, explanation: Explanation, box: Box, look: OverlayLook) -> Pixels:
    """Draw an explanation: superpixels as outlines, as in the papers, others as colours."""
    parts = explanation.superpixels
    if parts is None:
        return overlay(pixels, explanation.shown, box, look)
    return outlined(
        pixels,
        parts.segments,
        parts.fit.weights,
        parts.outlined,
        box,
        hide_rest=bool(explanation.options["hide_rest"]),
    )


def full_box(prepared: PreparedPicture, pixels: Pixels) -> Box:
    """Return the seen region in the pixels of the full picture, which may be larger."""
    across = pixels.shape[1] / prepared.picture.pixels.shape[1]
    down = pixels.shape[0] / prepared.picture.pixels.shape[0]
    left, top, right, bottom = prepared.box
    return left * across, top * down, right * across, bottom * down


def png(pixels: Pixels) -> bytes:
    """Return uint8 (H, W, 3) as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=_COMPRESSION)
    return buffer.getvalue()
