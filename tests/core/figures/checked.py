"""Figures as Plotly's own objects, which refuse a property or a value that does not exist."""

from __future__ import annotations

import plotly.graph_objects as go

from core.figures.browser.figure import Figure


def checked(figure: Figure) -> go.Figure:
    """Return a figure as Plotly reads it; its template and arrays as they were given."""
    return go.Figure(figure.data, figure.layout)


def of_kind(figure: go.Figure, kind: str) -> list[go.Scatter]:
    """Return the traces of a kind."""
    return [trace for trace in figure.data if trace.type == kind]


def named(figure: go.Figure, name: str) -> go.Scatter:
    """Return the one trace of that name."""
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace
