"""Calibration errors by their definitions, and beside what chance gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.measure.audit.calibration import BINS, by_mass, by_width, calibration, expected_error
from tests.core.measure.audit.made import row


def rows_of(confidence: np.ndarray, right: np.ndarray) -> list:
    return [
        row(n, 0, 0 if good else 1, float(c), true_probability=float(c if good else 1 - c))
        for n, (c, good) in enumerate(zip(confidence, right, strict=True))
    ]


def naive(confidence: np.ndarray, right: np.ndarray) -> float:
    """Guo et al. 2017, eq. 2 and 3."""
    total = 0.0
    for m in range(1, BINS + 1):
        inside = (confidence > (m - 1) / BINS) & (confidence <= m / BINS)
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            total += inside.sum() / len(confidence) * gap
    return total


def test_the_error_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.01, 1, 400)
    right = rng.random(400) < confidence**2
    made = calibration(rows_of(confidence, right), seed=3)
    assert made.equal_width.value == pytest.approx(naive(confidence, right))
    assert sum(each.right.of for each in made.equal_width.bins) == 400
    assert made.equal_width.is_calibrated is False
    assert made.equal_mass.is_calibrated is False
    assert made.confidence == pytest.approx(confidence.mean())


def test_bins_of_equal_mass() -> None:
    rng = np.random.default_rng(2)
    confidence = rng.permutation(np.linspace(0.1, 0.99, 300))
    places, edges = by_mass(confidence)
    assert set(np.bincount(places)) == {20}
    assert len(edges) == BINS + 1
    order = np.argsort(confidence)
    chunks = np.array_split(confidence[order], BINS)
    right = (rng.random(300) < 0.5).astype(float)
    expected = sum(
        abs((right[order][k * 20 : (k + 1) * 20] - chunk).sum()) for k, chunk in enumerate(chunks)
    )
    assert expected_error(confidence, right[None], places)[0] == pytest.approx(expected / 300)


def test_equal_confidences_are_one_bin_and_may_lie_on_an_edge() -> None:
    same = np.full(90, 0.8)
    assert set(by_mass(same)[0]) == {0}
    assert len(set(by_width(same)[0])) == 1
    assert by_width(np.array([0.0, 1 / BINS, 1.0]))[0].tolist() == [0, 0, BINS - 1]
    right = np.arange(90) < 72
    assert calibration(rows_of(same, right)).equal_mass.value == pytest.approx(0.0, abs=1e-12)


def test_a_calibrated_model_has_the_error_that_chance_gives() -> None:
    rng = np.random.default_rng(4)
    inside = 0
    for seed in range(40):
        confidence = rng.uniform(0.3, 1, 60)
        made = calibration(rows_of(confidence, rng.random(60) < confidence), seed).equal_width
        assert made.low < made.chance < made.high
        assert made.chance > 0.05, "the error of few pictures is far from 0"
        inside += made.low <= made.value <= made.high
    assert inside >= 34


def test_brier_and_loss_written_out() -> None:
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
    truths = (0, 2)
    rows = [
        row(
            n,
            t,
            int(p.argmax()),
            float(p.max()),
            true_probability=p[t],
            squares=float((p**2).sum()),
        )
        for n, (p, t) in enumerate(zip(shares, truths, strict=True))
    ]
    made = calibration(rows)
    targets = np.eye(3)[list(truths)]
    assert made.brier == pytest.approx(((shares - targets) ** 2).sum(1).mean())
    assert made.loss == pytest.approx(-np.log([0.7, 0.3]).mean())


def test_none_one_and_the_same_bytes() -> None:
    nothing = calibration([row(0)])
    assert math.isnan(nothing.equal_width.value)
    assert nothing.equal_width.is_calibrated is None
    one = calibration(rows_of(np.array([0.9]), np.array([True])), 7)
    assert one.equal_width.value == pytest.approx(0.1)
    again = calibration(rows_of(np.array([0.9]), np.array([True])), 7)
    assert one == again
