"""LIME's figure: superpixels, outlines and tint side by side, zooming together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from PIL import Image
from skimage.measure import find_contours

from core import Pixels, Segments
from core.figures.browser.lime_layout import add_word, finish
from core.figures.browser.panels import add_head, axes_of, over
from core.figures.drawing import palette
from core.figures.drawing.outlines import divided, outlined
from core.figures.drawing.overlay import DIM, Box
from core.figures.drawing.pictures import data_uri
from core.figures.drawing.tint import Weights, place_of, tinted

LONGEST = 768
"""Of the pictures in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
HOVER = "superpixel %{customdata}<br>weight %{z:+.4f}<extra></extra>"
HOVER_PLAIN = "superpixel %{customdata}<extra></extra>"
MOST_NUMBERS = 12
"""Superpixels whose number is written on the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class LimeView:
    """What was found out so far.

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


def pictures(seen: LimeView, look: LimeLook, width: float, key: str = "") -> go.Figure:
    """Draw the three panels.

    Args:
        seen: what to draw.
        look: how.
        width: of the figure in the browser, in pixels; it sets the height, which stays the same
            whatever is still to come.
        key: the zoom is kept between figures of the same key.

    Returns:
        A figure whose panels have matched axes in pixels of the picture.
    """
    small, box = _smaller(seen)
    figure = go.Figure()
    titles = ("Superpixels", "What counts most", "Weight of each superpixel")
    for number, drawn in enumerate(_drawn(seen, look, small, box), start=1):
        _add_picture(figure, drawn if drawn is not None else small, seen.pixels, number,
                     1.0 if drawn is not None else 0.25)  # fmt: skip
        if seen.segments is not None and (drawn is not None or number == 1):
            _add_mouse(figure, seen, number)
        elif drawn is None:
            add_word(figure, number, seen.waiting)
        add_head(figure, number, titles[number - 1], seen.details[number - 1])
        if seen.segments is not None and seen.lit is not None:
            _add_light(figure, seen, number, seen.lit)
    if seen.weights is not None:
        _add_numbers(figure, seen, 3)
    tall, wide = seen.pixels.shape[:2]
    finish(figure, (wide, tall), width, key)
    return figure


def _smaller(seen: LimeView) -> tuple[Pixels, Box]:
    """The picture at the size that is drawn and sent, and the seen part in its pixels."""
    image = Image.fromarray(seen.pixels)
    # Small pictures are made larger, else the lines on them are coarse.
    share = LONGEST / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = image.width / seen.pixels.shape[1], image.height / seen.pixels.shape[0]
    left, top, right, bottom = seen.box
    return np.asarray(image), (left * across, top * down, right * across, bottom * down)


def _drawn(
    seen: LimeView, look: LimeLook, small: Pixels, box: Box
) -> tuple[Pixels, Pixels | None, Pixels | None]:
    """The three pictures, None for what is still to come."""
    if seen.segments is None:
        return small, None, None
    first = divided(small, seen.segments, box) if look.borders else small
    if seen.lit is not None:
        first = _dimmed_but(first, seen.segments, seen.lit, box)
    if seen.weights is None:
        return first, None, None
    lines = outlined(small, seen.segments, seen.weights, seen.chosen, box, hide_rest=look.hide_rest)
    return first, lines, tinted(small, seen.segments, seen.weights, box, look.opacity)


def _dimmed_but(pixels: Pixels, segments: Segments, number: int, box: Box) -> Pixels:
    """Dim everything but one superpixel."""
    left, top, right, bottom = (round(side) for side in box)
    keep = Image.new("L", (pixels.shape[1], pixels.shape[0]))
    inside = Image.fromarray((segments == number).astype(np.uint8) * 255)
    keep.paste(inside.resize((max(1, right - left), max(1, bottom - top))), (left, top))
    picture = Image.fromarray(pixels)
    dark = Image.blend(Image.new("RGB", picture.size), picture, DIM)
    return np.asarray(Image.composite(picture, dark, keep))


def _add_picture(
    figure: go.Figure, drawn: Pixels, whole: Pixels, number: int, opacity: float
) -> None:
    source, (wide, tall) = data_uri(drawn, LONGEST)
    dx, dy = whole.shape[1] / wide, whole.shape[0] / tall
    figure.add_trace(
        go.Image(
            source=source,
            dx=dx,
            dy=dy,
            x0=dx / 2,
            y0=dy / 2,
            opacity=opacity,
            hoverinfo="skip",
            **axes_of(number),
        )
    )


def _add_mouse(figure: go.Figure, seen: LimeView, number: int) -> None:
    """Add an unseen layer that tells the superpixel under the mouse."""
    assert seen.segments is not None
    step = -(-max(seen.segments.shape) // FINEST)
    segments = seen.segments[step // 2 :: step, step // 2 :: step]
    values: npt.NDArray[np.float32] = np.zeros(segments.shape, np.float32)
    if seen.weights is not None:
        values = seen.weights.astype(np.float32)[segments]
    figure.add_trace(
        go.Heatmap(
            z=values,
            customdata=segments.astype(np.int16),
            **over(segments.shape, seen.box),
            opacity=0,
            coloraxis="coloraxis",
            hovertemplate=HOVER if seen.weights is not None else HOVER_PLAIN,
            **axes_of(number),
        )
    )


def _add_light(figure: go.Figure, seen: LimeView, number: int, lit: int) -> None:
    """Draw the outline of the picked superpixel, light on a dark halo."""
    assert seen.segments is not None
    rows, columns = seen.segments.shape
    left, top, right, bottom = seen.box
    across: list[float | None] = []
    down: list[float | None] = []
    inside = np.pad(seen.segments == lit, 1).astype(np.float32)
    for line in find_contours(inside, 0.5):  # type: ignore[no-untyped-call]
        places = (line - 0.5) / [rows, columns]
        across += [*(left + places[:, 1] * (right - left)).round(1).tolist(), None]
        down += [*(top + places[:, 0] * (bottom - top)).round(1).tolist(), None]
    for colour, thick in ((palette.CONTOUR_HALO, 5), (palette.CONTOUR, 2.5)):
        figure.add_trace(
            go.Scatter(
                x=across,
                y=down,
                mode="lines",
                line={"color": colour, "width": thick},
                hoverinfo="skip",
                showlegend=False,
                **axes_of(number),
            )
        )


def _add_numbers(figure: go.Figure, seen: LimeView, number: int) -> None:
    """Write the numbers of the outlined superpixels, as they stand at the bars."""
    if seen.segments is None or not seen.chosen:
        return
    written = seen.chosen[:MOST_NUMBERS]
    left, top, right, bottom = seen.box
    places = [place_of(seen.segments, each) for each in written]
    figure.add_trace(
        go.Scatter(
            x=[left + across * (right - left) for across, _ in places],
            y=[top + down * (bottom - top) for _, down in places],
            text=[str(each) for each in written],
            mode="markers+text",
            marker={"size": 21, "color": palette.CONTOUR_HALO, "opacity": 0.72},
            textfont={"color": palette.CONTOUR, "size": 11},
            textposition="middle center",
            hoverinfo="skip",
            showlegend=False,
            **axes_of(number),
        )
    )
