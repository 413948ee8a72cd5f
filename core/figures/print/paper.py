"""Figures of pictures and charts as files: blocks one below the other, each measured in inches.

Nothing is laid out by trial, as matplotlib's own layouts do: every block knows how high it is, so
a file of twenty maps is made as fast as one of two, and words never move a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from core import Pixels
from core.figures.drawing import palette
from core.figures.print.sheet import FONT, Kind, colour_of, content, drawable, plain

WIDTH, EDGE, GAP = 11.0, 0.3, 0.22
"""Inches of the sheet, of its margins, and between two blocks."""
DPI = 200
"""Of PNG files."""
FINEST = 240
"""Pixels of a picture on an inch at most: more is not seen, and makes files large."""
HEAD, WORDS, SMALL = 14.0, 10.5, 9.0
"""Sizes of the title, of names and of quiet words, in points."""
LEADING, BASE = 1.35, 1.02
"""Height of a line, and how far its base is below its top, as multiples of its size."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the sheet in inches, from its left and its top."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A sheet that is drawn on.

    Attributes:
        figure: matplotlib's.
        height: in inches.
        vector: whether the file keeps pictures as they are; in others they are made smaller.
    """

    figure: Figure
    height: float
    vector: bool

    def axes(self, place: Place) -> Axes:
        """Return empty axes that fill a place."""
        bottom = self.height - place.top - place.height
        return self.figure.add_axes(
            (
                place.left / WIDTH,
                bottom / self.height,
                place.width / WIDTH,
                place.height / self.height,
            ),
            facecolor=palette.PAPER,
        )

    def write(
        self,
        left: float,
        top: float,
        lines: Sequence[str],
        size: float = SMALL,
        *,
        colour: str = palette.INK,
        bold: bool = False,
        ha: str = "left",
    ) -> float:
        """Write lines from a place on, in inches from the left and the top.

        Each stands on its own base line, so that words beside each other are level whatever
        letters are in them.

        Returns:
            The inches from the top at which the lines end.
        """
        for line in lines:
            written = self.figure.text(
                left / WIDTH,
                1 - (top + BASE * size / 72) / self.height,
                line,
                family=FONT,
                fontsize=size,
                color=colour,
                weight="bold" if bold else "normal",
                ha=ha,
                va="baseline",
            )
            plain([written])
            top += lines_high([line], size)
        return top


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A part of the sheet: how high it is in inches, and what draws it."""

    height: float
    draw: Callable[[Canvas, Place], None]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A picture with its words.

    Attributes:
        title, detail: above it, the second quieter.
        pixels: uint8 (h, w, 3), stretched over the cell.
        word: in the middle of a picture that is still to come.
        more: draws over the picture, in pixels of the original.
    """

    title: str
    detail: str
    pixels: Pixels
    word: str = ""
    more: Callable[[Axes], None] = field(default=lambda axes: None)


def paper(title: str, caption: str, blocks: Sequence[Block], kind: Kind) -> bytes:
    """Return blocks below each other as a file, dark on white.

    Args:
        title: above all.
        caption: below; says what is shown.
        blocks: from top to bottom.
        kind: of the file.
    """
    inside = WIDTH - 2 * EDGE
    head, foot = wrapped(title, inside, HEAD, bold=True), wrapped(caption, inside, SMALL)
    above, below = lines_high(head, HEAD), lines_high(foot, SMALL)
    height = 2 * EDGE + above + below + GAP + sum(block.height + GAP for block in blocks)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=palette.PAPER)
    canvas = Canvas(figure, height, kind != "png")
    top = canvas.write(EDGE, EDGE, head, HEAD, bold=True) + GAP
    for block in blocks:
        block.draw(canvas, Place(EDGE, top, inside, block.height))
        top += block.height + GAP
    canvas.write(EDGE, top, foot, colour=palette.PAPER_QUIET)
    return content(figure, kind)


def beside(*blocks: Block) -> Block:
    """Return blocks in columns of equal width; each is drawn from the top."""

    def draw(canvas: Canvas, place: Place) -> None:
        for number, block in enumerate(blocks):
            left = place.left + number * (column_of(len(blocks), place.width) + GAP)
            width = column_of(len(blocks), place.width)
            block.draw(canvas, Place(left, place.top, width, block.height))

    return Block(max(block.height for block in blocks), draw)


def column_of(count: int, width: float = WIDTH - 2 * EDGE) -> float:
    """Return the inches of each of so many columns."""
    return (width - GAP * (count - 1)) / count


def pictures(
    cells: Sequence[Cell],
    size: tuple[int, int],
    per_row: int,
    at: Sequence[int] = (),
    width: float = WIDTH - 2 * EDGE,
) -> Block:
    """Return pictures of one size in rows, each with its words above.

    Args:
        cells: the pictures.
        size: width and height of the original in pixels, in which `Cell.more` draws.
        per_row: places in a row.
        at: place of each picture, row by row; one after the other when empty.
        width: inches of a row.
    """
    at = at or range(len(cells))
    wide = column_of(per_row, width)
    tall = min(wide * size[1] / size[0], 1.6 * wide)
    heads = [(wrapped(c.title, wide, WORDS, bold=True), wrapped(c.detail, wide)) for c in cells]
    rows = [0.0] * (max(at) // per_row + 1)
    for cell, (title, detail) in zip(at, heads, strict=True):
        high = lines_high(title, WORDS) + lines_high(detail, SMALL) + 0.05
        rows[cell // per_row] = max(rows[cell // per_row], high)

    def draw(canvas: Canvas, place: Place) -> None:
        for cell, (title, detail), each in zip(at, heads, cells, strict=True):
            row, column = divmod(cell, per_row)
            left = place.left + column * (wide + GAP)
            top = place.top + sum(rows[:row]) + row * (tall + GAP)
            quiet = canvas.write(left, top, title, WORDS, bold=True)
            canvas.write(left, quiet, detail, colour=palette.PAPER_QUIET)
            across = tall * size[0] / size[1]
            axes = canvas.axes(Place(left, top + rows[row], across, tall))
            show(axes, each.pixels, size, vector=canvas.vector)
            each.more(axes)
            word = wrapped(each.word, across)
            middle = top + rows[row] + (tall - lines_high(word, SMALL)) / 2
            canvas.write(left + across / 2, middle, word, ha="center")

    return Block(sum(rows) + len(rows) * tall + (len(rows) - 1) * GAP, draw)


def show(axes: Axes, pixels: Pixels, size: tuple[int, int], *, vector: bool) -> None:
    """Fill axes with a picture, in pixels of its original's size (width, height)."""
    axes.imshow(
        pixels,
        extent=(0, size[0], size[1], 0),
        interpolation="none" if vector else "auto",
        aspect="auto",
    )
    axes.set_axis_off()
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))


def swatches(colours: Sequence[str], names: Sequence[str], width: float) -> Block:
    """Return a legend of filled squares, a line each, wrapped to so many inches."""
    texts = [wrapped(name, width - 0.25) for name in names]

    def draw(canvas: Canvas, place: Place) -> None:
        top = place.top
        for colour, lines in zip(colours, texts, strict=True):
            axes = canvas.axes(Place(place.left, top + 0.02, 0.13, 0.13))
            axes.set(xticks=[], yticks=[], facecolor=colour_of(colour))
            axes.spines[:].set(color=palette.QUIET, linewidth=0.6)
            top = canvas.write(place.left + 0.22, top, lines)

    return Block(sum(lines_high(lines, SMALL) for lines in texts), draw)


def wrapped(text: str, width: float, size: float = SMALL, *, bold: bool = False) -> list[str]:
    """Return a text as lines that take at most `width` inches; none for an empty text.

    Words that are longer than a line are cut between characters.
    """

    def takes(line: str) -> float:
        return breadth(line, size, bold=bold)

    lines: list[str] = []
    for word in drawable(" ".join(text.split())).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and takes(longer) <= width:
            lines[-1] = longer
            continue
        rest = word
        while takes(rest) > width and len(rest) > 1:
            fits = [takes(rest[:end]) <= width for end in range(1, len(rest))]
            end = max(1, int(np.argmin([*fits, False])))
            lines.append(rest[:end])
            rest = rest[end:]
        lines.append(rest)
    return [line for line in lines if line]


def breadth(text: str, size: float = SMALL, *, bold: bool = False) -> float:
    """Return the inches that one line takes."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    across, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(across) / 72


def lines_high(lines: Sequence[str], size: float) -> float:
    """Return the inches that lines of a size take."""
    return len(lines) * size * LEADING / 72
