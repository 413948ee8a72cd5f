"""The examples of ARCHITECTURE.md run as they stand there."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.explain.base import Subject
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.keys import key_of
from core.requests.maps import MapRequest
from core.requests.references import PictureRef
from core.work.resources import Resources

TEXT = (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")


def example(heading: str) -> dict[str, Any]:
    """Run the code under a heading; return its names."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code, heading
    module = types.ModuleType("example")
    sys.modules["example"] = module  # dataclasses look their module up
    exec(code[1], module.__dict__)
    return module.__dict__


@pytest.fixture(autouse=True)
def _clean() -> Any:
    yield
    sys.modules.pop("example", None)


def request_for(classifier: Classifier, prepared: Prepared, method: str) -> MapRequest:
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    return MapRequest(
        picture=picture, model=classifier.reference, method=method, target=1, layers=("blocks.1",)
    )


def test_a_method(tiny: Classifier, prepared: Prepared) -> None:
    method = example("Add a method")["MEAN_CAM"]
    made = method.run(request_for(tiny, prepared, "mean-cam"), Subject(tiny, prepared))
    maps = tiny.split("blocks.1").head(prepared.batch)[0][0]
    expected = (maps.mean((1, 2), keepdim=True) * maps).sum(0)
    np.testing.assert_allclose(made.heat, expected.numpy(), rtol=1e-5)


def test_a_measure(tiny: Classifier, prepared: Prepared) -> None:
    names = example("Add a measure")
    resources = Resources()
    resources.offer_picture(prepared.picture)
    resources.models.get(key_of(tiny.reference), lambda: tiny)
    request = names["PeakRequest"](of=request_for(tiny, prepared, "grad-cam"))
    handler = names["HANDLERS"][type(request)]
    share = handler.run(request, resources, lambda fraction, stage="": None)
    assert 0 < share <= 1
    assert len(key_of(request)) == 64


def test_a_source_of_models(prepared: Prepared) -> None:
    model = example("Add a source of models")["MINE"]
    assert model.default_layer
    assert len(model.predict(model.prepare(prepared.picture))) == 2


@pytest.mark.parametrize("path", re.findall(r"`((?:core|pages|tools|bench)/[\w./]+)`", TEXT))
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert (Path(__file__).parents[1] / path).exists()
