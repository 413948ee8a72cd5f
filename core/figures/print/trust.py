"""Curves that say how far maps can be trusted, as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.figures.browser.trust import DASHES
from core.figures.charts.trust import Lines
from core.figures.drawing import palette
from core.figures.print.paper import SMALL, WORDS, Block, Canvas, Place, beside, paper
from core.figures.print.sheet import FONT, Kind, drawable
from core.figures.print.superpixels import plain_axes

HEAD, TALL, FOOT, LEFT = 0.62, 2.6, 0.55, 0.6
"""Inches above, of, below and left of a chart."""
_STYLES = dict(zip(DASHES, ("--", ":", "-."), strict=True))


def trust_file(
    rows: Sequence[Sequence[Lines]], title: str, caption: str, kind: Kind = "png"
) -> bytes:
    """Draw charts of curves, as the browser does.

    Args:
        rows: charts beside each other, row by row.
        title: above all.
        caption: below; names what is the same for all curves.
        kind: of the file.
    """
    return paper(title, caption, [beside(*map(_curves, row)) for row in rows], kind)


def _curves(chart: Lines) -> Block:
    """Return the curves of all methods and of controls."""

    def draw(canvas: Canvas, place: Place) -> None:
        canvas.write(place.left, place.top, [drawable(chart.title)], WORDS, bold=True)
        inside = Place(place.left + LEFT, place.top + HEAD, place.width - LEFT - 0.1, TALL)
        axes = canvas.axes(inside)
        quiet = 0
        for number, line in enumerate(chart.lines):
            look: dict[str, Any] = {"color": palette.series(chart.place(number)), "linewidth": 1.8}
            if line.control:
                dash = _STYLES[DASHES[quiet % len(DASHES)]]
                look = {"color": palette.QUIET, "linewidth": 1.4, "linestyle": dash}
                quiet += 1
            axes.plot(line.x, line.y, label=drawable(line.name), **look)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=3,
            frameon=False,
            prop={"family": FONT, "size": SMALL},
            labelcolor=palette.INK,
            borderaxespad=0.1,
        )
        if chart.at is not None:
            axes.axvline(chart.at, color=palette.QUIET, linewidth=1)
        if chart.percent:
            axes.xaxis.set_major_formatter("{x:.0%}")
        axes.set_ylim(*chart.range)
        axes.margins(x=0)
        axes.set_xlabel(drawable(chart.along), family=FONT, fontsize=SMALL, color=palette.INK)
        axes.set_ylabel(chart.what, family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(axes, "y")

    return Block(HEAD + TALL + FOOT, draw)
