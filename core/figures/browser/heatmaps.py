"""The grid of heat maps: one figure, the picture first, every panel zooming with the others."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from skimage.measure import find_contours

from core import Heat, Pixels
from core.explain.scaling import resized
from core.figures.browser.panels import add_head, add_picture, axes_of, behave, over, place, under
from core.figures.browser.places import FOOT, Frame, cells_of, frame_of
from core.figures.drawing import palette

FINEST = 128
"""Samples per side of a map in the browser; a map comes from far fewer cells than this."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class HeatmapLook:
    """How maps are drawn; none of it changes what was computed.

    Attributes:
        per_row: panels in a row, 1 to 4.
        opacity: of the map over the picture, in [0, 1].
        scale: name of a colour scale in `palette`.
        contour: a line is drawn where the map has this value in (0, 1); 0 draws none.
        signed: draw values against the class too, where the method has them.
    """

    per_row: int = 3
    opacity: float = 0.5
    scale: str = palette.DEFAULT
    contour: float = 0.0
    signed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One map of the grid, or the place that waits for it.

    Attributes:
        title: first line above the panel.
        detail: second line, quieter.
        shown: float32 (h, w) in [0, 1], or None while there is no map.
        heat: float32, the raw map, drawn instead of `shown` in the signed view; None for
            methods whose values have no sign.
        waiting: what stands in the panel while there is no map.
    """

    title: str
    detail: str = ""
    shown: Heat | None = None
    heat: Heat | None = None
    waiting: str = "waiting"


def grid(
    pixels: Pixels,
    box: Box,
    panels: Sequence[Panel],
    look: HeatmapLook,
    width: float,
    key: str = "",
    group: int = 1,
) -> go.Figure:
    """Draw the picture and all maps over it.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: (x0, y0, x1, y1) of the part that the model saw, in pixels of the picture.
        panels: the maps in the order of the grid; the picture itself comes before them.
        look: how to draw.
        width: of the figure in the browser, in pixels; sets the height, which stays the same
            while maps arrive.
        key: the zoom is kept between figures of the same key.
        group: how many panels after each other belong together and share a row.

    Returns:
        A figure whose panels have matched axes in pixels of the picture.
    """
    tall, wide = pixels.shape[:2]
    cells = [0, *cells_of(len(panels), look.per_row, group)]
    frame = frame_of(max(cells) + 1, look.per_row, (wide, tall), width)
    signed = look.signed
    figure = go.Figure()
    small = under(pixels, 512)
    add_picture(figure, under(pixels, 1024), 1, 1.0, hover=True)
    add_head(figure, 1, "Picture", f"{wide} x {tall} pixels", frame.panel_width)
    for number, panel in enumerate(panels, start=2):
        done = panel.shown is not None
        add_picture(figure, small, number, 1.0 if done else 0.25, hover=False)
        add_head(figure, number, panel.title, panel.detail, frame.panel_width)
        values = _values(panel, signed)
        if values is None:
            _add_word(figure, number, panel.waiting)
            continue
        _add_map(figure, number, values, box, look.opacity)
        if look.contour > 0 and panel.shown is not None:
            _add_contour(figure, number, panel.shown, box, look.contour)
    for index, cell in enumerate(cells):
        place(figure, index, frame.domain(cell), (wide, tall))
    _finish(figure, frame, look, key)
    return figure


def _values(panel: Panel, signed: bool) -> Heat | None:
    """Return what is drawn: [0, 1] normally, [-1, 1] in the signed view."""
    if panel.shown is None:
        return None
    if not signed or panel.heat is None:
        return _thinned(panel.shown)
    peak = float(np.abs(panel.heat).max())
    scaled = panel.heat / peak if peak > 0 else panel.heat
    height, width = panel.shown.shape
    return _thinned(resized(scaled, (height, width)))


def _thinned(values: Heat) -> Heat:
    """Return every n-th value, at most `FINEST` a side: exact values, a quarter of the bytes."""
    step = -(-max(values.shape) // FINEST)
    return np.ascontiguousarray(values[step // 2 :: step, step // 2 :: step])


def _add_map(figure: go.Figure, number: int, values: Heat, box: Box, opacity: float) -> None:
    figure.add_trace(
        go.Heatmap(
            z=values,
            **over(values.shape, box),
            coloraxis="coloraxis",
            opacity=opacity,
            zsmooth="best",
            hovertemplate="value %{z:.2f}<br>x %{x:.0f}, y %{y:.0f}<extra></extra>",
            **axes_of(number),
        )
    )


def _add_contour(figure: go.Figure, number: int, shown: Heat, box: Box, level: float) -> None:
    """Add the line where `shown` equals `level`, light on a dark halo."""
    rows, columns = shown.shape
    across: list[float | None] = []
    down: list[float | None] = []
    for line in find_contours(shown, level):  # type: ignore[no-untyped-call]
        places = (line + 0.5) / [rows, columns]
        down += [*(box[1] + places[:, 0] * (box[3] - box[1])).round(1).tolist(), None]
        across += [*(box[0] + places[:, 1] * (box[2] - box[0])).round(1).tolist(), None]
    for colour, thick in ((palette.CONTOUR_HALO, 3.5), (palette.CONTOUR, 1.5)):
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


def _add_word(figure: go.Figure, number: int, word: str) -> None:
    axes = axes_of(number)
    figure.add_annotation(
        xref=f"{axes['xaxis']} domain",
        yref=f"{axes['yaxis']} domain",
        x=0.5,
        y=0.5,
        showarrow=False,
        text="<br>".join(textwrap.wrap(html.escape(word), 34)),
        font={"size": 14},
    )


def _finish(figure: go.Figure, frame: Frame, look: HeatmapLook, key: str) -> None:
    """Set size, colour scale and behaviour."""
    length = min(280.0, frame.width * 0.55)  # the buttons stand in the same line
    ends = ("against", "for the class") if look.signed else ("least", "most important")
    for text, at, side in ((ends[0], 0.0, "left"), (ends[1], length / frame.width, "right")):
        figure.add_annotation(
            xref="paper", yref="paper", x=at, y=0, xanchor=side, yanchor="top", yshift=-26,
            text=text, font={"size": 12}, showarrow=False, borderpad=0,
        )  # fmt: skip
    behave(figure, frame.height, frame.width, FOOT, key)
    figure.update_layout(
        coloraxis={
            "colorscale": palette.stops(palette.DIVERGING if look.signed else look.scale),
            "cmin": -1 if look.signed else 0,
            "cmax": 1,
            "colorbar": {
                "orientation": "h",
                "thickness": 10,
                "lenmode": "pixels",
                "len": length,
                "x": 0,
                "xanchor": "left",
                "xpad": 0,
                "y": 0,
                "yanchor": "top",
                "ypad": 12,
                "showticklabels": False,
                "outlinewidth": 0,
            },
        },
    )
