"""The steps of a map, drawn for whoever opens them."""

from __future__ import annotations

from core.requests.loading import StepsRequest
from tests.pages.steps import settled, unescaped
from tests.pages.test_toolbar import opened


def test_steps_are_computed_and_drawn_when_they_are_opened(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM", "LayerCAM"], **{"class": "3"})
    assert not [each for each in begun if isinstance(each, StepsRequest)]
    labels = [each.label for each in app.expander if each.label.startswith("How it works")]
    assert [unescaped(label) for label in labels] == ["How it works: Grad-CAM on this picture"]
    charts = len(app.get("plotly_chart"))
    app.session_state["how-grad-cam-3"] = True
    app = settled(app.run())
    (asked,) = (each for each in begun if isinstance(each, StepsRequest))
    assert asked.map.method == "grad-cam"
    assert len(app.get("plotly_chart")) == charts + 4
    told = unescaped(" ".join(each.value for each in app.markdown))
    assert "**1. Channels.** Layer layer4.1 gives 512 channels of 7 x 7 places." in told
    assert "**4. ReLU.**" in told
