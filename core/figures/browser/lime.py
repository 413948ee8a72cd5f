"""LIME's figure: superpixels, outlines and tint side by side, zooming together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core import Mask, Pixels, Segments
from core.figures.browser import panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of, per_row_for
from core.figures.drawing import palette
from core.figures.drawing.outlines import divided, outlined
from core.figures.drawing.overlay import DIM, Box
from core.figures.drawing.tint import Weights, place_of, tinted

LONGEST = 768
"""Of the pictures in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
THICK = 2.5
"""Width of the picked superpixel's outline in pixels."""
TITLES = ("Superpixels", "What counts most", "Weight of each superpixel")
HOVER = "superpixel %{customdata}<br>weight %{z:+.4f}<extra></extra>"
HOVER_PLAIN = "superpixel %{customdata}<extra></extra>"
MOST_NUMBERS = 12
"""Superpixels whose number is written on the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class LimeView:
    """What is known so far.

    Attributes:
        pixels: uint8 (H, W, 3), the picture.
        box: (x0, y0, x1, y1) of the part that the model saw, in pixels of the picture.
        segments: int32 (S, S) over the box; None while superpixels are being found.
        weights: float64, one per superpixel; None before the first fit.
        chosen: numbers of the superpixels that are outlined.
        lit: number of the superpixel that a person picked, or None.
        details: a quiet line above each of the three panels.
        waiting: what stands in the panels that are still to come.
    """

    pixels: Pixels
    box: tuple[int, int, int, int]
    segments: Segments | None = None
    weights: Weights | None = None
    chosen: tuple[int, ...] = ()
    lit: int | None = None
    details: tuple[str, str, str] = ("", "", "")
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class LimeLook:
    """How it is drawn; none of it changes what was computed.

    Attributes:
        borders: whether the first panel shows all superpixels.
        hide_rest: whether the second panel is black outside of the outlines.
        opacity: of the strongest tint, in [0, 1].
    """

    borders: bool = True
    hide_rest: bool = False
    opacity: float = 0.75


def pictures(view: LimeView, look: LimeLook, width: float, key: str = "") -> Figure:
    """Draw the three panels.

    Args:
        view: what to draw.
        look: how.
        width: of the figure in the browser, in pixels; it sets the height, which stays the same
            whatever is still to come.
        key: the zoom is kept between figures of the same key.

    Returns:
        A figure whose panels have matched axes in pixels of the picture.
    """
    size = (view.pixels.shape[1], view.pixels.shape[0])
    frame = frame_of(3, per_row_for(width), size, width)
    figure = Figure()
    small, box = _smaller(view)
    for index, drawn in enumerate(_drawn(view, look, small, box)):
        number = index + 1
        picture = panels.under(small if drawn is None else drawn, LONGEST, size)
        panels.add_picture(figure, picture, number, panels.WAITING if drawn is None else 1.0)
        panels.add_head(figure, number, TITLES[index], view.details[index], frame.room)
        panels.place(figure, index, frame.domain(index), size)
        if view.segments is not None and drawn is not None:
            _add_mouse(figure, view, view.segments, number)
        elif drawn is None:
            panels.add_word(figure, number, view.waiting, frame)
        if view.segments is not None and view.lit is not None:
            _add_light(figure, view, view.segments == view.lit, number)
    if view.weights is not None and view.segments is not None and view.chosen:
        _add_numbers(figure, view, view.segments, 3)
    # Symmetric around 0 and as far as the largest weight.
    peak = 1.0 if view.weights is None else float(np.abs(view.weights).max(initial=0.0)) or 1.0
    ends = ("against", "for the class")
    panels.add_scale(figure, frame, palette.DIVERGING, (-peak, peak), ends)
    panels.behave(figure, frame, key)
    return figure


def _smaller(view: LimeView) -> tuple[Pixels, Box]:
    """The picture at the size that is drawn and sent, and the seen part in its pixels."""
    image = Image.fromarray(view.pixels)
    # Small pictures are made larger, else the lines on them are coarse.
    share = LONGEST / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = image.width / view.pixels.shape[1], image.height / view.pixels.shape[0]
    left, top, right, bottom = view.box
    return np.asarray(image), (left * across, top * down, right * across, bottom * down)


def _drawn(
    view: LimeView, look: LimeLook, small: Pixels, box: Box
) -> tuple[Pixels, Pixels | None, Pixels | None]:
    """The three pictures, None for what is still to come."""
    if view.segments is None:
        return small, None, None
    first = divided(small, view.segments, box) if look.borders else small
    if view.lit is not None:
        first = _dimmed_but(first, view.segments, view.lit, box)
    if view.weights is None:
        return first, None, None
    lines = outlined(small, view.segments, view.weights, view.chosen, box, hide_rest=look.hide_rest)
    return first, lines, tinted(small, view.segments, view.weights, box, look.opacity)


def _dimmed_but(pixels: Pixels, segments: Segments, number: int, box: Box) -> Pixels:
    """Dim everything but one superpixel."""
    left, top, right, bottom = (round(side) for side in box)
    keep = Image.new("L", (pixels.shape[1], pixels.shape[0]))
    inside = Image.fromarray((segments == number).astype(np.uint8) * 255)
    keep.paste(inside.resize((max(1, right - left), max(1, bottom - top))), (left, top))
    picture = Image.fromarray(pixels)
    dark = Image.blend(Image.new("RGB", picture.size), picture, DIM)
    return np.asarray(Image.composite(picture, dark, keep))


def _add_mouse(figure: Figure, view: LimeView, segments: Segments, number: int) -> None:
    """Add an unseen layer in which the mouse reads the superpixel under it."""
    numbers = panels.thinned(segments, FINEST)
    weights = np.zeros(1, np.float32) if view.weights is None else view.weights.astype(np.float32)
    figure.add(
        "heatmap",
        z=weights[numbers if view.weights is not None else numbers * 0],
        customdata=numbers.astype(np.int16),
        **panels.over(numbers.shape, view.box),
        opacity=0,
        coloraxis="coloraxis",
        hovertemplate=HOVER_PLAIN if view.weights is None else HOVER,
        **panels.axes_of(number),
    )


def _add_light(figure: Figure, view: LimeView, inside: Mask, number: int) -> None:
    """Draw the outline of the picked superpixel, closed also at the edge of the seen part."""
    across = (view.box[2] - view.box[0]) / inside.shape[1]
    down = (view.box[3] - view.box[1]) / inside.shape[0]
    box = view.box[0] - across, view.box[1] - down, view.box[2] + across, view.box[3] + down
    values = np.pad(inside, 1).astype(np.float32)
    panels.add_outline(figure, number, values, 0.5, box, THICK)


def _add_numbers(figure: Figure, view: LimeView, segments: Segments, number: int) -> None:
    """Write the numbers of the outlined superpixels, as they stand at the bars."""
    written = view.chosen[:MOST_NUMBERS]
    left, top, right, bottom = view.box
    places = [place_of(segments, each) for each in written]
    figure.add(
        "scatter",
        x=[left + across * (right - left) for across, _ in places],
        y=[top + down * (bottom - top) for _, down in places],
        text=[str(each) for each in written],
        mode="markers+text",
        marker={"size": 21, "color": palette.CONTOUR_HALO, "opacity": 0.72},
        textfont={"color": palette.CONTOUR, "size": 11},
        textposition="middle center",
        hoverinfo="skip",
        showlegend=False,
        **panels.axes_of(number),
    )
