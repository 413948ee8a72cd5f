"""Where explanations of one picture agree, and how far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core import Mask, Pixels
from core.figures.browser import axes, panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of
from core.figures.browser.predictions import percent
from core.figures.charts.words import IOU, defined
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box
from core.figures.drawing.pictures import layer_uri, pale_grey, shrunk

Codes = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

LONGEST = 768
"""Of the picture in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
OPACITY = 0.62
DIMMEST = 0.22
"""Where the colours of counts begin on their scale: below, they are as dark as many pictures."""
BUTTONS = 150
"""Pixels of Plotly's buttons, right of the title."""
SEEN = "shares of what the model sees"
CURVES = ("IoU", "by chance", "95 % of random shifts")
TALL = 280
"""Height of the curves between their axes in pixels."""


def overlap(
    pixels: Pixels,
    box: Box,
    first: Mask,
    second: Mask,
    titles: tuple[str, str],
    width: float,
    picture_key: str = "",
) -> Figure:
    """Draw what one mask marks alone, what both mark, and what the other marks alone.

    Args:
        pixels: uint8 (H, W, 3), the picture; drawn in grey, so that no colour of its own mixes
            with the three.
        box: left, top, right, bottom of the seen part in pixels of `pixels`.
        first: bool (h, w), laid over the box.
        second: bool (h, w), of the same size.
        titles: of the two explanations.
        width: of the figure in the browser, in pixels; it sets the height.
        picture_key: the zoom is kept between figures of the same key.

    Returns:
        One panel, and a legend with the shares of the seen part in percent.
    """
    codes = np.where(first, np.where(second, 2, 1), np.where(second, 3, 0)).astype(np.uint8)
    room = width - axes.SYMBOL - axes.breadth("only  · 100.0 %")
    one, two = (axes.fitted(title, room) for title in titles)
    names = (f"only {one}", "both", f"only {two}")
    colours = (palette.ONLY_FIRST, palette.BOTH, palette.ONLY_SECOND)
    figure = _laid(pixels, box, codes, colours, names, width, picture_key)
    # Words for each place, because Plotly's hover texts cannot look a number up.
    words = np.array(["neither", *names])[panels.thinned(codes, FINEST)]
    _add_mouse(figure, codes, box, "%{text}", text=words)
    title = f"{titles[0]} and {titles[1]}"
    panels.add_head(figure, 1, title, SEEN, width - BUTTONS)
    return figure


def consensus(
    pixels: Pixels, box: Box, counts: Codes, methods: int, width: float, picture_key: str = ""
) -> Figure:
    """Draw how many methods mark each place.

    Args:
        pixels: uint8 (H, W, 3), the picture; drawn in grey.
        box: left, top, right, bottom of the seen part in pixels of `pixels`.
        counts: uint8 (h, w) in 0..methods, laid over the box.
        methods: how many there are, at least 1.
        width: of the figure in the browser, in pixels; it sets the height.
        picture_key: the zoom is kept between figures of the same key.

    Returns:
        One panel, and a legend with the shares of the seen part in percent.
    """
    names = [f"{number} of {methods}" for number in range(1, methods + 1)]
    colours = palette.levels(palette.COUNTS, methods, DIMMEST)
    figure = _laid(pixels, box, counts, colours, names, width, picture_key)
    _add_mouse(figure, counts, box, f"marked by %{{z}} of {methods}")
    panels.add_head(figure, 1, f"Marked by how many of {methods}", SEEN, width - BUTTONS)
    return figure


def _laid(
    pixels: Pixels,
    box: Box,
    codes: Codes,
    colours: Sequence[str],
    names: Sequence[str],
    width: float,
    key: str,
) -> Figure:
    """Lay flat colours over the grey picture, with their shares in the legend.

    They are one PNG with a palette: a few KB at any size, drawn by the browser as it is, so a
    slider redraws at once.
    """
    tall, wide = pixels.shape[:2]
    longest = [f"{name} · 100.0 %" for name in names]
    foot = axes.lines_of(longest, width) * axes.LINE + 16
    frame = frame_of(1, 1, (wide, tall), width, foot)
    figure = Figure()
    grey = pale_grey(shrunk(pixels, LONGEST)[0])
    panels.add_picture(figure, panels.under(grey, LONGEST, (wide, tall)), 1)
    layer = {"source": layer_uri(codes, colours), **panels.over(codes.shape, box)}
    panels.add_picture(figure, layer, 1, OPACITY)
    shares = np.bincount(codes.ravel(), minlength=len(names) + 1) / codes.size
    for name, colour, share in zip(names, colours, shares[1:].tolist(), strict=True):
        text = percent(share) if share else "0 %"
        axes.add_swatch(figure, colour, f"{name} · {text}", **panels.axes_of(1))
    panels.place(figure, 0, frame.domain(0), (wide, tall))
    panels.behave(figure, frame, key)
    axes.legend(figure, longest, width, yref="container", y=0, yanchor="bottom")
    figure.layout["margin"]["autoexpand"] = False
    return figure


def _add_mouse(figure: Figure, codes: Codes, box: Box, reading: str, **more: object) -> None:
    """Add an unseen map, coarser than what is seen, in which the mouse reads the place."""
    coarse = panels.thinned(codes, FINEST)
    figure.add(
        "heatmap",
        z=coarse,
        **panels.over(coarse.shape, box),
        opacity=0,
        showscale=False,
        hovertemplate=f"{reading}<br>x %{{x:.0f}}, y %{{y:.0f}}<extra></extra>",
        **panels.axes_of(1),
        **more,
    )


def curves(
    percents: Sequence[float],
    curve: Values,
    level: Values,
    low: Values,
    high: Values,
    at: float | None,
    width: float,
) -> Figure:
    """Draw how the overlap of two maps depends on the threshold.

    Args:
        percents: thresholds, rising, in percent of the pixels.
        curve: float64 (n,), the IoU in [0, 1]; NaN where not defined.
        level: float64 (n,), the IoU by chance.
        low: float64 (n,), lower end of its 95 % band.
        high: float64 (n,), upper end.
        at: the threshold in use, or None.
        width: of the figure in the browser, in pixels.
    """
    across = np.asarray(percents, np.float64)
    figure = Figure()
    _add_chance(figure, across, level, low, high)
    figure.add(
        "scatter",
        x=across,
        y=curve,
        mode="lines+markers",
        line={"color": palette.ACCENT, "width": 2.4},
        marker={"size": 4},  # a value between two gaps has no line
        name=CURVES[0],
        legendrank=1,
        connectgaps=False,
        cliponaxis=False,
        hoverinfo="skip",
    )
    # The mouse reads an unseen trace: it has no gaps, over which Plotly takes the next value.
    figure.add(
        "scatter",
        x=across,
        y=np.nan_to_num(np.where(np.isfinite(curve), curve, level)),
        mode="markers",
        marker={"color": palette.CLEAR},
        showlegend=False,
        text=[_reading(*each) for each in zip(curve, level, low, high, strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )
    if not np.isfinite(curve).any():
        axes.add_word(figure, "not defined: neither map marks a pixel")
    if at is not None:
        _mark_threshold(figure, at, right=at > (across[0] + across[-1]) / 2)
    figure.layout["xaxis"] = axes.axis(
        "highest pixels marked in each map, in percent",
        range=[0, float(across[-1])],
        showgrid=False,
        unifiedhovertitle={"text": "highest %{x} % of the pixels"},
        showspikes=False,
    )
    figure.layout["yaxis"] = axes.share_axis()
    axes.add_side(figure, IOU)
    head = axes.legend_above(figure, CURVES, width - axes.LEFT - axes.RIGHT) + 12
    margin = {"l": axes.LEFT, "r": axes.RIGHT, "t": head, "b": axes.BOTTOM}
    axes.finish(figure, TALL, margin)
    figure.layout["hovermode"] = "x unified"
    return figure


def _add_chance(figure: Figure, across: Values, level: Values, low: Values, high: Values) -> None:
    """Add the band of random shifts, and the chance level over it."""
    xs, ys = _band(across, low, high)
    figure.add(
        "scatter",
        x=xs,
        y=ys,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=palette.BAND,
        name=CURVES[2],
        hoverinfo="skip",
        legendrank=3,
    )
    figure.add(
        "scatter",
        x=across,
        y=level,
        mode="lines",
        line={"color": palette.QUIET, "dash": "dash", "width": 2},
        name=CURVES[1],
        hoverinfo="skip",
        legendrank=2,
    )


def _mark_threshold(figure: Figure, at: float, *, right: bool) -> None:
    """Draw a line at the threshold in use, with its percent on the side that has more room."""
    line = {"color": palette.QUIET, "width": 1.2}
    figure.layout["shapes"] = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "y domain", "line": line}
    ]
    figure.annotate(
        x=at,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="right" if right else "left",
        text=f" {at:g} % ",
        font={"size": axes.WORDS},
        borderpad=3,
    )


def _reading(curve: float, level: float, low: float, high: float) -> str:
    """Return what the mouse reads at one threshold."""
    value, chance, least, most = (defined(each) for each in (curve, level, low, high))
    if not np.isfinite(level):
        return f"IoU {value}"
    return f"IoU {value}<br>by chance {chance}, 95 % from {least} to {most}"


def _band(
    across: Values, low: Values, high: Values
) -> tuple[list[float | None], list[float | None]]:
    """Return the outline of a band, one closed shape for each run without NaN."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run):
            xs += [*across[run].tolist(), *across[run[::-1]].tolist(), None]
            ys += [*low[run].tolist(), *high[run[::-1]].tolist(), None]
    return xs, ys
