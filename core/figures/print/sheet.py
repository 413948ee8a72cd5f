"""What figures in files share: the font, the grounds, PNG and SVG; dark on white, without pyplot.

pyplot keeps its figures for the whole process, and pages run in threads.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.text import Text

from core.figures.drawing import palette

Kind = Literal["png", "svg"]
KINDS: tuple[Kind, ...] = ("png", "svg")
DPI = 100
LETTERS = 13
"""Characters of a caption on an inch."""
FONT, MISSING = "DejaVu Sans", "\u25a1"
"""The font that comes with matplotlib, and its sign for a character that it has not."""


def drawable(text: str) -> str:
    """Return a text with a box for each character that the font has not, else drawing warns."""
    known = get_font(findfont(FONT)).get_charmap()
    return "".join(each if ord(each) in known else MISSING for each in text)


def plain(texts: Sequence[Text]) -> None:
    """Take texts as they are: a dollar sign in a name begins no formula."""
    for text in texts:
        text.set_parse_math(False)


def sheet(width: float, height: float, title: str, caption: str) -> tuple[Figure, Axes]:
    """Return an empty figure with one chart.

    Args:
        width: in inches.
        height: in inches.
        title: above the chart, large.
        caption: below it, small.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=palette.PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=palette.PAPER)
    _say(figure, title, caption, width)
    axes.tick_params(colors=palette.INK, length=0, labelsize=11, labelfontfamily=FONT)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.INK)
    return figure, axes


def pictures_sheet(
    count: int, shape: float, title: str, caption: str, *, columns: int = 3, width: float = 11.0
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure with places for pictures.

    Args:
        count: pictures.
        shape: height of one as a share of its width.
        title: above all, large.
        caption: below, small.
        columns: pictures in a row.
        width: in inches.
    """
    rows = -(-count // columns)
    height = 1.6 + rows * (width / columns * min(shape, 2.0) + 0.4)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=palette.PAPER, layout="constrained")
    _say(figure, title, caption, width)
    cells = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
    for axes in cells:
        axes.set_axis_off()
    return figure, cells


def _say(figure: Figure, title: str, caption: str, width: float) -> None:
    """Write the title above and the caption below."""
    head = figure.suptitle(drawable(title), family=FONT, fontsize=15, color=palette.INK)
    lines = "\n".join(textwrap.wrap(drawable(caption), int(width * LETTERS)))
    foot = figure.supxlabel(lines, family=FONT, fontsize=9, color=palette.QUIET)
    plain([head, foot])


def content(figure: Figure, kind: Kind) -> bytes:
    """Return a figure as a file; equal data give equal bytes as PNG."""
    store = io.BytesIO()
    if kind == "svg":
        FigureCanvasSVG(figure).print_svg(store, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    else:
        # Without the library's version in it.
        FigureCanvasAgg(figure).print_png(store, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return store.getvalue()
