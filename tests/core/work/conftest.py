"""Runners whose clock moves by hand, and who leave no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from core.caching.store import Store
from core.work.runner import Runner
from tests.core.work.steps import SOON, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Iterator[Callable[..., Runner]]:
    made: list[Runner] = []

    def runner(**settings: float) -> Runner:
        made.append(Runner(Store(10**6), clock=clock, **settings))
        return made[-1]

    before = set(threading.enumerate())
    yield runner
    for one in made:
        one.close(SOON)
    # A thread that its work has ended is no longer the runner's, and may still be on its way out.
    for thread in set(threading.enumerate()) - before:
        thread.join(SOON)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def runner(make: Callable[..., Runner]) -> Runner:
    return make()
