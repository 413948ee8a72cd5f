"""What tests of the runner share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.work.job import Job, Link
from core.work.schedule import QUICK

SOON = 20.0
"""Seconds after which a test that waits has failed; nothing here takes a tenth of a second."""
LONG = 10 * QUICK


class Clock:
    """A clock that moves by hand."""

    def __init__(self) -> None:
        self.now, self.step = 100.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Gate:
    """Work that says when it has begun, ticks while it waits, and returns its name."""

    def __init__(self, name: str = "x") -> None:
        self.name, self.runs = name, 0
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, link: Link[str]) -> str:
        self.runs += 1
        self.begun.set()
        end = time.monotonic() + SOON
        while not self.go.wait(0.002):
            assert time.monotonic() < end
            link(0.25, "waiting for the gate")
        return self.name


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def passed(job: Job[str]) -> str:
    assert job.wait(SOON)
    return job.result()
