"""One piece of work in the background: who waits for it, how far it is, what it gave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, cast

from core.errors import Cancelled, SeeWhyError
from core.work.pace import Pace

if TYPE_CHECKING:
    from core.work.runner import Runner

T = TypeVar("T")
State = Literal["queued", "running", "done", "failed", "stopped"]
Lane = Literal["compute", "network"]
"""`network` is for downloads: they need no processor, so they must not hold up computations."""

AGING = 60.0
"""Seconds of waiting after which a job goes before everything newer."""


class Link(Generic[T]):
    """What a work is called with: its only way to the outside, usable as a `Tick`."""

    def __init__(self, job: Job[T]) -> None:
        """Link the work to its job."""
        self._job = job

    def __call__(self, fraction: float, stage: str = "") -> None:
        """Report the share done in [0, 1], which never falls, and what is being done.

        Raises:
            Cancelled: nobody waits for the work any more.
        """
        self._job._tick(fraction, stage)

    def publish(self, value: T) -> None:
        """Show a result that is still being refined; the caller must not change it later."""
        self._job._publish(value)


class Job(Generic[T]):
    """One piece of work, shared by all who asked for its key. Safe to use from any thread.

    Attributes:
        key: content key.
        title: what it computes, to begin a sentence with.
        cost: forward passes, or another number that grows with the time needed.
        lane: `compute` or `network`.
        stage: what it is doing now, in words.
        fraction: share done in [0, 1].
        state: `queued`, `running`, `done`, `failed` or `stopped`.
        error: why it failed, else None.
        partial: the newest published result, None before the first.
        version: grows with every published result and at the end: redraw when it changed.
    """

    def __init__(
        self,
        runner: Runner,
        key: str,
        work: Callable[[Link[T]], T] | None,
        *,
        title: str = "The work",
        cost: float = 1.0,
        lane: Lane = "compute",
        patience: float = 12.0,
        keep: bool = True,
    ) -> None:
        """Make a queued job; only `Runner` does this."""
        self.key, self.title, self.cost, self.lane = key, title, cost, lane
        self.stage, self.fraction = "waiting", 0.0
        self.state: State = "queued"
        self.error: SeeWhyError | None = None
        self.partial: T | None = None
        self.version = 0
        self._runner, self._work, self._patience, self._keep = runner, work, patience, keep
        self._lock, self._clock = runner._lock, runner._clock
        self._waiters: dict[str, float] = {}
        self._stopped: set[str] = set()
        self._asked, self._rank, self._order = self._clock(), cost, 0
        self._pace = Pace()
        self._end = threading.Event()

    def touch(self, visitor: str = "") -> Job[T]:
        """Say that `visitor` still wants the result; return the job."""
        with self._lock:
            if visitor not in self._stopped:
                self._waiters[visitor] = self._clock()
            return self

    def leave(self, visitor: str = "") -> None:
        """Say that `visitor` wants the result no more; without others the work ends."""
        with self._lock:
            self._waiters.pop(visitor, None)
            self._runner._drop_unwanted(self)

    def stop(self, visitor: str = "") -> None:
        """Leave, and remember it: a page that asks again gets the stopped job, not a new one.

        The work goes on while other visitors wait for it.
        """
        with self._lock:
            if not self.ended:
                self._stopped.add(visitor)
                self.leave(visitor)

    def stopped_by(self, visitor: str = "") -> bool:
        """Return whether `visitor` pressed Stop and the result is not there all the same."""
        return self.state != "done" and visitor in self._stopped

    @property
    def ended(self) -> bool:
        """Whether the job is done, failed or stopped."""
        return self.state not in ("queued", "running")

    @property
    def waiting(self) -> int:
        """How many visitors wait for the job now."""
        with self._lock:
            return sum(self._alive(seen) for seen in self._waiters.values())

    @property
    def position(self) -> int:
        """Place in the queue, 1 for the next; 0 for a job that is not queued."""
        return self._runner._position(self)

    @property
    def estimate(self) -> float | None:
        """Seconds left; None before enough is known."""
        with self._lock:
            return self._pace.left(self._clock()) if self.state == "running" else None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; return whether it has.

        Waiting is not touching: it does not keep the job alive longer than its patience.
        """
        return self._end.wait(timeout)

    def result(self) -> T:
        """Return the result of a job that has ended.

        Raises:
            SeeWhyError: the job failed.
            Cancelled: the job was stopped.
            RuntimeError: the job has not ended.
        """
        if self.error is not None:
            raise self.error.with_traceback(None)
        if self.state == "stopped":
            raise Cancelled(f"{self.title} was stopped: start it again.")
        if self.state != "done":
            raise RuntimeError(f"{self.title} has not ended: wait for it first.")
        return cast(T, self.partial)

    def _alive(self, seen: float) -> bool:
        return self._clock() - seen <= self._patience

    def _weight(self, now: float) -> tuple[float, int]:
        """Return what queued jobs are ordered by, lowest first."""
        waited = now - self._asked
        return self._rank * max(0.0, 1.0 - waited / AGING), self._order

    def _tick(self, fraction: float, stage: str) -> None:
        with self._lock:
            self._runner._drop_unwanted(self)
            if self.state != "running":
                raise Cancelled(f"{self.title} was stopped.")
            self.fraction = max(self.fraction, min(float(fraction), 1.0))
            self.stage = stage or self.stage
            self._pace.add(self._clock(), self.fraction)

    def _publish(self, value: T) -> None:
        with self._lock:
            if self.state == "running":
                self.partial = value
                self.version += 1

    def _finish(self, state: State, error: SeeWhyError | None = None) -> None:
        """End the job, and let go of its work, which holds the model and the picture."""
        self.state, self.error, self._work = state, error, None
        self.version += 1
        self._waiters.clear()
        self._end.set()
