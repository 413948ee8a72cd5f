"""A Plotly figure as plain data."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
from plotly.basedatatypes import BaseFigure

from core.caching.store import size_of

Properties = dict[str, Any]
"""Properties of a trace, of the layout or of a part of them, named as plotly.js names them."""


class Figure(BaseFigure):  # type: ignore[misc]  # Plotly has no types
    """Traces and layout in dictionaries, which nothing checks while they are filled.

    `plotly.graph_objects.Figure` checks each property as it is set, which took half of the time
    of a page; here a test checks every kind of figure once. It is a `BaseFigure` because
    `st.plotly_chart` sends what such a figure's `to_dict` returns, and checks a plain dictionary.

    It names no template: the colours are its own, and the page adds its fonts and text colours.

    Attributes:
        data: the traces, drawn one over the other.
        layout: size, axes, annotations and so on.
    """

    data: list[Properties] = []  # noqa: RUF012  # hides a property that wraps each trace
    layout: Properties = {}  # noqa: RUF012  # likewise

    def __init__(self, **layout: Any) -> None:  # noqa: ANN401  # as plotly.js takes it
        # Not `super().__init__`: it makes the objects that this class goes without.
        self.data, self.layout = [], layout

    def add(self, kind: str, **properties: Any) -> None:  # noqa: ANN401  # as plotly.js takes them
        """Add a trace of a kind, for example `bar`."""
        self.data.append({"type": kind, **properties})

    def annotate(self, **properties: Any) -> None:  # noqa: ANN401  # as plotly.js takes them
        """Write words that point at nothing."""
        self.layout.setdefault("annotations", []).append({"showarrow": False, **properties})

    @property
    def nbytes(self) -> int:
        """About how many bytes the figure keeps alive."""
        return size_of((self.data, self.layout))

    def to_dict(self) -> Properties:
        """Return `data` and `layout` as JSON holds them, with arrays as plotly.js decodes them."""
        return {"data": [_encoded(trace) for trace in self.data], "layout": dict(self.layout)}


def _encoded(value: Any) -> Any:  # noqa: ANN401  # a tree of properties
    """Return a value with its arrays encoded; arrays are properties, and not inside of lists."""
    if isinstance(value, np.ndarray):
        return _typed(value)
    if isinstance(value, dict):
        return {name: _encoded(each) for name, each in value.items()}
    return value


def _typed(array: npt.NDArray[Any]) -> object:
    """Return an array in base 64 with its type and shape; words, and what is empty, as a list."""
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        array = array.astype(np.int32)  # JavaScript has no typed arrays of 64-bit integers
    if not array.size or array.dtype.kind not in "iuf":
        return array.tolist()
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    coded = base64.b64encode(np.ascontiguousarray(array).data).decode("ascii")
    shape = {"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {}
    return {"dtype": array.dtype.str[1:], "bdata": coded, **shape}
