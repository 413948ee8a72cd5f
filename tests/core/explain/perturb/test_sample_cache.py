"""Samples that grow apart from the fit, published while they grow, kept for other questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.caching.once import Once
from core.caching.store import Store
from core.errors import Cancelled
from core.explain.base import Subject
from core.explain.perturb import sample_cache
from core.explain.perturb.answers import BATCH
from core.explain.perturb.lime import fitted
from core.explain.perturb.sample_cache import (
    SampleProgress,
    grow,
    kept_samples,
    neighbourhood_key,
    neighbourhood_of,
    superpixels_key,
    view_key,
)
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.keys import key_of
from core.requests.maps import ALGORITHMS, LimeRequest, SamplesRequest
from core.requests.options import Value
from core.work.runner import Runner
from tests.conftest import asked_lime

Ask = Callable[..., tuple[SamplesRequest, Subject]]
"""`ask(count, target=..., OPTION=...)`, all with the same samples."""


@pytest.fixture(name="subject")
def subject_fixture(tiny: Classifier, prepared: Prepared) -> Subject:
    """Nothing is kept for it yet."""
    return Subject(tiny, prepared, Once(64 << 20))


@pytest.fixture(name="lime")
def lime_fixture(subject: Subject) -> Callable[..., LimeRequest]:
    """Makes requests for a grid of 16 superpixels."""

    def lime(count: int = 60, target: int = 0, **options: Value) -> LimeRequest:
        settings: dict[str, Value] = {
            "segments": "grid",
            "cells": 4,
            "samples": count,
            **options,
        }
        return asked_lime(subject.classifier, subject.prepared, target, **settings)[0]

    return lime


@pytest.fixture(name="ask")
def ask_fixture(lime: Callable[..., LimeRequest], subject: Subject) -> Ask:
    return lambda *given, **options: (lime(*given, **options).samples, subject)


@pytest.fixture(name="at_once")
def at_once_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is published."""
    monkeypatch.setattr(sample_cache, "EVERY", 0.0)


def test_growing_makes_missing_samples_only(ask: Ask) -> None:
    first, second = grow(*ask(60))[1], grow(*ask(100))[1]
    assert (first.count, first.reused, first.passes) == (60, 0, 60)
    assert (second.count, second.reused, second.passes) == (100, 60, 40)
    kept, again = grow(*ask(80))
    assert len(kept) == 100
    assert (again.count, again.reused, again.passes) == (80, 80, 0)


def test_progress_is_the_share_of_what_is_missing(ask: Ask) -> None:
    grow(*ask(100))
    shares: list[float] = []
    grow(*ask(200), lambda share, stage="": shares.append(share))
    assert shares[0] == 0
    assert 0.5 <= max(shares) < 1
    assert shares == sorted(shares)


@pytest.mark.usefixtures("at_once")
def test_growth_is_published_and_can_be_explained_at_once(
    lime: Callable[..., LimeRequest], subject: Subject
) -> None:
    published: list[SampleProgress] = []
    weights: dict[int, np.ndarray] = {}

    def look(growth: SampleProgress) -> None:
        published.append(growth)
        if growth.count >= sample_cache.FEWEST:
            request = lime(growth.count)
            kept = neighbourhood_of(request.samples, subject)
            weights[growth.count] = fitted(request, kept).weights

    kept, final = grow(lime(100).samples, subject, publish=look)
    assert [growth.count for growth in published] == list(range(BATCH, 100, BATCH))
    assert all(growth.passes == growth.count for growth in published)
    seconds = [growth.seconds for growth in (*published, final)]
    assert seconds == sorted(seconds)
    assert final.count == final.passes == 100
    assert weights
    for count, early in weights.items():
        assert np.array_equal(early, fitted(lime(count), kept).weights)


@pytest.mark.usefixtures("at_once")
def test_published_counts_tell_what_was_there_before(ask: Ask) -> None:
    grow(*ask(60))
    published: list[SampleProgress] = []
    grow(*ask(100), publish=published.append)
    assert [(each.count, each.reused, each.passes) for each in published] == [
        (70, 60, 10),
        (80, 60, 20),
        (90, 60, 30),
    ]


@pytest.mark.usefixtures("at_once")
def test_nothing_is_published_when_all_is_kept(ask: Ask) -> None:
    grow(*ask(60))
    published: list[SampleProgress] = []
    assert grow(*ask(60), publish=published.append)[1].passes == 0
    assert published == []


def test_it_is_published_about_once_a_second(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))  # every look at the clock is 0.3 s later
    monkeypatch.setattr(sample_cache, "working_seconds", lambda: 0.3 * next(clock))
    published: list[SampleProgress] = []
    grow(*ask(200), publish=published.append)
    assert 0 < len(published) <= 200 / BATCH / 3 + 1


@pytest.mark.usefixtures("at_once")
def test_a_job_shows_how_far_it_is(ask: Ask) -> None:
    samples, subject = ask(300)
    runner = Runner(Store(1 << 24))
    try:
        job = runner.submit(
            key_of(samples), lambda link: grow(samples, subject, link, link.publish)[1], 300
        )
        assert job.wait(60)
        assert job.version > 2
        assert job.result().count == 300
    finally:
        runner.close()


def test_what_was_computed_before_a_stop_stays(ask: Ask) -> None:
    def stop(share: float, stage: str = "") -> None:
        if share > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        grow(*ask(100), stop)
    there = kept_samples(*ask(100))
    assert 0 < there < 100
    assert grow(*ask(100))[1].passes == 100 - there


def test_a_full_cache_takes_nothing_from_who_uses_the_samples(
    lime: Callable[..., LimeRequest], subject: Subject
) -> None:
    small = replace(subject, samples=Once(1))
    kept, growth = grow(lime().samples, small)
    assert (len(kept), growth.passes) == (60, 60)
    other = grow(lime(seed=1).samples, small)[1]
    assert other.passes == 60
    assert kept_samples(lime().samples, small) == 0
    usual, _ = grow(lime().samples, subject)
    assert np.array_equal(fitted(lime(), kept).weights, fitted(lime(), usual).weights)


def test_view_is_what_is_sampled(ask: Ask) -> None:
    def key(*given: int, **options: Value) -> str:
        return view_key(ask(*given, **options)[0])

    assert key() == key(900, 2, superpixels=9, sign="any", regressor="lasso")
    assert key() == key(kernel_size=9.0), "an option of another algorithm"
    for other in ({"cells": 5}, {"fill": "black"}, {"seed": 1}, {"precision": "fast"}):
        assert key() != key(**other)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_only_the_settings_of_the_algorithm_matter(
    algorithm: str, lime: Callable[..., LimeRequest], subject: Subject
) -> None:
    others: dict[str, Value] = {
        "kernel_size": 9.0,
        "max_dist": 9.0,
        "ratio": 0.9,
        "n_segments": 9,
        "compactness": 9.0,
        "scale": 9.0,
        "sigma": 0.9,
        "min_size": 9,
        "cells": 9,
        "drawn": "text",
    }
    plain = lime(segments=algorithm).samples
    for name, value in others.items():
        changed = lime(**{"segments": algorithm, name: value}).samples
        same = name not in ALGORITHMS[algorithm]
        keys = [neighbourhood_key(each, subject) for each in (plain, changed)]
        assert (keys[0] == keys[1]) is same
        keys = [superpixels_key(each.superpixels) for each in (plain, changed)]
        assert (keys[0] == keys[1]) is same


def test_fast_and_exact_are_kept_apart_where_they_differ(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, subject = ask()
    fast = replace(samples, precision="fast")
    for effective, apart in ((lambda asked: asked, True), (lambda asked: "exact", False)):
        monkeypatch.setattr(subject.classifier, "effective_precision", effective)
        keys = {neighbourhood_key(each, subject) for each in (samples, fast)}
        assert (len(keys) == 2) is apart
