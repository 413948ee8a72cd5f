"""A figure as plain data is what Plotly's own figure would send."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from plotly.tools import return_figure_from_figure_or_data

from core.figures.browser.figure import Figure
from tests.core.figures.checked import checked


def example(values: np.ndarray) -> Figure:
    figure = Figure(height=200, xaxis={"range": [0, 1]})
    figure.add("scatter", x=values, y=[1, 2, None], marker={"size": values}, name="a")
    figure.annotate(text="word", x=0.5, y=0.5)
    return figure


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.5, np.nan, 2.0]),
        np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::2],
        np.array([1, 70_000, -3]),
        np.array([1, 2, 250], np.uint8),
        np.array(["a", "b"]),
        np.array([]),
    ],
)
def test_it_sends_what_plotly_sends(values: np.ndarray) -> None:
    figure = Figure(height=200)
    figure.add("heatmap", z=values, customdata=values)
    stock = go.Figure(figure.data, figure.layout).to_dict()
    del stock["layout"]["template"]
    sent = json.loads(plotly.io.to_json(figure.to_dict(), validate=False))
    for name in ("z", "customdata"):
        theirs, ours = stock["data"][0][name], sent["data"][0][name]
        if isinstance(ours, dict):
            theirs, ours = decoded(theirs), decoded(ours)
        np.testing.assert_array_equal(theirs, ours)


def decoded(spec: dict[str, str]) -> np.ndarray:
    """Read a typed array as plotly.js does."""
    import base64

    flat = np.frombuffer(base64.b64decode(spec["bdata"]), "<" + spec["dtype"])
    return flat.reshape([int(side) for side in spec.get("shape", str(flat.size)).split(",")])


def test_streamlit_takes_it_without_a_check_and_without_a_template() -> None:
    figure = example(np.array([1.0, 2.0, 3.0]))
    figure.data[0]["no such property"] = 1
    sent = return_figure_from_figure_or_data(figure, validate_figure=True)
    assert sent["data"][0]["no such property"] == 1
    assert sent["layout"] == figure.layout
    assert "template" not in sent["layout"]
    with pytest.raises(ValueError, match="no such property"):
        checked(figure)


def test_sending_leaves_the_figure_as_it_is() -> None:
    values = np.array([1.0, 2.0, 3.0])
    figure = example(values)
    sent = figure.to_dict()
    sent["data"][0].pop("name")
    sent["layout"]["height"] = 1
    assert figure.data[0]["x"] is values
    assert figure.data[0]["name"] == "a"
    assert figure.layout["height"] == 200
    assert figure.to_dict() == example(values).to_dict()


def test_figures_share_nothing_and_know_their_weight() -> None:
    one, two = Figure(), Figure()
    one.add("bar", x=np.zeros(1000))
    assert not two.data
    assert not two.layout
    assert one.nbytes > 8000 > two.nbytes
    assert Figure(height=1).layout == {"height": 1}
