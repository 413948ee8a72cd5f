"""Whose turn it is, in times of a clock that moves by hand."""

from __future__ import annotations

import contextlib
import itertools
import threading
from dataclasses import dataclass, field

import pytest

from core.work.job import Job
from core.work.schedule import AGING, QUICK, SLICE, Schedule

DISSECTION, LIME, SCORE_CAM = 20_000.0, 5_000.0, 2_048.0
SECONDS = {DISSECTION: 600.0, LIME: 150.0, SCORE_CAM: 43.0}
TICK = 1.0
"""Seconds between two ticks of a job: more than of any method."""


class Owner:
    """Stands for the runner of jobs that no thread does."""

    patience = 1e9

    def __init__(self) -> None:
        self.now = 0.0
        self.lock: contextlib.AbstractContextManager[bool] = threading.RLock()

    def clock(self) -> float:
        return self.now

    def drop_unwanted(self, job: Job[str]) -> None: ...

    def position(self, job: Job[str]) -> int:
        return 0

    def make_way(self, job: Job[str]) -> None: ...


@dataclass
class Course:
    """What became of a job."""

    job: Job[str]
    left: float
    asked: float
    began: float | None = None
    done: float | None = None
    turns: list[float] = field(default_factory=list)


class Machine:
    """Computes as the schedule says; the time between two ticks is all that passes."""

    def __init__(self, workers: int = 1, paused: int = 5) -> None:
        self.owner, self.schedule = Owner(), Schedule(workers, paused)
        self.courses: dict[Job[str], Course] = {}
        self.most_started = 0

    def ask(self, cost: float, visitor: str = "", seconds: float | None = None) -> Course:
        key = str(len(self.courses))
        job = Job[str](self.owner, key, None, cost=cost)
        job.order = len(self.courses)
        job.touch(visitor)
        self.schedule.add(job, visitor)
        left = SECONDS[cost] if seconds is None else seconds
        self.courses[job] = Course(job, left, self.owner.now)
        self.look()
        return self.courses[job]

    def look(self) -> None:
        while (job := self.schedule.give_turn(self.owner.now)) is not None:
            job.begin() if job.state == "queued" else None
            course = self.courses[job]
            course.turns.append(self.owner.now)
            if course.began is None:
                course.began = self.owner.now
        started = [job for job in self.courses if job.state == "running"]
        computing = [job for job in started if self.schedule.has_turn(job)]
        waiting = [job for job in self.schedule.waiting() if job.lane == "compute"]
        assert len(computing) <= self.schedule.workers
        assert computing or not waiting
        self.most_started = max(self.most_started, len(started))

    def tick(self) -> None:
        """Let the jobs that compute come to their next tick."""
        self.owner.now += TICK
        for job in [job for job in self.courses if self.schedule.has_turn(job)]:
            course = self.courses[job]
            course.left -= TICK
            if course.left <= 0:
                course.done = self.owner.now
                job.succeed("")
                self.schedule.end(job)
            elif self.schedule.is_due(job, self.owner.now):
                self.schedule.pause(job, self.owner.now)
            self.look()

    def until(self, *courses: Course) -> None:
        while any(course.done is None for course in courses):
            assert self.owner.now < 1e5
            self.tick()


@pytest.mark.parametrize("long", [3500.0, LIME, DISSECTION, 200_000.0])
@pytest.mark.parametrize("many", [1, 3, 30])
def test_a_score_cam_beside_long_jobs_of_others_is_late_by_two_seconds_at_most(
    long: float, many: int
) -> None:
    machine = Machine()
    for number in range(many):
        machine.ask(long, f"visitor {number}", seconds=1e4)
    for _ in range(200):
        machine.tick()
    score_cam = machine.ask(SCORE_CAM, "ada")
    machine.until(score_cam)
    assert score_cam.began is not None
    assert score_cam.began - score_cam.asked <= 2 * TICK
    assert score_cam.done is not None
    begun = min(many, 3)  # each of these has a turn in a minute
    assert score_cam.done - score_cam.asked <= SECONDS[SCORE_CAM] + (1 + begun) * TICK


def test_shorter_and_shorter_jobs_all_go_first() -> None:
    machine = Machine()
    machine.ask(DISSECTION)
    machine.tick()
    for cost, seconds in ((LIME, 150.0), (SCORE_CAM, 43.0), (500.0, 10.0), (100.0, 2.0)):
        newest = machine.ask(cost, seconds=seconds)
        machine.tick()
        assert newest.began == newest.asked + TICK
        machine.tick()


def test_of_two_short_jobs_the_first_is_left_to_finish() -> None:
    machine = Machine()
    first, second = machine.ask(SCORE_CAM), machine.ask(SCORE_CAM, "bob")
    machine.until(first, second)
    assert (first.done, second.began, second.done) == (43.0, 43.0, 86.0)


def test_two_long_jobs_take_turns_once_the_second_has_waited() -> None:
    machine = Machine()
    first, second = machine.ask(DISSECTION), machine.ask(DISSECTION, "bob")
    machine.until(first)
    assert second.began is not None
    assert AGING <= second.began <= AGING + 2 * TICK
    assert first.done == pytest.approx(AGING + 2 * (600 - AGING), abs=3 * TICK)
    machine.until(second)
    assert second.done == pytest.approx(1200.0, abs=TICK)
    gaps = [later - turn for turn, later in itertools.pairwise(first.turns[1:])]
    assert max(gaps) <= 2 * TICK


def test_a_long_job_that_has_waited_starts_though_a_short_one_has_just_begun() -> None:
    machine = Machine()
    machine.ask(DISSECTION)
    second = machine.ask(DISSECTION, "bob")
    while machine.owner.now < AGING - 10:
        machine.tick()
    short = machine.ask(SCORE_CAM, "cy")
    machine.until(short)
    assert second.began is not None
    assert second.began <= AGING + 2 * TICK


def test_a_stopped_job_gets_no_turn_to_clear_up() -> None:
    machine = Machine()
    long = machine.ask(DISSECTION)
    machine.tick()
    short = machine.ask(SCORE_CAM, "bob")
    machine.tick()
    assert short.began is not None
    long.job.give_up()
    short.job.give_up()
    machine.schedule.end(short.job)
    assert machine.schedule.give_turn(machine.owner.now) is None


def test_a_long_job_is_not_starved_by_shorter_ones_that_never_end() -> None:
    machine = Machine()
    long, second = machine.ask(DISSECTION, "ada"), machine.ask(DISSECTION, "cy")
    for _ in range(20):
        machine.until(machine.ask(SCORE_CAM, "bob"))
    for course in (long, second):
        times = [course.asked, *course.turns, machine.owner.now]
        gaps = [later - turn for turn, later in itertools.pairwise(times)]
        assert max(gaps) <= AGING + SECONDS[SCORE_CAM] + 4 * TICK
        assert len(course.turns) >= 10


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_long_jobs_take_half_of_the_places_and_short_ones_find_one(workers: int) -> None:
    machine = Machine(workers)
    for number in range(20):
        machine.ask(LIME + number, f"visitor {number}", seconds=1e4)
    for _ in range(1000):
        machine.tick()
    assert machine.most_started == workers + 2
    short = machine.ask(SCORE_CAM, "late")
    machine.tick()
    assert short.began is not None
    for cost in (1000.0, 500.0, 200.0, 100.0, 40.0):
        machine.ask(cost, f"visitor of {cost}", seconds=1e4)
        machine.tick()
    assert machine.most_started == workers + 5


def test_queued_work_that_a_visitor_gave_up_is_not_held_against_the_next() -> None:
    machine = Machine()
    machine.ask(LIME, "ada")
    old = [machine.ask(LIME, "ada") for _ in range(10)]
    new = machine.ask(LIME, "ada")
    other = machine.ask(LIME, "bob")
    assert machine.schedule.position(other.job, 0.0) < machine.schedule.position(new.job, 0.0)
    for course in old:
        machine.schedule.drop(course.job)
    assert machine.schedule.position(new.job, 0.0) == 1
    assert new.job.rank == LIME


def test_lanes_are_apart() -> None:
    machine = Machine()
    running = machine.ask(LIME)
    quick, slow = machine.ask(QUICK, seconds=1.0), machine.ask(QUICK + 1, seconds=1.0)
    download = Job[str](machine.owner, "download", None, cost=1.0, lane="network")
    machine.schedule.add(download, "")
    assert machine.schedule.has_turn(running.job)
    assert machine.schedule.take("quick", 0.0) is quick.job
    assert machine.schedule.take("quick", 0.0) is None
    assert machine.schedule.position(download, 0.0) == 1
    assert machine.schedule.position(slow.job, 0.0) == 1
    assert machine.schedule.take("network", 0.0) is download
    assert machine.schedule.take("network", 0.0) is None
    assert not machine.schedule.is_due(quick.job, 10 * SLICE)
