"""How often a model is right where it is how sure, as a file."""

from __future__ import annotations

from core.figures.charts.audit import AS_SURE, RIGHT, SURE, Reliability
from core.figures.drawing import palette
from core.figures.print.paper import SMALL, Block, Canvas, Place, paper
from core.figures.print.sheet import FONT, Kind
from core.figures.print.superpixels import plain_axes

HEAD, TALL, LOW, FOOT, LEFT = 0.3, 4.2, 0.9, 0.5, 0.65
"""Inches above and of the curve, of the bars below it, below and left of them."""
WIDE = 6.4
"""Inches of the chart."""


def reliability_file(chart: Reliability, title: str, kind: Kind = "png") -> bytes:
    """Draw the curve with its intervals, and below it where the pictures are.

    Args:
        chart: what to draw.
        title: above it.
        kind: of the file.
    """
    return paper(title, chart.caption, [_block(chart)], kind)


def _block(chart: Reliability) -> Block:
    def draw(canvas: Canvas, place: Place) -> None:
        filled = chart.filled
        curve = canvas.axes(Place(place.left + LEFT, place.top + HEAD, WIDE, TALL))
        curve.plot(
            [0, 1], [0, 1], color=palette.QUIET, linewidth=1.4, linestyle="--", label=AS_SURE
        )
        x = [each.confidence for each in filled]
        y = [each.right.value for each in filled]
        spread = [
            [each.right.value - each.right.low for each in filled],
            [each.right.high - each.right.value for each in filled],
        ]
        curve.errorbar(
            x, y, yerr=spread, color=palette.series(0), marker="o", linewidth=1.8, capsize=3
        )
        curve.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            frameon=False,
            prop={"family": FONT, "size": SMALL},
            labelcolor=palette.INK,
            borderaxespad=0.1,
        )
        curve.set(xlim=(0, 1.02), ylim=(0, 1.02), xticklabels=[])
        curve.set_ylabel(RIGHT, family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(curve, "y")
        bars = canvas.axes(Place(place.left + LEFT, place.top + HEAD + TALL + 0.15, WIDE, LOW))
        lows, widths = [each.low for each in filled], [each.high - each.low for each in filled]
        bars.bar(lows, chart.shares, widths, align="edge", color=palette.BAR_REST)
        bars.set_xlim(0, 1.02)
        bars.yaxis.set_major_formatter("{x:.0%}")
        bars.set_xlabel(SURE, family=FONT, fontsize=SMALL, color=palette.INK)
        bars.set_ylabel("pictures", family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(bars, "y")

    return Block(HEAD + TALL + 0.15 + LOW + FOOT, draw)
