"""Several pictures with their maps, the overlap of these and its spread, as one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.charts.overlaps import LINES, PictureBars
from core.figures.charts.rows import Boxes
from core.figures.charts.words import IOU, picture_name
from core.figures.drawing import palette
from core.figures.print.paper import (
    SMALL,
    WORDS,
    Block,
    Canvas,
    Cell,
    Place,
    breadth,
    column_of,
    lines_high,
    paper,
    pictures,
    swatches,
    wrapped,
)
from core.figures.print.picture_bars import add_pair
from core.figures.print.rows import BOX, draw_boxes
from core.figures.print.sheet import FONT, Kind, drawable, dress, plain
from core.figures.print.superpixels import plain_axes

TALL, LEFT = 3.2, 0.6
"""Inches of the bars between their axes, and of the numbers beside them."""
NAMES = 2.4
"""Inches of the names beside boxes."""
LEAST_MAPS = 4
"""Places in a row of maps at least: fewer maps are not larger."""
LEAST = 0.19
"""Inches of a picture's name: of more pictures only every second or third is named."""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture and its maps.

    Attributes:
        cells: the picture, then its maps.
        size: width and height of the picture in pixels.
    """

    cells: Sequence[Cell]
    size: tuple[int, int]


def gallery_file(
    chart: PictureBars,
    spread: Boxes | None,
    title: str,
    caption: str,
    kind: Kind = "png",
    rows: Sequence[PictureRow] = (),
) -> bytes:
    """Draw the maps, then the IoU of each pair on each picture and its spread over the pictures.

    Args:
        chart: the IoU.
        spread: of the same pairs; None for few pictures.
        title: above all.
        caption: below.
        kind: of the file.
        rows: a picture each.
    """
    most = max((len(row.cells) for row in rows), default=1)
    maps = [pictures(row.cells, row.size, max(most, LEAST_MAPS)) for row in rows]
    labels = [chart.label(number, pair) for number, pair in enumerate(chart.pairs)]
    colours = [palette.series(number) for number in range(len(labels))]
    blocks = [swatches(colours, labels, column_of(1)), _bars(chart)]
    if spread is not None:
        blocks.append(_boxes(spread))
    return paper(title, caption, [*maps, *blocks], kind)


def _bars(chart: PictureBars) -> Block:
    """Return the bars with the names of the pictures, slanted where they need it."""
    inside = column_of(1) - LEFT
    slot = inside / max(1, len(chart.names))
    step = max(1, round(LEAST / slot + 0.49))
    names = [drawable(picture_name(name)) for name in chart.names[::step]]
    longest = max(map(breadth, names), default=0.0)
    level = longest + 0.1 < slot
    foot = 0.3 if level else 0.72 * longest + 0.25

    def draw(canvas: Canvas, place: Place) -> None:
        top = canvas.write(place.left + LEFT, place.top, [LINES], colour=palette.PAPER_QUIET)
        axes = canvas.axes(Place(place.left + LEFT, top + 0.05, inside, TALL))
        for number in range(len(chart.pairs)):
            add_pair(axes, chart, number)
        ticks = axes.set_xticks(
            range(0, len(chart.names), step),
            names,
            rotation=0 if level else 45,
            ha="center" if level else "right",
            rotation_mode="default" if level else "anchor",
        )
        plain([tick.label1 for tick in ticks])
        axes.set(xlim=chart.limits, ylim=(0, 1))
        axes.set_ylabel(IOU, family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(axes, "y")

    return Block(lines_high([LINES], SMALL) + 0.05 + TALL + foot, draw)


def _boxes(chart: Boxes) -> Block:
    """Return a box for each pair, its name beside it."""
    head, foot, tall = 0.3, 0.5, BOX * max(1, len(chart.rows))
    names = ["\n".join(wrapped(name, NAMES - 0.1)) for name in chart.rows]

    def draw(canvas: Canvas, place: Place) -> None:
        canvas.write(place.left, place.top, ["Spread over the pictures"], WORDS, bold=True)
        inside = Place(place.left + NAMES, place.top + head, place.width - NAMES - 0.1, tall)
        axes = canvas.axes(inside)
        dress(axes)
        draw_boxes(axes, chart)
        axes.tick_params(labelsize=SMALL)
        axes.xaxis.label.set_fontsize(SMALL)
        ticks = axes.set_yticks(range(len(names)), names, family=FONT, fontsize=SMALL)
        plain([tick.label1 for tick in ticks])

    return Block(head + tall + foot, draw)
