"""Where and how far explanations of one picture agree, as a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core import Pixels
from core.figures.charts.areas import OPACITY, Areas
from core.figures.charts.pairs import CURVES, NO_CURVE, THRESHOLD, Curves, Matrix
from core.figures.charts.words import IOU
from core.figures.drawing import palette
from core.figures.drawing.overlay import whole_box
from core.figures.drawing.pictures import pale_grey, shrunk
from core.figures.print.paper import (
    FINEST,
    SMALL,
    WORDS,
    Block,
    Canvas,
    Cell,
    Place,
    beside,
    breadth,
    column_of,
    lines_high,
    paper,
    pictures,
    swatches,
    wrapped,
)
from core.figures.print.sheet import FONT, Kind, colour_of, drawable, plain
from core.figures.print.superpixels import plain_axes
from core.models.card import percent

SEEN = "shares of what the model sees"
NAMES = 1.35
"""Inches of a name beside or below a matrix."""
BAR = 0.7
"""Inches of a matrix's colour bar with its numbers."""


def agreement_file(
    areas: Sequence[Areas],
    matrices: Sequence[Matrix],
    curves: Curves | None,
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw all that the page shows of one picture: overlap, consensus, matrices, one pair's curve.

    Args:
        areas: beside each other.
        matrices: likewise, below.
        curves: of the pair in `areas`; None while they are being computed.
        title: above all.
        caption: below.
        kind: of the file.
    """
    blocks = [beside(*map(_area, areas)), beside(*map(_matrix, matrices))]
    if curves is not None:
        blocks.append(_curves(curves, areas[0].title))
    return paper(title, caption, blocks, kind)


def _area(chart: Areas) -> Block:
    """Return a picture with flat colours over it, and what they mean."""
    wide = column_of(2)
    size = (chart.pixels.shape[1], chart.pixels.shape[0])
    picture = pictures([Cell(chart.title, SEEN, _drawn(chart, wide))], size, 1, width=wide)
    shares = [percent(share) if share else "0 %" for share in chart.shares]
    names = [f"{name} · {share}" for name, share in zip(chart.names, shares, strict=True)]
    legend = swatches(chart.colours, names, wide)

    def draw(canvas: Canvas, place: Place) -> None:
        picture.draw(canvas, place)
        below = place.top + picture.height + 0.1
        legend.draw(canvas, Place(place.left, below, place.width, legend.height))

    return Block(picture.height + 0.1 + legend.height, draw)


def _drawn(chart: Areas, inches: float) -> Pixels:
    """Return the grey picture under the colours of its areas, uint8 (h, w, 3)."""
    grey = pale_grey(shrunk(chart.pixels, round(FINEST * inches))[0])
    scale = grey.shape[1] / chart.pixels.shape[1]
    left, top, right, bottom = chart.box
    box = (left * scale, top * scale, right * scale, bottom * scale)
    left, top, right, bottom = whole_box(box, (grey.shape[1], grey.shape[0]))
    codes = Image.fromarray(chart.codes).resize(
        (right - left, bottom - top), Image.Resampling.NEAREST
    )
    shown = np.asarray(codes)[..., None]
    table = 255 * np.array([(0, 0, 0), *(colour_of(colour)[:3] for colour in chart.colours)])
    part = grey[top:bottom, left:right]
    mixed = (1 - OPACITY) * part + OPACITY * table[shown[..., 0]]
    drawn = grey.copy()
    drawn[top:bottom, left:right] = np.where(shown > 0, np.rint(mixed), part).astype(np.uint8)
    return drawn


def _matrix(chart: Matrix) -> Block:
    """Return a value for each pair, with the numbers in the cells and a colour bar."""
    wide, count = column_of(2), len(chart.names)
    side = min(0.75, (wide - NAMES - BAR) / max(count, 1))
    head = wrapped(chart.title, wide, WORDS, bold=True)
    above = lines_high(head, WORDS) + 0.1
    names = [wrapped(name, NAMES - 0.1) for name in chart.names]
    below = 0.1 + max((breadth(line) for lines in names for line in lines), default=0.0)

    def draw(canvas: Canvas, place: Place) -> None:
        canvas.write(place.left, place.top, head, WORDS, bold=True)
        left, top = place.left + NAMES, place.top + above
        axes = canvas.axes(Place(left, top, side * count, side * count))
        axes.imshow(_cells(chart), interpolation="nearest", aspect="auto")
        for number, (text, ink) in enumerate(zip(chart.texts, chart.inks, strict=True)):
            row, column = divmod(number, count)
            size = min(10.0, max(6.0, 72 * side / (3.4 if chart.signed else 2.9)))
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                family=FONT,
                fontsize=size,
                color=ink or palette.PAPER_QUIET,
            )
        words = ["\n".join(lines) for lines in names]
        for rows, turn in ((True, 0), (False, 90)):
            place_names = axes.set_yticks if rows else axes.set_xticks
            ticks = place_names(
                range(count), words, family=FONT, fontsize=SMALL, rotation=turn, color=palette.INK
            )
            plain([tick.label1 for tick in ticks])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        for edge in np.arange(count - 1) + 0.5:  # as the gaps between the cells of the page
            axes.axhline(edge, color=palette.PAPER, linewidth=1.5)
            axes.axvline(edge, color=palette.PAPER, linewidth=1.5)
        _bar(canvas, chart, Place(left + side * count + 0.15, top, 0.12, max(0.8, side * count)))

    return Block(above + max(0.8, side * count) + below, draw)


def _cells(chart: Matrix) -> Pixels:
    """Return the colours of the cells, float (n, n, 4)."""
    share = (chart.values - chart.low) / (1 - chart.low)
    places = np.rint(np.clip(np.nan_to_num(share), 0, 1) * 255).astype(int)
    cells = np.ones((*chart.values.shape, 4))
    cells[..., :3] = palette.lookup(chart.scale)[places] / 255
    cells[chart.own] = colour_of(palette.TRACK)
    cells[np.isnan(chart.values)] = colour_of(palette.UNDEFINED)
    return cells


def _bar(canvas: Canvas, chart: Matrix, place: Place) -> None:
    """Draw which value has which colour, upright."""
    axes = canvas.axes(place)
    steps = palette.lookup(chart.scale)[::-1, None]
    extent = (0, 1, chart.low, 1)
    axes.imshow(steps, aspect="auto", interpolation="nearest", extent=extent)
    axes.set(xticks=[], yticks=[-1, -0.5, 0, 0.5, 1] if chart.signed else [0, 0.5, 1])
    axes.yaxis.tick_right()
    axes.tick_params(length=0, labelsize=SMALL, labelfontfamily=FONT, colors=palette.INK)
    axes.spines[:].set_visible(False)


def _curves(chart: Curves, pair: str) -> Block:
    """Return how the overlap of the pair depends on the threshold, beside chance."""
    head, tall, foot, left = 0.35, 2.6, 0.55, 0.6

    def draw(canvas: Canvas, place: Place) -> None:
        words = f"{pair} over all thresholds"
        canvas.write(place.left, place.top, [drawable(words)], WORDS, bold=True)
        inside = Place(place.left + left, place.top + head, place.width - left - 0.1, tall)
        axes, across = canvas.axes(inside), chart.across
        axes.fill_between(across, chart.low, chart.high, color=colour_of(palette.BAND), linewidth=0)
        (level,) = axes.plot(across, chart.level, "--", color=palette.QUIET, linewidth=1.6)
        (curve,) = axes.plot(
            across, chart.curve, "-o", color=palette.ACCENT, linewidth=2, markersize=2.5
        )
        band = axes.collections[0]
        axes.legend(
            [curve, level, band],
            CURVES,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=3,
            frameon=False,
            prop={"family": FONT, "size": SMALL},
            labelcolor=palette.INK,
        )
        if not np.isfinite(chart.curve).any():
            axes.text(
                0.5,
                0.5,
                NO_CURVE,
                ha="center",
                va="center",
                family=FONT,
                fontsize=SMALL,
                transform=axes.transAxes,
            )
        if chart.at is not None:
            axes.axvline(chart.at, color=palette.QUIET, linewidth=1)
            axes.text(
                chart.at,
                0.98,
                f" {chart.at:g} % ",
                va="top",
                ha="right" if chart.at > across[-1] / 2 else "left",
                family=FONT,
                fontsize=SMALL,
                color=palette.INK,
            )
        axes.set(xlim=(0, float(across[-1])), ylim=(0, 1))
        axes.set_xlabel(THRESHOLD, family=FONT, fontsize=SMALL, color=palette.INK)
        axes.set_ylabel(IOU, family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(axes, "y")

    return Block(head + tall + foot, draw)
