"""Long jobs let shorter ones go first, inside their ticks; time is what the jobs compute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from core.caching import pauses
from core.caching.once import Once
from core.errors import Cancelled
from core.work.job import Job, Link
from core.work.runner import Runner
from core.work.schedule import AGING, SLICE
from tests.core.work.steps import SOON, Clock, passed, until

STEP = 0.1
"""Seconds between two ticks, of the clock that the jobs move."""
DISSECTION, SCORE_CAM = 20_000.0, 2_048.0


@pytest.fixture
def patient(make: Callable[..., Runner]) -> Runner:
    """One worker and no quick lane: one job computes at a time."""
    return make(quick=0, patience=1e9)


@pytest.fixture
def others() -> set[threading.Thread]:
    """Threads of other tests' runners, which may be at work or ending still."""
    return set(threading.enumerate())


class Long:
    """Work that ticks until it is told to end; each tick takes a step of the clock."""

    def __init__(self, clock: Clock, name: str = "long") -> None:
        self.clock, self.name = clock, name
        self.ticks, self.cancelled = 0, threading.Event()
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, link: Link[str]) -> str:
        end = time.monotonic() + SOON
        try:
            while not self.go.is_set():
                assert time.monotonic() < end
                self.clock.now += STEP
                link(0.1, "computing")
                self.ticks += 1
                self.begun.set()
        except Cancelled:
            self.cancelled.set()
            raise
        return self.name


class Still:
    """Work that computes without a tick."""

    def __init__(self, name: str = "still") -> None:
        self.name = name
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, link: Link[str]) -> str:
        self.begun.set()
        assert self.go.wait(SOON)
        return self.name


def paused(runner: Runner, clock: Clock) -> tuple[Job[str], Long, Job[str], Still]:
    """Return a long job that is paused, and the shorter one that computes meanwhile."""
    long, still = Long(clock), Still()
    job = runner.submit("long", long, DISSECTION)
    assert long.begun.wait(SOON)
    other = runner.submit("still", still, SCORE_CAM)
    assert still.begun.wait(SOON)
    return job, long, other, still


def test_a_short_job_starts_within_a_slice_of_a_long_one(patient: Runner, clock: Clock) -> None:
    long = Long(clock)
    job = patient.submit("long", long, DISSECTION)
    assert long.begun.wait(SOON)
    for number in range(20):
        began: list[float] = []
        with patient.lock:
            asked = clock.now
            short = patient.submit(
                str(number), lambda link, began=began: began.append(clock.now) or "s", SCORE_CAM
            )
        assert passed(short) == "s"
        assert began[0] - asked <= SLICE + 2 * STEP
    assert job.state == "running"
    long.go.set()
    assert passed(job) == "long"


def test_a_paused_job_computes_nothing_and_goes_on_afterwards(
    patient: Runner, clock: Clock
) -> None:
    job, long, other, still = paused(patient, clock)
    ticks = long.ticks
    assert (job.state, job.stage, job.position) == ("running", "computing", 0)
    assert patient.busy == 2
    assert not long.go.wait(0.02)
    assert long.ticks == ticks
    still.go.set()
    assert passed(other) == "still"
    until(lambda: long.ticks > ticks)
    long.go.set()
    assert passed(job) == "long"


@pytest.mark.parametrize("how", ["stop", "leave", "release", "close"])
def test_a_paused_job_that_nobody_wants_ends_while_the_other_still_computes(
    patient: Runner, clock: Clock, how: str
) -> None:
    job, long, other, still = paused(patient, clock)
    other.touch("bob")
    if how == "close":
        patient.close(0.0)
    elif how == "release":
        patient.release("", ["still"])
    else:
        getattr(job, how)()
    assert long.cancelled.wait(SOON)
    assert job.state == "stopped"
    if how != "close":
        assert other.state == "running"
    still.go.set()
    if how != "close":
        assert passed(other) == "still"
        assert passed(patient.submit("next", lambda link: "next", DISSECTION)) == "next"


def test_a_paused_job_that_nobody_looks_at_ends(make: Callable[..., Runner], clock: Clock) -> None:
    runner, long = make(quick=0, patience=50.0), Long(clock)

    def watched(link: Link[str]) -> str:
        while not long.cancelled.is_set():
            clock.now += STEP
            other.touch()
            link(0.5)
            assert clock.now < 1e4
        return "short"

    with runner.lock:
        asked = clock.now
        job = runner.submit("long", long, DISSECTION)
        other = runner.submit("short", watched, SCORE_CAM)
    assert passed(other) == "short"
    assert job.state == "stopped"
    assert clock.now - asked >= 50.0


def test_work_that_others_wait_for_is_not_paused(patient: Runner, clock: Clock) -> None:
    """Were the maker paused, and the short job with the turn waited for it, both would for ever."""
    once, making, asked = Once(1000), threading.Event(), threading.Event()

    def make_it(link: Link[str]) -> str:
        making.set()
        assert asked.wait(SOON)
        for number in range(100):
            clock.now += 1.0
            link(number / 100)
        return "made"

    long = patient.submit("long", lambda link: once.get("it", lambda: make_it(link)), DISSECTION)
    assert making.wait(SOON)
    short = patient.submit("short", lambda link: once.get("it", lambda: "other"), SCORE_CAM)
    asked.set()
    assert passed(short) == "made"
    assert passed(long) == "made"


def test_pauses_count_neither_as_time_worked_nor_as_slow_work(
    patient: Runner, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "perf_counter", lambda: clock.now)
    seen, estimates = list[float](), list[float | None]()
    gate = Still()

    def halves(link: Link[str]) -> str:
        seen.append(pauses.working_seconds())
        for number in range(1, 101):
            clock.now += STEP
            link(number / 200, "first half")
        seen.append(pauses.working_seconds())
        gate.begun.set()
        assert gate.go.wait(SOON)
        clock.now += SLICE
        link(0.5)
        seen.append(pauses.working_seconds())
        estimates.append(job.estimate)
        return "x"

    def short(link: Link[str]) -> str:
        clock.now += 30.0
        estimates.append(job.estimate)
        return "y"

    with patient.lock:
        job = patient.submit("long", halves, DISSECTION)
    assert gate.begun.wait(SOON)
    assert job.estimate == pytest.approx(100 * STEP)
    other = patient.submit("short", short, SCORE_CAM)
    gate.go.set()
    assert passed(other) == "y"
    assert passed(job) == "x"
    assert seen[1] - seen[0] == pytest.approx(100 * STEP)
    assert seen[2] - seen[1] == pytest.approx(SLICE)
    while_paused, after = estimates
    assert while_paused == pytest.approx(after)
    assert 100 * STEP < (after or 0.0) < 2 * 100 * STEP, "as much pausing as lately is expected"


def test_threads_are_as_many_as_have_started_and_no_more(
    others: set[threading.Thread], patient: Runner, clock: Clock
) -> None:
    def computing() -> int:
        own = set(threading.enumerate()) - others
        return sum(thread.name == "seewhy-any" for thread in own)

    nested = [Long(clock, str(number)) for number in range(8)]
    jobs = []
    for number, long in enumerate(nested):
        jobs.append(patient.submit(long.name, long, DISSECTION / 2**number))
        if number < 6:
            assert long.begun.wait(SOON)
    assert computing() == 6
    assert [job.state for job in jobs] == ["running"] * 6 + ["queued"] * 2
    for long in nested:
        long.go.set()
    assert [passed(job) for job in jobs] == [long.name for long in nested]
    until(lambda: computing() == 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_ends_its_thread_gives_the_turn_back(patient: Runner, clock: Clock) -> None:
    long = Long(clock)
    job = patient.submit("long", long, DISSECTION)
    assert long.begun.wait(SOON)

    def leave(link: Link[str]) -> str:
        raise SystemExit

    assert patient.submit("short", leave, SCORE_CAM).wait(SOON)
    ticks = long.ticks
    until(lambda: long.ticks > ticks)
    long.go.set()
    assert passed(job) == "long"


@pytest.mark.parametrize("workers", [1, 3])
def test_many_visitors_at_once(make: Callable[..., Runner], clock: Clock, workers: int) -> None:
    """At no time do more jobs compute than may, every job ends, and none is left waiting."""
    visitors, each, places = 10, 12, workers + 5
    runner = make(workers=workers, quick=0, patience=1e9)
    lock, start = threading.Lock(), threading.Barrier(visitors)
    computing, most, most_started, started = 0, 0, 0, 0
    waits: list[float] = []
    jobs: list[Job[str]] = []

    def work(link: Link[str], key: str, ticks: int) -> str:
        nonlocal computing, most, started, most_started
        with lock:
            computing, started = computing + 1, started + 1
            most_started = max(most_started, started)
        try:
            for number in range(ticks):
                with lock:
                    most = max(most, computing)
                    clock.now += STEP
                    computing -= 1
                    before = clock.now
                try:
                    link(number / ticks, key)
                finally:
                    with lock:
                        computing += 1
                        waits.append(clock.now - before)
        finally:
            with lock:
                computing, started = computing - 1, started - 1
        return key

    def visit(number: int) -> None:
        rng, me = np.random.default_rng(number), f"visitor {number}"
        start.wait(SOON)
        for _ in range(each):
            ticks = int(rng.choice([1, 5, 20, 100, 300]))
            key = f"{ticks} {rng.integers(4)}"
            job = runner.submit(
                key,
                lambda link, key=key, ticks=ticks: work(link, key, ticks),
                20.0 * ticks,
                visitor=me,
            )
            jobs.append(job)
            match rng.integers(6):
                case 0:
                    job.stop(me)
                case 1:
                    job.leave(me)
                case 2:
                    runner.release(me, [key])
                case 3:
                    assert job.wait(SOON)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
    for job in jobs:
        assert job.wait(SOON)
        assert job.state in ("done", "stopped")
        if job.state == "done":
            assert job.result() == job.key
    until(lambda: runner.busy == 0 and started == 0)
    assert most <= workers
    assert most_started <= places
    # Whoever has waited for a minute is next, after those who have waited longer.
    assert max(waits) <= AGING + (places + len(set(jobs))) * (SLICE + 2 * STEP)
