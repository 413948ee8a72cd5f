"""How often a model is right where it is how sure, in the browser."""

from __future__ import annotations

from core.figures.browser import axes
from core.figures.browser.figure import Figure
from core.figures.charts.audit import AS_SURE, RIGHT, SURE, Reliability
from core.figures.drawing import palette

TALL = 380
"""Height between the axes in pixels, of the curve and the bars below it."""
CURVE, BARS = (0.3, 1.0), (0.0, 0.2)
"""Where both stand, as shares of that height."""


def reliability(chart: Reliability) -> Figure:
    """Draw the curve with its intervals, and below it where the pictures are."""
    filled = chart.filled
    figure = Figure()
    line = {"color": palette.QUIET, "width": 1.6, "dash": "dash"}
    straight = {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": line}
    figure.add("scatter", **straight, hoverinfo="skip", showlegend=False)
    values = [each.right.value for each in filled]
    figure.add(
        "scatter",
        x=[each.confidence for each in filled],
        y=values,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [each.right.high - each.right.value for each in filled],
            "arrayminus": [each.right.value - each.right.low for each in filled],
            "color": palette.series(0),
            "thickness": 1.6,
            "width": 4,
        },
        mode="lines+markers",
        line={"color": palette.series(0), "width": 2.2},
        marker={"size": 8, "color": palette.series(0)},
        customdata=list(chart.readings),
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )
    figure.add(
        "bar",
        x=[(each.low + each.high) / 2 for each in filled],
        y=list(chart.shares),
        width=[each.high - each.low for each in filled],
        marker={"color": palette.BAR_REST},
        customdata=[f"{each.right.of} pictures" for each in filled],
        hovertemplate="%{customdata}<extra></extra>",
        yaxis="y2",
        showlegend=False,
    )
    figure.annotate(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        text=f"dashed: {AS_SURE}",
        font={"size": axes.WORDS},
    )
    across = {"range": [0, 1.02], "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1], "showgrid": False}
    figure.layout["xaxis"] = axes.axis(SURE, anchor="y2", **across)
    figure.layout["yaxis"] = axes.share_axis() | {"domain": list(CURVE), "range": [0, 1.02]}
    figure.layout["yaxis2"] = axes.axis(domain=list(BARS), tickformat=".0%", nticks=3)
    axes.add_side(figure, f"{RIGHT}; pictures")
    margin = {"l": axes.LEFT, "r": axes.RIGHT, "t": 30, "b": axes.BOTTOM}
    axes.finish(figure, TALL, margin)
    return figure
