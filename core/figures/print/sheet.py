"""What figures in files share: fonts, grounds, PNG, SVG, PDF; dark on white, without pyplot.

pyplot keeps its figures for the whole process, and pages run in threads.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Sequence
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.text import Text

from core.figures.drawing import palette

# For the whole process, once: a context for each file would change it under other threads.
# Words stay words, not outlines: they can be searched, read aloud and edited, and files are small.
# PDF holds the font itself (journals refuse matplotlib's default, Type 3); for SVG any computer has
# a font without serifs in place of ours. Names inside of SVG files do not come from chance.
mpl.rcParams.update({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "seewhy"})

Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = ("png", "svg", "pdf")
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
    dress(axes)
    return figure, axes


def dress(axes: Axes) -> None:
    """Give a chart its colours, and numbers in the file's font."""
    axes.tick_params(colors=palette.INK, length=0, labelsize=11, labelfontfamily=FONT)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.INK)


def _say(figure: Figure, title: str, caption: str, width: float) -> None:
    """Write the title above and the caption below."""
    head = figure.suptitle(drawable(title), family=FONT, fontsize=15, color=palette.INK)
    lines = "\n".join(textwrap.wrap(drawable(caption), int(width * LETTERS)))
    foot = figure.supxlabel(lines, family=FONT, fontsize=9, color=palette.PAPER_QUIET)
    plain([head, foot])


def content(figure: Figure, kind: Kind) -> bytes:
    """Return a figure as a file; equal data give equal bytes."""
    store = io.BytesIO()
    # Without dates and the library's version in it.
    if kind == "svg":
        FigureCanvasSVG(figure).print_svg(store, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    elif kind == "pdf":
        nothing = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        FigureCanvasPdf(figure).print_pdf(store, metadata=nothing)  # type: ignore[no-untyped-call]
    else:
        FigureCanvasAgg(figure).print_png(store, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return store.getvalue()


def colour_of(colour: str) -> tuple[float, ...]:
    """Return a colour of `palette` as matplotlib takes it: red, green, blue, opacity in [0, 1]."""
    if not colour.startswith("rgb"):
        return to_rgba(colour)
    red, green, blue, *opacity = (float(part) for part in re.findall(r"[0-9.]+", colour))
    return (red / 255, green / 255, blue / 255, *(opacity or [1.0]))
