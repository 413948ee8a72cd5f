"""One job for each key, few workers, progress, Stop, partial results."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.errors import BadOption, Cancelled, SeeWhyError
from core.work.job import Job, Link, wait_for
from core.work.runner import ENDED, PATIENCE, Runner
from core.work.schedule import AGING, QUICK
from tests.core.work.steps import LONG, SOON, Clock, Gate, passed, until


def test_the_result_comes_and_stays_in_the_store(runner: Runner) -> None:
    job = runner.submit("a", lambda link: "result", title="Grad-CAM")
    assert passed(job) == "result"
    assert (job.state, job.fraction, job.position, job.estimate) == ("done", 1.0, 0, None)
    found = runner.find("a")
    assert found is not None
    assert (found.state, found.result()) == ("done", "result")
    assert "a" in runner.store


def test_find_only_looks(runner: Runner) -> None:
    assert runner.find("a") is None
    gate = Gate()
    job = runner.submit("a", gate)
    assert runner.find("a") is job
    assert runner.busy == 1
    gate.go.set()
    passed(job)
    assert runner.busy == 0


def test_thirty_visitors_share_one_computation(runner: Runner) -> None:
    gate, together = Gate(), threading.Barrier(30)

    def ask(number: int) -> Job[str]:
        together.wait(SOON)
        return runner.submit("a", gate, LONG, visitor=str(number))

    with ThreadPoolExecutor(30) as pool:
        jobs = list(pool.map(ask, range(30)))
    assert len({id(job) for job in jobs}) == 1
    assert jobs[0].waiting == 30
    until(lambda: all(job.stage == "waiting for the gate" for job in jobs))
    gate.go.set()
    assert {passed(job) for job in jobs} == {"x"}
    assert gate.runs == 1


def test_random_use_from_many_threads_gives_every_key_its_own_value(runner: Runner) -> None:
    def use(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(40):
            key = str(rng.integers(12))
            job = runner.submit(
                key,
                lambda link, key=key: link(0.5, "half") or key,
                float(rng.integers(1, 40)),
                visitor=str(seed),
            )
            if rng.random() < 0.2:
                job.stop(str(seed))
            elif rng.random() < 0.2:
                job.leave(str(seed))
            else:
                assert passed(job) == key

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))


@pytest.fixture
def impatient(make: Callable[..., Runner]) -> Runner:
    return make(patience=12.0)


def test_what_nobody_looks_at_stops_at_its_next_tick(impatient: Runner, clock: Clock) -> None:
    gate = Gate()
    job = impatient.submit("a", gate, LONG)
    assert gate.begun.wait(SOON)
    clock.now += 11.0
    job.touch()
    clock.now += 11.0
    until(lambda: job.fraction == 0.25)
    assert job.state == "running"
    clock.now += 2.0
    assert job.wait(SOON)
    assert job.state == "stopped"
    with pytest.raises(Cancelled):
        job.result()
    assert impatient.find("a") is None


def test_a_hidden_tab_that_looks_once_a_minute_keeps_all_its_work(
    runner: Runner, clock: Clock
) -> None:
    gate, later = Gate(), Gate("y")
    running, queued = runner.submit("a", gate, LONG), runner.submit("b", later, LONG)
    assert gate.begun.wait(SOON)
    for _ in range(5):
        clock.now += 119.0  # the browser may be late, and miss a look
        for key, gate_ in (("a", gate), ("b", later)):
            assert runner.submit(key, gate_, LONG, again=False) in (running, queued)
        assert runner.busy == 2
    gate.go.set()
    later.go.set()
    assert (passed(running), passed(queued)) == ("x", "y")
    assert (gate.runs, later.runs) == (1, 1)
    assert PATIENCE >= 120.0


def test_a_queued_job_that_nobody_wants_never_runs(impatient: Runner, clock: Clock) -> None:
    first, second, third = Gate(), Gate(), Gate()
    running = impatient.submit("a", first, LONG)
    assert first.begun.wait(SOON)
    impatient.submit("b", second, LONG)
    clock.now += 11.0
    last = impatient.submit("c", third, LONG)
    running.touch()
    clock.now += 2.0
    assert last.position == 1
    first.go.set()
    third.go.set()
    assert passed(last) == "x"
    assert second.runs == 0
    assert impatient.find("b") is None


def test_stop_leaves_the_work_to_the_other_visitor(runner: Runner) -> None:
    gate = Gate()
    job = runner.submit("a", gate, LONG, visitor="ada")
    assert runner.submit("a", gate, LONG, visitor="bob") is job
    assert gate.begun.wait(SOON)
    job.stop("ada")
    job.touch("ada")
    assert job.stopped_by("ada")
    assert not job.stopped_by("bob")
    assert (job.state, job.waiting) == ("running", 1)
    assert runner.submit("a", gate, LONG, visitor="ada", again=False) is job
    assert job.waiting == 1
    job.stop("bob")
    assert job.state == "stopped"
    assert job.wait(SOON)


def test_a_stopped_job_stays_stopped_for_who_stopped_it(runner: Runner) -> None:
    gate = Gate()
    job = runner.submit("a", gate, LONG, visitor="ada")
    assert gate.begun.wait(SOON)
    job.stop("ada")
    assert runner.submit("a", gate, LONG, visitor="ada", again=False) is job
    other = runner.submit("a", Gate("y"), LONG, visitor="bob", again=False)
    assert other is not job
    assert other.stopped_by("ada")
    runner.forget("a", "ada")
    assert not other.stopped_by("ada")
    assert runner.submit("a", gate, LONG, visitor="ada", again=False) is other
    assert other.waiting == 2


def test_a_stopped_job_starts_again_when_asked(runner: Runner) -> None:
    job = runner.submit("a", Gate(), LONG)
    job.stop()
    assert passed(runner.submit("a", lambda link: "again", LONG)) == "again"


def test_stop_of_a_done_job_does_nothing(runner: Runner) -> None:
    job = runner.submit("a", lambda link: "x")
    passed(job)
    job.stop()
    assert not job.stopped_by()
    assert job.result() == "x"


def test_work_that_ends_without_another_tick_is_kept_all_the_same(runner: Runner) -> None:
    begun, go = threading.Event(), threading.Event()

    def deaf(link: Link[str]) -> str:
        begun.set()
        assert go.wait(SOON)
        return "x"

    job = runner.submit("a", deaf)
    assert begun.wait(SOON)
    job.stop()
    assert job.state == "stopped"
    go.set()
    until(lambda: "a" in runner.store)
    assert job.state == "stopped", "what has ended stays as it is"
    assert runner.submit("a", deaf, again=False) is job
    assert passed(runner.submit("a", deaf, visitor="bob", again=False)) == "x"
    assert passed(runner.submit("a", deaf)) == "x"
    assert runner.started == 1


def test_joining_a_visitor_with_many_jobs_costs_nobody_their_place(
    make: Callable[..., Runner], clock: Clock
) -> None:
    many = [(f"a{number}", 20.0, 0.0, "ada") for number in range(4)]
    asked = [*many, ("c", 30.0, 0.0, "cy"), ("a3", 20.0, 0.0, "bob")]
    assert order_of(make(quick=0), clock, asked)[:2] == ["a0", "a3"]


def test_release_leaves_all_but_some(runner: Runner) -> None:
    gates = {name: Gate(name) for name in "abc"}
    jobs = {name: runner.submit(name, gate, LONG, visitor="ada") for name, gate in gates.items()}
    jobs["c"].touch("bob")
    runner.release("ada", ["b"])
    assert [jobs[name].state == "stopped" for name in "abc"] == [True, False, False]
    assert (jobs["b"].waiting, jobs["c"].waiting) == (1, 1)
    for gate in gates.values():
        gate.go.set()
    assert passed(jobs["b"]) == "b"
    assert passed(jobs["c"]) == "c"


def test_quick_jobs_pass_a_long_one(runner: Runner) -> None:
    gate = Gate()
    long = runner.submit("long", gate, LONG)
    assert gate.begun.wait(SOON)
    for number in range(5):
        assert passed(runner.submit(f"quick {number}", lambda link: "q", QUICK)) == "q"
    assert long.state == "running"


def test_long_jobs_stay_out_of_the_quick_lane(runner: Runner) -> None:
    first, second = Gate(), Gate()
    runner.submit("a", first, LONG)
    assert first.begun.wait(SOON)
    waiting = runner.submit("b", second, QUICK + 1)
    assert passed(runner.submit("c", lambda link: "q", 1)) == "q"
    assert (waiting.state, waiting.position) == ("queued", 1)


def test_downloads_hold_up_no_computation(runner: Runner) -> None:
    gate, other = Gate(), Gate()
    download = runner.submit("a", gate, lane="network")
    second = runner.submit("b", other, lane="network")
    assert gate.begun.wait(SOON)
    assert passed(runner.submit("c", lambda link: "x", LONG)) == "x"
    assert (download.state, second.state) == ("running", "queued")


def order_of(runner: Runner, clock: Clock, asked: list[tuple[str, float, float, str]]) -> list[str]:
    """Return the order in which jobs (name, cost, seconds later, visitor) run on one worker."""
    gate, ran = Gate(), list[str]()
    running = runner.submit("gate", gate, LONG)
    assert gate.begun.wait(SOON)
    jobs = []
    for name, cost, later, visitor in asked:
        clock.now += later
        work = lambda link, name=name: ran.append(name) or name  # noqa: E731
        jobs.append(runner.submit(name, work, cost, visitor=visitor))
    places = {job.position: job.key for job in jobs}
    gate.go.set()
    passed(running)
    for job in jobs:
        passed(job)
    assert [places[number] for number in sorted(places)] == ran
    return ran


def test_cheap_jobs_go_first_and_equal_ones_in_order(
    make: Callable[..., Runner], clock: Clock
) -> None:
    asked = [("a", 500, 0, "1"), ("b", 20, 0, "2"), ("c", 20, 0, "3"), ("d", 9, 0, "4")]
    assert order_of(make(quick=0), clock, asked) == ["d", "b", "c", "a"]


def test_a_long_job_is_not_passed_for_ever(make: Callable[..., Runner], clock: Clock) -> None:
    asked = [("a", 1000, 0, "1"), ("b", 20, AGING - 1, "2"), ("c", 1, 2, "3")]
    assert order_of(make(quick=0), clock, asked) == ["a", "c", "b"]


def test_places_are_those_of_one_moment(runner: Runner, clock: Clock) -> None:
    gate = Gate()
    runner.submit("gate", gate, LONG)
    assert gate.begun.wait(SOON)
    jobs = [runner.submit(str(number), Gate(), LONG + number) for number in range(3)]
    clock.step = 1e-3
    assert [job.position for job in jobs] == [1, 2, 3]


def test_one_visitor_s_many_jobs_do_not_hold_up_the_next(
    make: Callable[..., Runner], clock: Clock
) -> None:
    many = [(f"a{number}", 20.0, 0.0, "ada") for number in range(4)]
    asked = [*many, ("b", 20.0, 0.0, "bob"), ("q", 1.0, 0.0, "ada")]
    assert order_of(make(quick=0), clock, asked) == ["q", "a0", "b", "a1", "a2", "a3"]


def test_a_failed_job_stays_failed_until_asked_again(runner: Runner) -> None:
    runs = []

    def work(link: Link[str]) -> str:
        runs.append(1)
        raise BadOption("samples is 3: give 50 to 5000.")

    job = runner.submit("a", work)
    assert job.wait(SOON)
    assert job.state == "failed"
    assert str(job.error) == "samples is 3: give 50 to 5000."
    assert runner.find("a") is job
    assert runner.submit("a", work, again=False) is job
    with pytest.raises(BadOption):
        job.result()
    again = runner.submit("a", work)
    assert again.wait(SOON)
    assert len(runs) == 2
    runner.forget("a")
    assert runner.find("a") is None


def test_an_unforeseen_error_becomes_one_sentence_and_is_logged(
    runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    def work(link: Link[str]) -> str:
        raise ValueError("two\nlines")

    with caplog.at_level(logging.ERROR):
        job = runner.submit("a", work, title="ScoreCAM")
        assert job.wait(SOON)
    assert type(job.error) is SeeWhyError
    assert str(job.error) == (
        "ScoreCAM failed unexpectedly (ValueError: two lines): "
        "try another picture, layer or setting."
    )
    assert caplog.records[0].exc_info


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ],
)
def test_no_memory_says_so(runner: Runner, error: Exception) -> None:
    def work(link: Link[str]) -> str:
        raise error

    job = runner.submit("a", work, title="ScoreCAM")
    assert job.wait(SOON)
    assert "ScoreCAM needs more memory than is free" in str(job.error)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_ends_its_thread_fails_and_the_next_is_served(
    make: Callable[..., Runner],
) -> None:
    runner = make(quick=0)

    def leave(link: Link[str]) -> str:
        raise SystemExit

    job = runner.submit("a", leave, title="It")
    assert job.wait(SOON)
    assert job.state == "failed"
    assert "It ended" in str(job.error)
    assert passed(runner.submit("b", lambda link: "x")) == "x"


def test_ended_work_keeps_nothing_alive(runner: Runner) -> None:
    class Model:
        pass

    def ask(key: str, *, fail: bool) -> tuple[Job[int], weakref.ref[Model]]:
        model = Model()
        seen = weakref.ref(model)

        def work(link: Link[int]) -> int:
            if fail:
                raise BadOption(f"not with {id(model)}")
            return id(model)

        return runner.submit(key, work, keep=False), seen

    for key, fail in (("a", False), ("b", True)):
        job, seen = ask(key, fail=fail)
        assert job.wait(SOON)
        until(lambda seen=seen: gc.collect() >= 0 and seen() is None)


def test_ended_jobs_are_forgotten_in_the_end(runner: Runner) -> None:
    for number in range(ENDED + 20):
        job = runner.submit(str(number), lambda link: [][0])
        assert job.wait(SOON)
    until(lambda: runner.find("0") is None)
    assert runner.find(str(ENDED + 19)) is not None
    assert len(runner._ended) <= ENDED


def test_partial_results_are_seen_while_the_work_goes_on(runner: Runner) -> None:
    published, go = threading.Event(), threading.Event()

    def refine(link: Link[str]) -> str:
        link(0.5, "500 samples")
        link.publish("rough")
        published.set()
        assert go.wait(SOON)
        link(0.9, "900 samples")
        return "fine"

    job = runner.submit("a", refine)
    version = job.version
    assert published.wait(SOON)
    assert (job.partial, job.state) == ("rough", "running")
    assert job.version > version
    version = job.version
    go.set()
    assert passed(job) == "fine"
    assert job.partial == "fine"
    assert job.version > version


@pytest.mark.parametrize("fails", [False, True])
def test_stopped_and_failed_work_leaves_no_arrays_in_memory(runner: Runner, fails: bool) -> None:
    class Array:
        pass

    seen: list[weakref.ref[Array]] = []
    begun = threading.Event()

    def refine(link: Link[Array]) -> Array:
        rough, mine = Array(), Array()
        seen.extend(map(weakref.ref, (rough, mine)))
        link.publish(rough)
        begun.set()
        end = time.monotonic() + SOON
        while not fails and time.monotonic() < end:
            link(0.5)
        try:
            [mine][1]
        except IndexError as error:
            raise BadOption("no second array") from error
        return mine

    job = runner.submit("a", refine, LONG)
    assert begun.wait(SOON)
    if not fails:
        job.stop()
    assert job.wait(SOON)
    assert job.state == ("failed" if fails else "stopped")
    assert job.partial is None
    assert runner.find("a") is job
    until(lambda: gc.collect() >= 0 and not any(ref() for ref in seen))


def test_an_error_raised_in_many_threads_keeps_no_frames_of_theirs(runner: Runner) -> None:
    def fail(link: Link[str]) -> str:
        raise BadOption("samples is 3: give 50 to 5000.")

    job = runner.submit("a", fail)
    assert job.wait(SOON)
    raised = []
    for _ in range(2):
        with pytest.raises(BadOption) as caught:
            job.result()
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert job.error is not None
    assert job.error.__traceback__ is None


def test_work_that_meets_stopped_work_fails_and_is_not_begun_again_by_itself(
    runner: Runner,
) -> None:
    def work(link: Link[str]) -> str:
        raise Cancelled("The samples were stopped: start them again.")

    job = runner.submit("a", work)
    assert job.wait(SOON)
    assert (job.state, str(job.error)) == ("failed", "The samples were stopped: start them again.")
    assert runner.submit("a", work, again=False) is job


def test_whoever_sees_a_failed_job_sees_its_error(runner: Runner) -> None:
    def fail(link: Link[str]) -> str:
        raise BadOption("no")

    class Watched(Job[str]):
        """Looks at itself at the moment at which others see its state change."""

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "state" and value == "failed":
                seen.append((self.error, self.version, self.work))

    seen: list[tuple[object, int, object]] = []
    with runner.lock:
        job = runner.submit("a", fail)
        job.__class__ = Watched
    assert job.wait(SOON)
    assert seen == [(job.error, 1, None)]


def test_progress_never_falls_and_stays_within_one(runner: Runner) -> None:
    seen = []

    def work(link: Link[str]) -> str:
        for fraction in (-1.0, 0.3, 0.2, 7.0):
            link(fraction, f"at {fraction}")
            seen.append((job.fraction, job.stage))
        link(0.5)
        seen.append((job.fraction, job.stage))
        return "x"

    with runner.lock:
        job = runner.submit("a", work)
    passed(job)
    assert [fraction for fraction, _ in seen] == [0.0, 0.3, 0.3, 1.0, 1.0]
    assert seen[-1][1] == "at 7.0"


def test_the_estimate_follows_the_clock(runner: Runner, clock: Clock) -> None:
    seen = []

    def work(link: Link[str]) -> str:
        seen.append(job.estimate)
        for step in range(1, 5):
            clock.now += 1.0
            link(step / 10, "working")
        seen.append(job.estimate)
        return "x"

    with runner.lock:
        job = runner.submit("a", work)
        assert job.estimate is None
    passed(job)
    assert seen == [None, pytest.approx(6.0)]
    assert job.estimate is None


def test_what_is_not_kept_runs_again(runner: Runner) -> None:
    runs = []
    for _ in range(2):
        passed(runner.submit("a", lambda link: str(runs.append(1)), keep=False))
    assert len(runs) == 2
    assert runner.find("a") is None


def test_result_of_work_that_has_not_ended_is_an_error(runner: Runner) -> None:
    job = runner.submit("a", Gate(), LONG)
    assert not job.wait(0.0)
    with pytest.raises(RuntimeError, match="not ended"):
        job.result()


def test_wait_for_waits_for_all(runner: Runner) -> None:
    gate = Gate()
    quick, long = runner.submit("a", lambda link: "x"), runner.submit("b", gate, LONG)
    assert not wait_for([long, quick], 0.01)
    gate.go.set()
    assert wait_for([long, quick], SOON)
    assert wait_for([], 0.0)


def test_close_stops_everything(make: Callable[..., Runner]) -> None:
    runner = make()
    gate = Gate()
    running, queued = runner.submit("a", gate, LONG), runner.submit("b", Gate(), LONG)
    assert gate.begun.wait(SOON)
    runner.close(SOON)
    assert (running.state, queued.state) == ("stopped", "stopped")
    with pytest.raises(RuntimeError, match="closed"):
        runner.submit("c", gate)
