"""Samples that grow apart from the fit, and what is to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.errors import Cancelled
from core.explain.base import Request
from core.explain.perturb import lime_live
from core.explain.perturb.lime import LIME, fitted
from core.explain.perturb.lime_fit import fit_of
from core.explain.perturb.lime_live import Growth, grow, halves_of, trust, view_key
from core.explain.perturb.lime_request import KEPT, kept_samples
from core.models.classifier import Classifier


@pytest.fixture(name="ask")
def ask_fixture(request_of: Callable[..., Request]) -> Callable[..., Request]:
    """Makes requests for a grid of 16 superpixels."""
    KEPT.clear()

    def ask(count: int = 60, index: int = 0, **options: object) -> Request:
        values = {"segments": "grid", "cells": 4, "samples": count, **options}
        return replace(request_of(), class_index=index, layers=(), options=values)

    return ask


def test_growing_makes_missing_samples_only(ask: Callable[..., Request]) -> None:
    first, second = grow(ask(60)), grow(ask(100))
    assert (first.count, first.reused, first.passes) == (60, 0, 60)
    assert (second.count, second.reused, second.passes) == (100, 60, 40)
    again = grow(ask(80))
    assert (again.count, again.reused, again.passes) == (80, 80, 0)


def test_progress_is_the_share_of_what_is_missing(ask: Callable[..., Request]) -> None:
    grow(ask(100))
    told: list[float] = []
    grow(ask(200), lambda share, stage="": told.append(share))
    assert told[0] == 0
    assert 0.5 <= max(told) < 1
    assert told == sorted(told)


def test_growth_is_published(ask: Callable[..., Request], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lime_live, "EVERY", 0.0)
    seen: list[Growth] = []
    grow(ask(100), publish=seen.append)
    counts = [growth.count for growth in seen]
    assert counts == sorted(set(counts))
    assert 0 < counts[0] < counts[-1] < 100
    assert all(growth.passes == growth.count for growth in seen)


def test_what_was_computed_before_a_stop_stays(ask: Callable[..., Request]) -> None:
    def stop(share: float, stage: str = "") -> None:
        if share > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        grow(ask(100), stop)
    there = kept_samples(ask(100))
    assert 0 < there < 100
    assert grow(ask(100)).passes == 100 - there


def test_a_fit_is_had_back_from_its_explanation(ask: Callable[..., Request]) -> None:
    request = ask(80)
    back, fit = fit_of(LIME.run(request)), fitted(request)
    assert np.array_equal(back.weights, fit.weights)
    assert (back.order, back.r2, back.local, back.sentence()) == (
        fit.order, fit.r2, fit.local, fit.sentence(),
    )  # fmt: skip


def test_trust_makes_no_pass(ask: Callable[..., Request], monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask(120)
    found = LIME.run(request)
    monkeypatch.setattr(Classifier, "logits", None)
    told = trust(request, found, top=3)
    assert told.convergence.samples[-1] == 120
    assert np.allclose(
        told.convergence.weights[-1], found.extras["weights"][list(told.convergence.top)]
    )
    assert (told.interval.low <= told.interval.high).all()
    assert 0 <= halves_of(request) <= 1


def test_view_is_what_is_sampled(ask: Callable[..., Request]) -> None:
    key = view_key(ask(60))
    assert key == view_key(ask(900, 2, superpixels=9, sign="any", regressor="lasso"))
    assert key == view_key(ask(60, kernel_size=9.0)), "an option of another algorithm"
    assert key != view_key(ask(60, cells=5))
    assert key != view_key(ask(60, fill="black"))
    assert key != view_key(replace(ask(60), seed=1))
