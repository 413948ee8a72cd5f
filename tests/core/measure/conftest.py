"""Explanations made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core import Heat, Segments
from core.explain.base import Explanation
from tests.core.weighted import weighted


@pytest.fixture
def explanation() -> Callable[..., Explanation]:
    """Makes one: `explanation(shown, name="grad-cam", segments=..., weights=[...])`."""

    def make(
        shown: Heat,
        name: str = "grad-cam",
        heat: Heat | None = None,
        segments: Segments | None = None,
        weights: Sequence[float] = (),
    ) -> Explanation:
        return Explanation(
            heat=shown if heat is None else heat,
            shown=shown,
            method=name,
            label=name,
            layer="layer4",
            class_index=1,
            class_name="cat",
            probability=0.5,
            seconds=0.25,
            passes=1,
            device="cpu",
            precision="exact",
            smooth="none",
            seed=0,
            options={},
            superpixels=None if segments is None else weighted(segments, weights),
        )

    return make
