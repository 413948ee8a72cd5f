"""A reveal as a request: the numbers are those of the formula, the maps those that are there."""

from __future__ import annotations

import numpy as np
import pytest

from core import Heat
from core.errors import BadOption
from core.explain.base import Explanation
from core.measure.paintings import Reveal, reveal
from core.requests.keys import key_of
from core.requests.maps import MapRequest
from core.requests.paintings import Painting
from core.requests.plain import from_json, to_json
from core.requests.references import ModelRef, PictureRef, Preprocess
from core.requests.reveals import MOST_MAPS, MOST_PAINTINGS, RevealRequest
from core.work.local_executor import LocalExecutor

MAP, OTHER = (
    MapRequest(
        picture=PictureRef("0" * 64, "cat.png"),
        model=ModelRef(
            source="torchvision",
            id="resnet18",
            weights="random",
            preprocess=Preprocess(size=(56, 56), resize=56),
        ),
        method=method,
        target=3,
    )
    for method in ("grad-cam", "eigen-cam")
)
LEFT = np.zeros((28, 28), bool)
LEFT[:, :14] = True


def explanation(request: MapRequest, shown: Heat) -> Explanation:
    return Explanation(
        heat=shown,
        shown=shown,
        method=request.method,
        label=request.label,
        layer="layer4",
        class_index=3,
        class_name="cat",
        probability=0.5,
        seconds=0.1,
        passes=1,
        device="cpu",
        precision="exact",
        smooth="none",
        seed=0,
        options={},
    )


def test_the_handler_compares_with_the_maps_that_are_there() -> None:
    rng = np.random.default_rng(0)
    shown = [rng.random((56, 56), np.float32) for _ in range(2)]
    masks = [LEFT, ~LEFT, LEFT & ~LEFT]
    request = RevealRequest(maps=(MAP, OTHER), paintings=tuple(map(Painting.of, masks)))
    executor = LocalExecutor()
    try:
        for each, values in zip(request.maps, shown, strict=True):
            executor.resources.results.put(key_of(each), explanation(each, values))
        first = executor.submit(request, "me")
        again = executor.submit(from_json(to_json(request)), "other")
        assert first.wait(60)
        assert again.wait(60)
    finally:
        executor.close()
    found = first.result()
    assert again.result() is found
    assert isinstance(found, Reveal)
    expected = reveal(shown, masks)
    for name in ("iou", "chance", "low", "high", "energy", "shares", "mean"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.places == expected.places


def test_a_reveal_has_its_bounds() -> None:
    with pytest.raises(BadOption, match="0 maps"):
        RevealRequest(maps=())
    with pytest.raises(BadOption, match=f"1 to {MOST_MAPS}"):
        RevealRequest(maps=(MAP,) * (MOST_MAPS + 1))
    with pytest.raises(BadOption, match="paintings"):
        RevealRequest(maps=(MAP,), paintings=(Painting.of(LEFT),) * (MOST_PAINTINGS + 1))
