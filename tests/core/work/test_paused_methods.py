"""All methods at once on one model, paused at every tick: the same maps, and nothing gets stuck."""

from __future__ import annotations

import numpy as np
import pytest

from core.caching.once import Once
from core.caching.store import Store
from core.explain.base import Explanation, Subject
from core.explain.methods import METHODS
from core.pictures.picture import Picture
from core.requests.maps import AnyMap
from core.work import schedule
from core.work.job import Job, Link
from core.work.runner import Runner
from tests.conftest import asked, asked_lime, classifier_of, tiny_net
from tests.core.work.steps import SOON


def test_methods_that_take_turns_give_their_maps(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "SLICE", 0.0)
    monkeypatch.setattr(schedule, "AGING", 1e-9)

    def requests() -> dict[str, tuple[AnyMap, Subject]]:
        classifier = classifier_of(tiny_net())  # nothing is traced yet
        prepared = classifier.prepare(picture)
        layers = ("blocks.0", "blocks.1")
        found = {
            name: asked(classifier, prepared, layers, 1, method=name, seed=7)
            for name, method in METHODS.items()
            if method.layered
        }
        store = Once(1 << 24)
        return {**found, "lime": asked_lime(classifier, prepared, 1, store, seed=7, samples=200)}

    apart = {name: METHODS[name].run(*request) for name, request in requests().items()}
    runner = Runner(Store(1 << 26), quick=1, paused=2 * len(METHODS))
    turns = 0
    give = runner._schedule.give_turn

    def counted(now: float) -> schedule.AnyJob | None:
        nonlocal turns
        turns += (job := give(now)) is not None
        return job

    monkeypatch.setattr(runner._schedule, "give_turn", counted)
    try:
        jobs: dict[str, Job[Explanation]] = {}
        for name, request in requests().items():

            def work(
                link: Link[Explanation],
                name: str = name,
                request: tuple[AnyMap, Subject] = request,
            ) -> Explanation:
                return METHODS[name].run(*request, link)

            jobs[name] = runner.submit(name, work, 100.0)
        for name, job in jobs.items():
            assert job.wait(10 * SOON)
            np.testing.assert_allclose(job.result().heat, apart[name].heat, rtol=1e-4, atol=1e-6)
    finally:
        runner.close()
    assert turns > 2 * len(jobs)
