"""The figure of a gallery: its pictures with their maps, and how far these agree."""

from __future__ import annotations

from collections.abc import Sequence

from core.explain.methods import title_of
from core.export.bundle import drawn
from core.export.record import Explained
from core.figures.browser.predictions import confidence
from core.figures.drawing.overlay import OverlayLook
from core.figures.drawing.pictures import shrunk
from core.figures.print.gallery import PictureRow
from core.figures.print.paper import Cell

LONGEST = 480
"""Pixels of the longest side of a picture in the figure."""
MOST = 24
"""Pictures in the figure: more would be a file of hundreds of megabytes."""


def picture_rows(results: Sequence[Explained]) -> list[PictureRow]:
    """Return the pictures with their maps, as `gallery_file` draws them.

    Args:
        results: of the pictures; of more than `MOST` the first ones are taken.
    """
    return [_row(each) for each in results[:MOST]]


def _row(explained: Explained) -> PictureRow:
    seen = explained.prepared
    pixels, share = shrunk(seen.picture.pixels, LONGEST)
    left, top, right, bottom = (edge * share for edge in seen.box)
    best = explained.predictions[0]
    words = f"{best.name}, {confidence(best)}"
    if explained.right is not None and explained.truth is not None:
        words += "; right" if explained.right else f"; wrong: {explained.truth[1]}"
    cells = [Cell(seen.picture.name, words, pixels)]
    for each in explained.explanations:
        overlay = drawn(pixels, each, (left, top, right, bottom), OverlayLook())
        cells.append(Cell(title_of(each.label), each.layer, overlay))
    height, width = pixels.shape[:2]
    return PictureRow(cells, (width, height))
