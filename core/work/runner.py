"""Work in the background: one job for each content key, few workers, progress, partial results.

Everybody who asks for a key that is queued or running joins that one job and sees its progress.
A job lives while a visitor looks at it: looking is `touch`, and what nobody has touched for
`patience` seconds is dropped from the queue, or stopped at its next tick. A worker takes the
cheapest job first, and the rank of a waiting job rises until, after `AGING` seconds, nothing
newer passes it. One worker takes only quick jobs, so a small request never waits behind a long
one. Finished results go to a store.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Literal, cast

from core.caching.store import Store
from core.errors import SeeWhyError
from core.work.failures import as_known
from core.work.job import Job, Lane, Link, T

Worker = Literal["any", "quick", "network"]
"""`any` takes every computation, `quick` only those that cost at most `QUICK`."""

QUICK = 8.0
"""Cost in forward passes up to which a job may use the quick lane."""
AGING = 60.0
"""Seconds of waiting after which a job goes before everything newer."""
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
        quick: int = 1,
        network: int = 1,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the workers.

        Args:
            store: where finished results stay.
            workers: threads that take every computation.
            quick: threads that take only computations that cost at most `QUICK`.
            network: threads that take downloads.
            patience: seconds after which a job that nobody touched is given up.
            clock: seconds, never falling.
        """
        self.store, self.patience, self.clock = store, patience, clock
        self.lock = threading.RLock()
        self._wake = threading.Condition(self.lock)
        self._active: dict[str, Job[object]] = {}
        self._ended: OrderedDict[str, Job[object]] = OrderedDict()
        self._queue: list[Job[object]] = []
        self._count, self._shut = 0, False
        self._threads: list[threading.Thread] = []
        self._hire("any", workers)
        self._hire("quick", quick)
        self._hire("network", network)
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
            active = cast("Job[T] | None", self._active.get(key))
            if active is not None:
                return self._join(active, visitor, again=again)
            ended = cast("Job[T] | None", self._ended.get(key))
            if ended and not again and (ended.state == "failed" or ended.stopped_by(visitor)):
                return ended
            self._ended.pop(key, None)
            if (stored := self._stored(key)) is not None:
                return cast("Job[T]", stored)
            job = Job(self, key, work, title=title, cost=cost, lane=lane, keep=keep)
            if ended is not None:
                job.take_over(ended.stoppers - {visitor})
            self._enqueue(cast("Job[object]", job.touch(visitor)), visitor)
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

    def find(self, key: str) -> Job[object] | None:
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
        with self._wake:
            self._shut = True
            for job in list(self._active.values()):
                job.abandon()
            self._wake.notify_all()
            threads = list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def position(self, job: Job[T]) -> int:
        """Return the place in the queue, 1 for the next; 0 for a job that is not queued."""
        with self.lock:
            self._purge()
            if job.state != "queued":
                return 0
            now = self.clock()
            same = (other for other in self._queue if other.lane == job.lane)
            return 1 + sum(_weight(other, now) < _weight(job, now) for other in same)

    def drop_unwanted(self, job: Job[T]) -> None:
        """End `job` if nobody waits for it; a running work hears of it at its next tick."""
        if job.ended or job.waiting:
            return
        if job.state == "queued":
            self._queue = [other for other in self._queue if other is not job]
        job.give_up()
        self._forget_active(cast("Job[object]", job))

    def _stored(self, key: str) -> Job[object] | None:
        value = self.store.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        job: Job[object] = Job(self, key, None)
        job.succeed(value)
        return job

    def _join(self, job: Job[T], visitor: str, *, again: bool) -> Job[T]:
        if not again and job.stopped_by(visitor):
            return job
        job.pardon(visitor)
        job.touch(visitor)
        if job.state == "queued":  # whoever asks for less goes first, and takes the job along
            job.rank = min(job.rank, self._rank(job, visitor))
        return job

    def _rank(self, job: Job[T], visitor: str) -> float:
        # A visitor who asks for thirty pictures at once must not hold up the next visitor: what
        # one visitor has queued already, and is no dearer, counts as cost of the newcomer.
        ahead = (other for other in self._queue if other.key != job.key and other.waits(visitor))
        return job.cost + sum(other.cost for other in ahead if other.cost <= job.cost)

    def _enqueue(self, job: Job[object], visitor: str) -> None:
        self._purge()
        self._count += 1
        job.order, job.rank = self._count, self._rank(job, visitor)
        self._active[job.key] = job
        self._queue.append(job)
        self._wake.notify_all()

    def _purge(self) -> None:
        for job in list(self._queue):
            self.drop_unwanted(job)

    def _forget_active(self, job: Job[object]) -> None:
        """Let go of a job that has ended, but for what a page must hear of when it asks again."""
        if self._active.get(job.key) is job:
            del self._active[job.key]
            if job.state == "failed" or job.stoppers:
                self._ended[job.key] = job
                while len(self._ended) > ENDED:
                    self._ended.popitem(last=False)

    def _hire(self, kind: Worker, number: int = 1) -> None:
        for _ in range(number):
            thread = threading.Thread(
                target=self._serve, args=(kind,), name=f"seewhy-{kind}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, kind: Worker) -> None:
        """Do jobs until the runner is closed; should a work end the thread, hire another."""
        try:
            while (job := self._next(kind)) is not None:
                self._run(job)
                del job  # an idle worker must not keep the last result alive
        finally:
            with self.lock:
                self._threads.remove(threading.current_thread())
                if not self._shut:
                    self._hire(kind)

    def _next(self, kind: Worker) -> Job[object] | None:
        """Wait for a job that this kind of worker takes; None when the runner is closed."""
        with self._wake:
            while not self._shut:
                self._purge()
                fit = [job for job in self._queue if _takes(kind, job)]
                if fit:
                    now = self.clock()
                    job = min(fit, key=lambda job: _weight(job, now))
                    self._queue.remove(job)
                    job.begin()
                    return job
                self._wake.wait()
        return None

    def _run(self, job: Job[object]) -> None:
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


def _weight(job: Job[T], now: float) -> tuple[float, int]:
    """Return what queued jobs are ordered by, lowest first."""
    return job.rank * max(0.0, 1.0 - (now - job.asked) / AGING), job.order


def _takes(kind: Worker, job: Job[object]) -> bool:
    if kind == "network" or job.lane == "network":
        return kind == job.lane
    return kind == "any" or job.cost <= QUICK
