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
from collections.abc import Callable, Collection, Sequence
from typing import Literal, cast

from core.caching.store import Store
from core.errors import Cancelled, SeeWhyError
from core.work.job import Job, Lane, Link, T

__all__ = ["QUICK", "Job", "Lane", "Link", "Runner", "settle"]

Worker = Literal["any", "quick", "network"]
"""`any` takes every computation, `quick` only those that cost at most `QUICK`."""

QUICK = 8.0
"""Cost in forward passes up to which a job may use the quick lane."""
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
    """

    def __init__(
        self,
        store: Store,
        *,
        workers: int = 1,
        quick: int = 1,
        network: int = 1,
        patience: float = 12.0,
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
        self.store = store
        self._patience, self._clock = patience, clock
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._jobs: OrderedDict[str, Job[object]] = OrderedDict()
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
        patience: float | None = None,
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
            patience: seconds without a touch after which this job is given up.
            keep: whether the result goes to the store.
            again: whether to start again what failed or `visitor` stopped. A page, which asks
                each time it is drawn, says False and has a button that calls `forget`.

        Raises:
            RuntimeError: the runner is closed.
        """
        with self._lock:
            if self._shut:
                raise RuntimeError("The runner is closed.")
            old = cast("Job[T] | None", self.find(key))
            if old and not again and (old.state == "failed" or old.stopped_by(visitor)):
                return old
            if old is not None and old.state not in ("failed", "stopped"):
                old._stopped.discard(visitor)
                return old.touch(visitor)
            if patience is None:
                patience = self._patience
            job = Job(
                self, key, work, title=title, cost=cost, lane=lane, patience=patience, keep=keep
            )
            job._stopped = (old._stopped if old else set()) - {visitor}
            self._enqueue(cast("Job[object]", job.touch(visitor)), visitor)
            return job

    @property
    def started(self) -> int:
        """How many jobs were queued since the start; joining one and finding a result add none."""
        return self._count

    @property
    def busy(self) -> int:
        """How many jobs are queued or running."""
        with self._lock:
            return sum(not job.ended for job in self._jobs.values())

    def find(self, key: str) -> Job[object] | None:
        """Return the job of that key, or a done one made from the store; start nothing."""
        with self._lock:
            if key in self._jobs:
                return self._jobs[key]
        value = self.store.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        job: Job[object] = Job(self, key, None)
        job.partial, job.fraction, job.stage = value, 1.0, "done"
        job._finish("done")
        return job

    def forget(self, key: str, visitor: str = "") -> None:
        """Let `visitor` ask again for what failed or was stopped."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job._stopped.discard(visitor)
                if job.ended:
                    del self._jobs[key]

    def release(self, visitor: str, but: Collection[str] = ()) -> None:
        """Leave all jobs that `visitor` waits for, except those of the keys in `but`."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.key not in but and visitor in job._waiters:
                    job.leave(visitor)

    def close(self, timeout: float = 2.0) -> None:
        """Stop all jobs and end the threads, waiting at most `timeout` seconds for each."""
        atexit.unregister(self.close)
        with self._wake:
            self._shut = True
            for job in list(self._jobs.values()):
                job._waiters.clear()
                self._drop_unwanted(job)
            self._wake.notify_all()
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(timeout)

    def _enqueue(self, job: Job[object], visitor: str) -> None:
        # A visitor who asks for thirty pictures at once must not hold up the next visitor: what
        # one visitor has queued already, and is no dearer, counts as cost of the newcomer.
        self._purge()
        ahead = (j.cost for j in self._queue if visitor in j._waiters and j.cost <= job.cost)
        job._rank = job.cost + sum(ahead)
        self._count += 1
        job._order = self._count
        self._jobs[job.key] = job
        self._jobs.move_to_end(job.key)
        self._queue.append(job)
        ended = [key for key, other in self._jobs.items() if other.ended]
        for key in ended[:-ENDED]:
            del self._jobs[key]
        self._wake.notify_all()

    def _position(self, job: Job[T]) -> int:
        with self._lock:
            self._purge()
            if job.state != "queued":
                return 0
            now = self._clock()
            same = (other for other in self._queue if other.lane == job.lane)
            return 1 + sum(other._weight(now) < job._weight(now) for other in same)

    def _purge(self) -> None:
        for job in list(self._queue):
            self._drop_unwanted(job)

    def _drop_unwanted(self, job: Job[T]) -> None:
        """End `job` unless somebody waits for it; a running work hears of it at its next tick."""
        if job.ended or job.waiting:
            return
        if job.state == "queued":
            self._queue = [other for other in self._queue if other is not job]
        job._finish("stopped")
        if not job._stopped and self._jobs.get(job.key) is job:
            del self._jobs[job.key]

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
            with self._lock:
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
                    now = self._clock()
                    job = min(fit, key=lambda job: job._weight(now))
                    self._queue.remove(job)
                    job.state, job.stage = "running", "starting"
                    job._pace.add(self._clock(), 0.0)
                    return job
                self._wake.wait()
        return None

    def _run(self, job: Job[object]) -> None:
        work, value = job._work, _ABSENT
        # Stays only when the work ends its thread, with SystemExit for example.
        error: SeeWhyError | None = SeeWhyError(f"{job.title} ended unexpectedly: start it again.")
        try:
            if work is not None:
                value = work(Link(job))
        except Cancelled:
            error = None
        except SeeWhyError as known:
            error = _bare(known)
        except Exception as unknown:
            _LOG.exception("%s failed", job.title)
            error = _sentence(job.title, unknown)
        else:
            if job._keep:
                self.store.put(job.key, value)
        finally:
            self._settle(job, value, error)

    def _settle(self, job: Job[object], value: object, error: SeeWhyError | None) -> None:
        with self._lock:
            mine = self._jobs.get(job.key) is job
            if value is not _ABSENT:
                job.partial, job.fraction, job.stage = value, 1.0, "done"
                job._finish("done")
            elif error is not None and not job.ended:
                job._finish("failed", error)
            elif not job.ended:
                job._finish("stopped")
            if mine and (job.state == "done" or (job.state == "stopped" and not job._stopped)):
                del self._jobs[job.key]


def settle(jobs: Sequence[Job[T]], seconds: float) -> bool:
    """Wait at most `seconds` until all `jobs` have ended; return whether they have."""
    end = time.monotonic() + seconds
    return all(job.wait(max(0.0, end - time.monotonic())) for job in jobs)


def _takes(kind: Worker, job: Job[object]) -> bool:
    if kind == "network" or job.lane == "network":
        return kind == job.lane
    return kind == "any" or job.cost <= QUICK


def _bare(error: SeeWhyError) -> SeeWhyError:
    """Return `error` without the frames that would keep the work's arrays alive."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _sentence(title: str, error: Exception) -> SeeWhyError:
    """Return what a person is told of an error that nobody foresaw."""
    text = " ".join(str(error).split())
    memory = isinstance(error, MemoryError) or any(
        words in text.lower() for words in ("out of memory", "can't allocate memory")
    )
    if memory:
        return SeeWhyError(
            f"{title} needs more memory than is free: choose a smaller model, or try again when "
            "other work has ended."
        )
    what = type(error).__name__ + (f": {text[:200]}" if text else "")
    return SeeWhyError(
        f"{title} failed unexpectedly ({what}): try another picture, layer or setting."
    )
