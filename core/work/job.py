"""One piece of work in the background: who waits for it, how far it is, what it gave."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Literal, Protocol, TypeVar, cast

from core.errors import Cancelled, SeeWhyError
from core.work.pace import Pace

T = TypeVar("T")
JobState = Literal["queued", "running", "done", "failed", "stopped"]
Lane = Literal["compute", "network"]
"""`network` is for downloads: they need no processor, so they must not hold up computations."""


class Owner(Protocol):
    """What a job needs of the runner that it belongs to."""

    @property
    def lock(self) -> AbstractContextManager[bool]:
        """The lock of the runner and all its jobs; a thread that holds it may take it again."""

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds, never falling."""

    @property
    def patience(self) -> float:
        """Seconds for which a visitor counts as waiting after the last touch."""

    def drop_unwanted(self, job: Job[T]) -> None:
        """End the job if nobody waits for it."""

    def position(self, job: Job[T]) -> int:
        """Return the place in the queue, 1 for the next; 0 for a job that is not queued."""

    def make_way(self, job: Job[T]) -> None:
        """Let others compute when it is their turn; return when `job` goes on or has ended."""


class Link(Generic[T]):
    """What a work is called with: its only way to the outside, usable as a `Tick`."""

    def __init__(self, job: Job[T]) -> None:
        """Link the work to its job."""
        self._job = job

    def __call__(self, fraction: float, stage: str = "") -> None:
        """Report the share done in [0, 1], which never falls, and what is being done.

        Returns late when other work has its turn meanwhile.

        Raises:
            Cancelled: nobody waits for the work any more.
        """
        self._job.tick(fraction, stage)

    def publish(self, value: T) -> None:
        """Show a result that is still being refined; the caller must not change it later."""
        self._job.publish(value)


class Job(Generic[T]):
    """One piece of work, shared by all who asked for its key. Safe to use from any thread.

    What has ended stays as it is: a stopped job never becomes done.

    Attributes:
        key: content key.
        title: what it computes, to begin a sentence with.
        cost: forward passes, or another number that grows with the time needed.
        lane: `compute` or `network`.
        keep: whether the result goes to the store.
        work: what is called with a `Link`; None once the job has ended, because it holds the
            model and the picture.
        stage: what it is doing now, in words.
        fraction: share done in [0, 1].
        state: `queued`, `running` (also while it lets others go first), `done`, `failed` or
            `stopped`.
        error: why it failed, else None.
        partial: the newest published result; None before the first and after a failure or stop.
        version: grows with every published result and at the end: redraw when it changed.
        rank: what the queue is ordered by, set by the runner; lower goes first.
        order: number of the job in the order of asking, set by the runner.
        since: when it was asked for, got its turn or was paused, whatever came last, in seconds
            of the clock.
        clock: the runner's.
        pace: how fast it comes on.
    """

    def __init__(
        self,
        owner: Owner,
        key: str,
        work: Callable[[Link[T]], T] | None,
        *,
        title: str = "The work",
        cost: float = 1.0,
        lane: Lane = "compute",
        keep: bool = True,
    ) -> None:
        """Make a queued job; only the runner does this."""
        self.key, self.title, self.cost, self.lane, self.keep = key, title, cost, lane, keep
        self.work = work
        self.stage, self.fraction = "waiting", 0.0
        self.state: JobState = "queued"
        self.error: SeeWhyError | None = None
        self.partial: T | None = None
        self.version = 0
        self.rank, self.order, self.since = cost, 0, owner.clock()
        self.clock, self._owner, self._lock = owner.clock, owner, owner.lock
        self._waiters: dict[str, float] = {}
        self._stoppers: set[str] = set()
        self.pace = Pace()
        self._end = threading.Event()

    def touch(self, visitor: str = "") -> Job[T]:
        """Say that `visitor` still wants the result; return the job."""
        with self._lock:
            if not self.ended and visitor not in self._stoppers:
                self._waiters[visitor] = self.clock()
            return self

    def leave(self, visitor: str = "") -> None:
        """Say that `visitor` wants the result no more; without others the work ends."""
        with self._lock:
            self._waiters.pop(visitor, None)
            self._owner.drop_unwanted(self)

    def stop(self, visitor: str = "") -> None:
        """Leave, and remember it: a page that asks again gets the stopped job, not a new one.

        The work goes on while other visitors wait for it.
        """
        with self._lock:
            if not self.ended:
                self._stoppers.add(visitor)
                self.leave(visitor)

    def stopped_by(self, visitor: str = "") -> bool:
        """Return whether `visitor` pressed Stop and the result is not there all the same."""
        return self.state != "done" and visitor in self._stoppers

    @property
    def ended(self) -> bool:
        """Whether the job is done, failed or stopped."""
        return self.state not in ("queued", "running")

    @property
    def waiting(self) -> int:
        """How many visitors wait for the job now."""
        with self._lock:
            oldest = self.clock() - self._owner.patience
            return sum(seen >= oldest for seen in self._waiters.values())

    @property
    def position(self) -> int:
        """Place in the queue, 1 for the next; 0 for a job that is not queued."""
        return self._owner.position(self)

    @property
    def estimate(self) -> float | None:
        """Seconds left; None before enough is known."""
        with self._lock:
            return self.pace.left(self.clock()) if self.state == "running" else None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; return whether it has.

        Waiting is not touching: it does not keep the job alive longer than the patience.
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
            # A copy, because several threads may raise it, each with its own traceback.
            raise copy.copy(self.error)
        if self.state == "stopped":
            raise Cancelled(f"{self.title} was stopped: start it again.")
        if self.state != "done":
            raise RuntimeError(f"{self.title} has not ended: wait for it first.")
        return cast(T, self.partial)

    # What follows is for the runner and the link; the runner calls it with the lock held.

    @property
    def stoppers(self) -> frozenset[str]:
        """Who pressed Stop."""
        return frozenset(self._stoppers)

    def waits(self, visitor: str) -> bool:
        """Return whether `visitor` has touched the job and not left it."""
        return visitor in self._waiters

    def take_over(self, stoppers: frozenset[str]) -> None:
        """Remember who stopped the earlier job of this key."""
        self._stoppers |= stoppers

    def pardon(self, visitor: str) -> None:
        """Forget that `visitor` pressed Stop."""
        self._stoppers.discard(visitor)

    def abandon(self) -> None:
        """Forget everybody who waits, and end."""
        self._waiters.clear()
        self._owner.drop_unwanted(self)

    def begin(self) -> None:
        """Note that the work begins."""
        self.state, self.stage = "running", "starting"
        self.pace.add(self.clock(), 0.0)

    def tick(self, fraction: float, stage: str) -> None:
        """Note how far the work is.

        Raises:
            Cancelled: nobody waits for it any more.
        """
        with self._lock:
            self._owner.drop_unwanted(self)
            if not self.ended:
                self.fraction = max(self.fraction, min(float(fraction), 1.0))
                self.stage = stage or self.stage
                self.pace.add(self.clock(), self.fraction)
                self._owner.make_way(self)
            if self.ended:
                raise Cancelled(f"{self.title} was stopped.")

    def publish(self, value: T) -> None:
        """Show a result that is still being refined."""
        with self._lock:
            if self.state == "running":
                self.partial = value
                self.version += 1

    def succeed(self, value: T) -> None:
        """End with a result, unless the job has ended already."""
        if not self.ended:
            self.partial, self.fraction, self.stage = value, 1.0, "done"
            self._finish("done")

    def fail(self, error: SeeWhyError) -> None:
        """End without a result, unless the job has ended already."""
        if not self.ended:
            self.partial, self.error = None, error
            self._finish("failed")

    def give_up(self) -> None:
        """End because nobody waits any more, unless the job has ended already."""
        if not self.ended:
            self.partial = None
            self._finish("stopped")

    def _finish(self, state: JobState) -> None:
        self.work = None
        self._waiters.clear()
        self.version += 1
        self.state = state  # last: who sees it without the lock finds all the rest in place
        self._end.set()


def wait_for(jobs: Sequence[Job[T]], seconds: float) -> bool:
    """Wait at most `seconds` until all `jobs` have ended; return whether they have."""
    end = time.monotonic() + seconds
    return all(job.wait(max(0.0, end - time.monotonic())) for job in jobs)
