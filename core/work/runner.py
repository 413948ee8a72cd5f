"""Work in the background: one job for each content key, few workers, progress, partial results.

Everybody who asks for a key that is queued or running joins that one job and sees its progress.
A job lives while a visitor looks at it: looking is `touch`, and what nobody has touched for
`patience` seconds is dropped from the queue, or stopped at its next tick. `schedule.py` says who
computes; a job that has to let others go first waits inside its tick. One worker takes only quick
jobs, so a small request waits for no tick of a long one. Finished results go to a store.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection

from core.caching.store import Store
from core.errors import SeeWhyError
from core.work import crew
from core.work.crew import Crew
from core.work.failures import as_known
from core.work.job import Job, Lane, Link, T
from core.work.schedule import AnyJob, Schedule

PATIENCE = 150.0
"""Seconds for which work goes on unseen: browsers let a hidden page look once a minute."""
ENDED = 64
"""How many failed and stopped jobs are remembered."""

_LOG = logging.getLogger(__name__)
_ABSENT = object()


class Runner:
    """A few worker threads and the jobs they do. Safe to use from any thread.

    Each worker leaves torch its own number of threads. On 2 cores, Grad-CAM beside a long run of
    ResNet-50 batches took 1.9 times as long (median of 7 interleaved rounds, 1.0 to 5.3) with one
    thread for the quick worker, because the system gives time to threads and not to requests.

    Attributes:
        store: where finished results stay.
        patience: seconds after which a job that nobody touched is given up.
        clock: seconds, never falling.
        lock: of the runner and all its jobs.
    """

    def __init__(
        self,
        store: Store,
        *,
        workers: int = 1,
        paused: int = 5,
        quick: int = 1,
        network: int = 1,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the workers.

        Args:
            store: where finished results stay.
            workers: how many computations of any kind go on at a time.
            paused: how many more may have started and be paused, which costs memory.
            quick: threads that take only computations that cost at most `schedule.QUICK`.
            network: threads that take downloads.
            patience: seconds after which a job that nobody touched is given up.
            clock: seconds, never falling.
        """
        self.store, self.patience, self.clock = store, patience, clock
        self.lock = threading.RLock()
        self._active: dict[str, AnyJob] = {}
        self._ended: OrderedDict[str, AnyJob] = OrderedDict()
        self._count, self._shut = 0, False
        self._schedule = Schedule(workers, paused)
        self._crew = Crew(self._schedule, self.lock, clock, self._purge, self._run)
        with self.lock:
            for _ in range(quick):
                self._crew.hire("quick")
            for _ in range(network):
                self._crew.hire("network")
        atexit.register(self.close)

    def submit(
        self,
        key: str,
        work: Callable[[Link[T]], T],
        cost: float = 1.0,
        *,
        title: str = "The work",
        visitor: str = "",
        lane: Lane = "compute",
        keep: bool = True,
        again: bool = True,
    ) -> Job[T]:
        """Start `work`, or join the job of that key.

        Args:
            key: content key; equal keys must mean equal results.
            work: called in a worker with a `Link`.
            cost: forward passes; cheap jobs go first.
            title: what it computes, to begin a sentence with.
            visitor: who asks.
            lane: `network` for downloads.
            keep: whether the result goes to the store.
            again: whether to start again what failed or `visitor` stopped. A page, which asks
                each time it is drawn, says False and has a button that calls `forget`.

        Raises:
            RuntimeError: the runner is closed.
        """
        with self.lock:
            if self._shut:
                raise RuntimeError("The runner is closed.")
            if key in self._active:
                return self._join(self._active[key], visitor, again=again)
            ended = self._ended.get(key)
            if ended and not again and (ended.state == "failed" or ended.stopped_by(visitor)):
                return ended
            self._ended.pop(key, None)
            if (stored := self._stored(key)) is not None:
                return stored
            job = Job(self, key, work, title=title, cost=cost, lane=lane, keep=keep)
            if ended is not None:
                job.take_over(ended.stoppers - {visitor})
            self._enqueue(job.touch(visitor), visitor)
            return job

    @property
    def started(self) -> int:
        """How many jobs were queued since the start; joining one and finding a result add none."""
        return self._count

    @property
    def busy(self) -> int:
        """How many jobs are queued or running."""
        with self.lock:
            return len(self._active)

    def find(self, key: str) -> AnyJob | None:
        """Return the job of that key, or a done one made from the store; start nothing."""
        with self.lock:
            return self._active.get(key) or self._ended.get(key) or self._stored(key)

    def forget(self, key: str, visitor: str = "") -> None:
        """Let `visitor` ask again for what failed or was stopped."""
        with self.lock:
            self._ended.pop(key, None)
            if key in self._active:
                self._active[key].pardon(visitor)

    def release(self, visitor: str, but: Collection[str] = ()) -> None:
        """Leave all jobs that `visitor` waits for, except those of the keys in `but`."""
        with self.lock:
            for job in list(self._active.values()):
                if job.key not in but and job.waits(visitor):
                    job.leave(visitor)

    def close(self, timeout: float = 2.0) -> None:
        """Stop all jobs and end the threads, waiting at most `timeout` seconds for them."""
        atexit.unregister(self.close)
        with self.lock:
            self._shut = True
            for job in list(self._active.values()):
                job.abandon()
            threads = self._crew.shut()
        crew.join(threads, timeout)

    def position(self, job: Job[T]) -> int:
        """Return the place in the queue, 1 for the next; 0 for a job that is not queued."""
        with self.lock:
            self._purge()
            return self._schedule.position(job, self.clock())

    def drop_unwanted(self, job: Job[T]) -> None:
        """End `job` if nobody waits for it; a running work hears of it at its next tick."""
        if job.ended or job.waiting:
            return
        self._schedule.drop(job)
        job.give_up()
        self._forget_active(job)
        self._crew.wake()  # it may be paused: its thread has to leave the work

    def make_way(self, job: Job[T]) -> None:
        """Let others compute when it is their turn; return when `job` goes on or has ended."""
        self._crew.make_way(job)

    def _stored(self, key: str) -> AnyJob | None:
        value = self.store.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        job: AnyJob = Job(self, key, None)
        job.succeed(value)
        return job

    def _join(self, job: Job[T], visitor: str, *, again: bool) -> Job[T]:
        if not again and job.stopped_by(visitor):
            return job
        job.pardon(visitor)
        job.touch(visitor)
        self._schedule.join(job, visitor)
        return job

    def _enqueue(self, job: AnyJob, visitor: str) -> None:
        self._count += 1
        job.order = self._count
        self._active[job.key] = job
        self._schedule.add(job, visitor)
        self._crew.look()

    def _purge(self) -> None:
        for job in self._schedule.waiting():
            self.drop_unwanted(job)

    def _forget_active(self, job: AnyJob) -> None:
        """Let go of a job that has ended, but for what a page must hear of when it asks again."""
        if self._active.get(job.key) is job:
            del self._active[job.key]
            if job.state == "failed" or job.stoppers:
                self._ended[job.key] = job
                while len(self._ended) > ENDED:
                    self._ended.popitem(last=False)

    def _run(self, job: AnyJob) -> None:
        work, value = job.work, _ABSENT
        # Stays only when the work ends its thread, with SystemExit for example.
        error = SeeWhyError(f"{job.title} ended unexpectedly: start it again.")
        try:
            if work is not None:
                value = work(Link(job))
                if job.keep:
                    self.store.put(job.key, value)
        except SeeWhyError as known:
            error = as_known(job.title, known)
        except Exception as unknown:
            _LOG.exception("%s failed", job.title)
            error = as_known(job.title, unknown)
        finally:
            with self.lock:
                if value is _ABSENT:
                    job.fail(error)  # unless it was stopped: then the error was how it heard
                else:
                    job.succeed(value)
                self._forget_active(job)
                self._schedule.end(job)
