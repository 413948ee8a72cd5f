"""Whose turn it is: few jobs compute at a time, and a long one lets shorter ones go before it.

A job that has started holds memory, so there are few of them. Of these, `workers` have the turn
and compute; the others are paused. A turn lasts at least a slice, then it passes to the waiting
job that weighs least, if that weighs less. A job weighs its cost, and less the longer it waits:
nothing after `AGING` seconds, so jobs of one length that have started take turns, and nothing
waits for ever.

Nothing here waits or looks at a clock: the runner does, and holds its lock.
"""

from __future__ import annotations

from typing import Any, Literal

from core.work.job import Job

Worker = Literal["any", "quick", "network"]
"""`any` takes every computation, `quick` only those that cost at most `QUICK`."""
AnyJob = Job[Any]

QUICK = 8.0
"""Cost in forward passes up to which a job may use the quick lane."""
AGING = 60.0
"""Seconds of waiting after which a job goes before everything newer."""
SLICE = 0.5
"""Seconds that a turn lasts at least."""
SHORTER = 2 / 3
"""Share of another job's cost up to which a job is so much shorter that it need not wait."""


class Schedule:
    """The queue, and the jobs that have started to compute.

    Attributes:
        queue: what has not started, in all lanes.
        workers: how many jobs compute at a time.
        paused: how many more may have started.
    """

    def __init__(self, workers: int, paused: int) -> None:
        """Begin with nothing to do."""
        self.workers, self.paused = workers, paused
        self.queue: list[AnyJob] = []
        self._ahead: dict[AnyJob, set[int]] = {}  # whose cost is in the rank of a queued job
        self._begun: dict[AnyJob, float] = {}  # when each job with a place has started
        self._computing: list[AnyJob] = []

    def add(self, job: AnyJob, visitor: str) -> None:
        """Queue a job that `visitor` asks for."""
        job.rank, self._ahead[job] = self._rank(job, visitor)
        self.queue.append(job)

    def join(self, job: AnyJob, visitor: str) -> None:
        """Let a queued job go as early as if `visitor` had asked for it alone."""
        rank, ahead = self._rank(job, visitor)
        if job in self._ahead and rank < job.rank:
            job.rank, self._ahead[job] = rank, ahead

    def drop(self, job: AnyJob) -> None:
        """Take a job that nobody wants any more out of the queue, if it is there."""
        if job not in self._ahead:
            return
        self._dequeue(job)
        for other, ahead in self._ahead.items():
            if job.order in ahead:
                ahead.discard(job.order)
                other.rank -= job.cost

    def take(self, kind: Worker, now: float) -> AnyJob | None:
        """Take the next job of the quick or the network lane out of the queue."""
        lane = "network" if kind == "network" else "compute"
        most = QUICK if kind == "quick" else float("inf")
        fit = (job for job in self.queue if job.lane == lane and job.cost <= most)
        job = min(fit, key=lambda job: self._weight(job, now), default=None)
        if job is not None:
            self._dequeue(job)
        return job

    def give_turn(self, now: float) -> AnyJob | None:
        """Give a free turn to the job that is next: a queued one, which starts, or a paused one."""
        job = self._next(now) if len(self._computing) < self.workers else None
        if job is not None:
            if job in self._ahead:
                self._dequeue(job)
                self._begun[job] = now
            self._computing.append(job)
            job.since = now
        return job

    def has_turn(self, job: AnyJob) -> bool:
        """Return whether the job computes, outside the quick lane."""
        return job in self._computing

    def is_due(self, job: AnyJob, now: float) -> bool:
        """Return whether the job has had its turn for a slice."""
        return job in self._computing and now - job.since >= SLICE

    def pause(self, job: AnyJob, now: float) -> bool:
        """Take the turn from a job if another should have it; return whether it was taken."""
        other = self._next(now)
        if other is None or self._weight(other, now)[0] >= job.cost:
            return False
        self._computing.remove(job)
        job.since = now
        return True

    def end(self, job: AnyJob) -> None:
        """Free the place and the turn of a job whose work is over, if it has any."""
        self._begun.pop(job, None)
        if job in self._computing:
            self._computing.remove(job)

    def waiting(self) -> list[AnyJob]:
        """Return all that is queued or paused."""
        return self.queue + self._resting()

    def position(self, job: AnyJob, now: float) -> int:
        """Return the place among the queued jobs of a lane, 1 for the next; 0 for other jobs."""
        if job not in self._ahead:
            return 0
        mine = self._weight(job, now)
        same = (other for other in self.queue if other.lane == job.lane)
        return 1 + sum(self._weight(other, now) < mine for other in same)

    def _rank(self, job: AnyJob, visitor: str) -> tuple[float, set[int]]:
        # A visitor who asks for thirty pictures at once must not hold up the next visitor: what
        # one visitor has queued already, and is no dearer, counts as cost of the newcomer.
        others = (other for other in self.queue if other is not job and other.cost <= job.cost)
        ahead = [other for other in others if other.waits(visitor)]
        return job.cost + sum(other.cost for other in ahead), {other.order for other in ahead}

    def _dequeue(self, job: AnyJob) -> None:
        self.queue.remove(job)
        del self._ahead[job]

    def _resting(self) -> list[AnyJob]:
        """Return the paused jobs; one that was stopped needs no turn to clear up."""
        return [job for job in self._begun if job not in self._computing and not job.ended]

    def _next(self, now: float) -> AnyJob | None:
        queued = (job for job in self.queue if job.lane == "compute" and self._may_start(job, now))
        waiting = (*self._resting(), *queued)
        return min(waiting, key=lambda job: self._weight(job, now), default=None)

    def _may_start(self, job: AnyJob, now: float) -> bool:
        """Return whether there is a place for a queued job.

        A much shorter job starts beside others at once. Of jobs of about one length, the first is
        left to finish, for taking turns makes them all late; only where that takes very long do
        they start side by side. They get no more than half of the places, lest all are taken when
        a short job comes.
        """
        started = len(self._begun)
        if started < self.workers:
            return True
        if job.cost <= SHORTER * min(other.cost for other in self._begun):
            return started < self.workers + self.paused
        much = SHORTER * job.cost  # what is shorter than this ends soon
        alike = [begun for other, begun in self._begun.items() if other.cost > much]
        patient = now - max([job.since, *alike]) >= AGING
        return patient and started < self.workers + self.paused // 2

    def _weight(self, job: AnyJob, now: float) -> tuple[float, float, int]:
        """Return what waiting jobs are ordered by, lowest first."""
        cost = job.rank if job in self._ahead else job.cost
        return cost * max(0.0, 1.0 - (now - job.since) / AGING), job.since, job.order
