"""Work beside the computation: files that are written, and pictures that are read ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
U = TypeVar("U")
WRITERS = 2
WAITING = 4
"""Pictures whose files wait to be written at most: each holds its pixels and maps."""
AHEAD = 2
"""Pictures that are decoded before their turn."""


class Writing:
    """Jobs in threads of their own, whose ends are noted in order by the thread that gave them.

    At the end of the `with` all that was given is done and noted, also when an error ends it:
    what was computed is not lost.
    """

    def __init__(self) -> None:
        """Start without a job."""
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="writing")
        self._jobs: deque[tuple[Future[None], Callable[[], None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.finish()
        except Exception:
            if error is None:
                raise
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def give(self, job: Callable[[], None], done: Callable[[], None]) -> None:
        """Start a job as soon as a thread is free; wait where too many are waiting.

        Args:
            job: called in another thread.
            done: called here once the job has ended well, in the order of the jobs.

        Raises:
            SeeWhyError: an earlier job failed.
        """
        while self._jobs and (self._jobs[0][0].done() or len(self._jobs) >= WAITING):
            self._note()
        self._jobs.append((self._pool.submit(job), done))

    def finish(self) -> None:
        """Wait until all is done and noted.

        Raises:
            SeeWhyError: a job failed; the others were done all the same.
        """
        failed: Exception | None = None
        while self._jobs:
            try:
                self._note()
            except Exception as error:  # the others are to be noted first
                failed = failed or error
        if failed is not None:
            raise failed

    def _note(self) -> None:
        job, done = self._jobs.popleft()
        job.result()
        done()


def ahead(
    items: Sequence[T], make: Callable[[T], U], most: int = AHEAD
) -> Generator[Callable[[], U], None, None]:
    """Yield for each item what returns `make(item)`, or raises what it raised.

    The next ones are made meanwhile in another thread, `AHEAD` or `most` of them.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="reading")
    begun: deque[Future[U]] = deque()
    try:
        for at in range(len(items)):
            while at + len(begun) < len(items) and len(begun) <= max(AHEAD, most):
                begun.append(pool.submit(make, items[at + len(begun)]))
            yield begun.popleft().result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
