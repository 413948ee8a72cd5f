"""The threads that do jobs: as many as have started to compute, and one for each other lane."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from core.caching.pauses import may_pause, paused
from core.work.schedule import AnyJob, Schedule, Worker


class Crew:
    """Threads that do what the schedule says. All is called with the lock held, but for `close`.

    A job that is paused waits in its own thread, inside its tick. Threads that compute are hired
    when one is missing and leave when there are enough, so usually there is one for each worker.
    """

    def __init__(
        self,
        schedule: Schedule,
        lock: threading.RLock,
        clock: Callable[[], float],
        purge: Callable[[], None],
        run: Callable[[AnyJob], None],
    ) -> None:
        """Be ready for computations; other lanes need `hire`.

        Args:
            schedule: whose turn it is.
            lock: of the schedule and all jobs.
            clock: seconds, never falling.
            purge: ends the waiting jobs that nobody wants any more.
            run: does a job; called without the lock.
        """
        self._schedule, self._clock, self._purge, self._run = schedule, clock, purge, run
        self._wake = threading.Condition(lock)
        self._ready: deque[AnyJob] = deque()  # have their turn, and wait for a thread to start in
        self._idle = 0  # threads that wait for one
        self._shut = False
        self._threads: list[threading.Thread] = []

    def hire(self, kind: Worker) -> None:
        """Start a thread for a lane."""
        thread = threading.Thread(
            target=self._serve, args=(kind,), name=f"seewhy-{kind}", daemon=True
        )
        thread.start()
        self._threads.append(thread)

    def look(self) -> None:
        """Give free turns to those who are next, and have all threads see what there is to do."""
        self._purge()
        while not self._shut and (job := self._schedule.give_turn(self._clock())) is not None:
            if job.state == "running":
                job.pace.resume(self._clock())
                continue
            job.begin()
            self._ready.append(job)
            if len(self._ready) > self._idle:
                self.hire("any")
        self.wake()

    def wake(self) -> None:
        """Have all threads see what there is to do, and whether their job has been stopped."""
        self._wake.notify_all()

    def make_way(self, job: AnyJob) -> None:
        """Let others compute when it is their turn; return when `job` goes on or has ended."""
        if not (may_pause() and self._schedule.is_due(job, self._clock())):
            return
        self._purge()
        if self._schedule.pause(job, self._clock()):
            job.pace.pause(self._clock())
            self.look()
            with paused():
                while not (job.ended or self._schedule.has_turn(job)):
                    self._wake.wait()

    def shut(self) -> list[threading.Thread]:
        """Have all threads end as soon as they can; return them."""
        self._shut = True
        self.wake()
        return list(self._threads)

    def _serve(self, kind: Worker) -> None:
        """Do jobs while this thread is needed; should a work end it, replace it."""
        needed = True
        try:
            while (job := self._next_any() if kind == "any" else self._next(kind)) is not None:
                self._run(job)
                del job  # an idle thread must not keep the last result alive
            needed = False
        finally:
            with self._wake:
                self._threads.remove(threading.current_thread())
                if needed and not self._shut:
                    self.look()
                    if kind != "any":
                        self.hire(kind)

    def _next(self, kind: Worker) -> AnyJob | None:
        """Wait for a job of the quick or the network lane; None when all is over."""
        with self._wake:
            while not self._shut:
                self._purge()
                if (job := self._schedule.take(kind, self._clock())) is not None:
                    job.begin()
                    return job
                self._wake.wait()
        return None

    def _next_any(self) -> AnyJob | None:
        """Wait for a job that has its turn; None when other threads are enough or all is over."""
        with self._wake:
            self._idle += 1
            try:
                self.look()
                while not self._shut:
                    if self._ready:
                        return self._ready.popleft()
                    if self._idle > self._schedule.workers:
                        return None
                    self._wake.wait()
            finally:
                self._idle -= 1
        return None


def join(threads: list[threading.Thread], timeout: float) -> None:
    """Wait at most `timeout` seconds until threads have ended."""
    end = time.monotonic() + timeout
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(max(0.0, end - time.monotonic()))
