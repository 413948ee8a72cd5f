"""LIME's results as files: weights as a table, superpixels as a label image, the tinted picture."""

from __future__ import annotations

import csv
import io

import numpy as np
from PIL import Image

from core import Segments
from core.explain.base import Explanation, weighted_superpixels
from core.explain.perturb.lime_trust import Interval
from core.export.bundle import full_box, png
from core.export.record import PreparedPicture
from core.figures.drawing.tint import label_colours, tinted

_PALETTE = 256


def weights_csv(explanation: Explanation, interval: Interval | None = None) -> bytes:
    """Return one line for each superpixel, the heaviest first.

    Args:
        explanation: by LIME.
        interval: of its weights; its columns stay empty without one.
    """
    parts = weighted_superpixels(explanation)
    found, segments, outlined = parts.fit, parts.segments, set(parts.outlined)
    areas = np.bincount(segments.ravel(), minlength=len(found.weights))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("superpixel", "weight", "low", "high", "outlined", "pixels", "share"))
    ranked = (*found.order, *sorted(set(range(len(found.weights))) - set(found.order)))
    for number in ranked:
        ends = ("", "")
        if interval is not None:
            ends = (repr(float(interval.low[number])), repr(float(interval.high[number])))
        share = areas[number] / segments.size
        marked = int(number in outlined)
        weight = repr(float(found.weights[number]))
        table.writerow((number, weight, *ends, marked, areas[number], f"{share:.6f}"))
    return text.getvalue().encode()


def segments_png(segments: Segments) -> bytes:
    """Return superpixels as a PNG whose pixel values are their numbers.

    Up to 256 of them have a colour each, so that the file can be looked at, changed in a paint
    program, and given back as a label image; more are 16-bit grey.
    """
    count = int(segments.max()) + 1
    if count <= _PALETTE:
        image = Image.fromarray(segments.astype(np.uint8))
        image.putpalette(label_colours(count).tobytes())
    else:
        image = Image.fromarray(segments.astype(np.uint16))
    store = io.BytesIO()
    image.save(store, "PNG")
    return store.getvalue()


def tinted_png(prepared: PreparedPicture, explanation: Explanation, opacity: float) -> bytes:
    """Return the picture at its own resolution, tinted by weight, as a PNG file."""
    pixels = prepared.picture.full()
    parts, box = weighted_superpixels(explanation), full_box(prepared, pixels)
    return png(tinted(pixels, parts.segments, parts.fit.weights, box, opacity))
