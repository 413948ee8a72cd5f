"""Scaling as the package scales, and words for maps that a picture would hide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_grad_cam.utils.image import scale_cam_image

from core.explain import scaling

GRID = arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32))


@given(GRID, GRID)
def test_shown_is_the_package_s_aggregate_in_zero_to_one(a: np.ndarray, b: np.ndarray) -> None:
    layers = [scale_cam_image(np.maximum(heat, 0)[None], (9, 6))[:, None] for heat in (a, b)]
    stock = scale_cam_image(np.mean(np.maximum(np.concatenate(layers, axis=1), 0), axis=1))[0]
    shown = scaling.shown([a, b], (6, 9))
    np.testing.assert_array_equal(shown, stock)
    assert shown.dtype == np.float32
    assert shown.min() >= 0
    assert shown.max() <= 1


@given(GRID)
def test_scale_of_the_heat_does_not_matter_and_nothing_positive_is_nothing(
    heat: np.ndarray,
) -> None:
    assert not scaling.shown([-np.abs(heat)], (6, 8)).any()
    if heat.max() - max(0.0, heat.min()) > 1:
        np.testing.assert_allclose(
            scaling.shown([heat], (6, 8)), scaling.shown([heat * 3], (6, 8)), atol=1e-5
        )


@pytest.mark.parametrize(
    ("heat", "words"),
    [
        ([[0.0, 0.0]], "empty"),
        ([[0.5, 0.5]], "flat: every position has the value 0.5"),
        ([[-1.0, -1.0]], "flat"),
        ([[-2.0, -1.0]], "lowest -2"),
        ([[-2.0, 0.0]], "No position supports the class"),
        ([[-2.0, 0.1]], None),
        ([[0.0, 1.0]], None),
    ],
)
def test_words(heat: list[list[float]], words: str | None) -> None:
    notes = scaling.describe(np.array(heat, dtype=np.float32))
    if words is None:
        assert notes == ()
    else:
        assert words in notes[0]


def test_values_that_could_not_be_computed_count_as_zero_and_are_told() -> None:
    good, none = scaling.finite(np.array([1.0, -2.0]))
    np.testing.assert_array_equal(good, [1, -2])
    assert none == ()
    mended, notes = scaling.finite(np.array([1.0, np.nan, np.inf, -np.inf]))
    np.testing.assert_array_equal(mended, [1, 0, 0, 0])
    assert notes[0].startswith("3 of 4 values")


def test_a_map_at_its_own_size_is_itself_and_others_keep_range_and_orientation() -> None:
    ramp = np.tile(np.linspace(-1, 1, 8, dtype=np.float32), (4, 1))
    assert scaling.resized(ramp, (4, 8)) is ramp
    larger = scaling.resized(ramp, (8, 32))
    assert (larger.shape, larger.dtype) == ((8, 32), np.float32)
    assert (np.diff(larger, axis=1) >= 0).all()
    assert (larger.min(), larger.max()) == (-1, 1)


def test_peaks_are_lowered_in_their_order() -> None:
    rng = np.random.default_rng(0)
    heat = (rng.standard_normal((40, 50)) ** 9).astype(np.float32)
    lowered = scaling.lower_peaks(heat)
    assert (lowered.dtype, lowered.min(), lowered.max()) == (np.float32, 0, 1)
    assert not lowered[heat <= 0].any()
    positive = np.maximum(heat, 0).astype(np.float64)
    knee = np.percentile(positive, 99)
    below = positive <= knee
    np.testing.assert_allclose(lowered[below], 0.9 * positive[below] / knee, rtol=1e-6)
    assert (lowered[~below] > 0.9).all()
    order = np.argsort(heat, axis=None)
    assert (np.diff(lowered.ravel()[order]) >= 0).all()
    assert lowered.argmax() == heat.argmax()


@pytest.mark.parametrize("value", [-1.0, 0.0, 3.0])
def test_a_map_without_peaks_is_only_scaled(value: float) -> None:
    flat = np.full((8, 8), value, np.float32)
    np.testing.assert_array_equal(scaling.lower_peaks(flat), np.float32(value > 0))
    ramp = np.linspace(0, 5, 64, dtype=np.float32).reshape(8, 8)
    np.testing.assert_allclose(scaling.lower_peaks(ramp), ramp / 5, rtol=1e-6)
