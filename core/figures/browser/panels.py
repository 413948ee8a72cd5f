"""What figures of panels share: the picture in its own pixels, heads, axes, behaviour."""

from __future__ import annotations

import html
import textwrap

import plotly.graph_objects as go

from core import Pixels
from core.figures import PHONE
from core.figures.browser.places import Domain
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box
from core.figures.drawing.pictures import data_uri

MODEBAR = {"bgcolor": palette.CLEAR, "color": palette.QUIET, "activecolor": palette.ACCENT}


def under(pixels: Pixels, longest: int) -> dict[str, object]:
    """Return a picture as the arguments of an image trace in the picture's own pixels.

    Args:
        pixels: uint8 (H, W, 3).
        longest: the longest side that is sent, in pixels.
    """
    source, (wide, tall) = data_uri(pixels, longest)
    dx, dy = pixels.shape[1] / wide, pixels.shape[0] / tall
    return {"source": source, "dx": dx, "dy": dy, "x0": dx / 2, "y0": dy / 2}


def over(shape: tuple[int, ...], box: Box) -> dict[str, float]:
    """Return where the cells of a trace lie that covers a part of the picture.

    Args:
        shape: (rows, columns) of the cells.
        box: left, top, right, bottom of the part, in pixels of the picture.
    """
    dx, dy = (box[2] - box[0]) / shape[1], (box[3] - box[1]) / shape[0]
    return {"dx": dx, "dy": dy, "x0": box[0] + dx / 2, "y0": box[1] + dy / 2}


def axes_of(number: int) -> dict[str, str]:
    """Return the names of a panel's axes; panels count from 1."""
    suffix = "" if number == 1 else str(number)
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def add_picture(
    figure: go.Figure, picture: dict[str, object], number: int, opacity: float, *, hover: bool
) -> None:
    """Add a picture from `under` to a panel; `hover` tells its pixels' colours."""
    template = "x %{x:.0f}, y %{y:.0f}<br>red, green, blue %{color}<extra></extra>"
    how = {"hovertemplate": template} if hover else {"hoverinfo": "skip"}
    figure.add_trace(go.Image(**picture, **how, **axes_of(number), opacity=opacity))


def add_head(
    figure: go.Figure, number: int, title: str, detail: str, width: float | None = None
) -> None:
    """Write the title and the quiet line above a panel, cut to its width in pixels if given."""
    axes = axes_of(number)
    if width is not None:
        # Average width of a character at 14 and 12 pixels.
        room = max(4, int(width / 7.6))
        title = textwrap.shorten(title, room, placeholder="…") or title[:room]
        detail = textwrap.shorten(detail, int(room * 1.2), placeholder="…")
    figure.add_annotation(
        xref=f"{axes['xaxis']} domain",
        yref=f"{axes['yaxis']} domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        align="left",
        showarrow=False,
        borderpad=0,
        yshift=2,
        text=f"<b>{html.escape(title)}</b><br>"
        f"<span style='font-size:12px;color:{palette.QUIET}'>"
        f"{html.escape(detail) or '&nbsp;'}</span>",
        font={"size": 14},
    )


def place(figure: go.Figure, index: int, domain: Domain, size: tuple[int, int]) -> None:
    """Give panel `index`, from 0, its place and link its axes to the first panel's.

    Args:
        figure: changed in place.
        index: of the panel.
        domain: shares of the figure that the panel covers.
        size: (width, height) of the picture, the range of the axes.
    """
    across, upwards = domain
    suffix = "" if index == 0 else str(index + 1)
    plain = {
        "visible": False,
        "showgrid": False,
        "zeroline": False,
        "constrain": "domain",
    }
    link = {} if index == 0 else {"matches": "x"}
    figure.update_layout(
        {f"xaxis{suffix}": {**plain, **link, "domain": across, "range": [0, size[0]]}}
    )
    link = {"scaleanchor": "x"} if index == 0 else {"matches": "y"}
    figure.update_layout(
        {f"yaxis{suffix}": {**plain, **link, "domain": upwards, "range": [size[1], 0]}}
    )
    axes = axes_of(index + 1)
    figure.update_layout(
        {f"xaxis{suffix}": {"anchor": axes["yaxis"]}, f"yaxis{suffix}": {"anchor": axes["xaxis"]}}
    )


def behave(figure: go.Figure, height: float, width: float, foot: float, key: str) -> None:
    """Set the size, the see-through ground and what the mouse does in panels of pictures.

    Args:
        figure: changed in place.
        height: of the figure in pixels.
        width: of it in the browser; on a phone a finger moves the page, not the picture.
        foot: pixels below the panels.
        key: the zoom is kept between figures of the same key.
    """
    figure.update_layout(
        height=round(height),
        margin={"l": 0, "r": 0, "t": 0, "b": foot},
        dragmode=False if width < PHONE else "zoom",
        hovermode="closest",
        uirevision=key,
        modebar=MODEBAR,
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
    )
