"""The executor of this process: threads, a queue, and results in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from core.requests.keys import key_of
from core.work.handler import AnyHandler
from core.work.handlers import handler_of
from core.work.job import Job, Link
from core.work.resources import Resources
from core.work.runner import Runner


class LocalExecutor:
    """Computes requests in this process; see `core.work.executor.Executor`.

    Attributes:
        resources: what is loaded, and the results.
        runner: the queue and its threads.
    """

    def __init__(self, resources: Resources | None = None, runner: Runner | None = None) -> None:
        """Start the threads.

        Args:
            resources: new ones when not given.
            runner: one that puts results where `resources` looks for them, when not given.
        """
        self.resources = resources or Resources()
        self.runner = runner or Runner(self.resources.results)

    def submit(self, request: object, visitor: str = "", *, again: bool = True) -> Job[object]:
        """Start a request, or join the job of the same key.

        Raises:
            TypeError: nothing computes requests of that kind.
            RuntimeError: the executor is closed.
        """
        handler = handler_of(request)
        return self._start(
            request,
            handler,
            lambda link: handler.run(request, self.resources, link),
            visitor,
            again,
        )

    def _start(
        self,
        request: object,
        handler: AnyHandler,
        work: Callable[[Link[Any]], object],
        visitor: str,
        again: bool,
    ) -> Job[object]:
        """Queue the work of a request, or join its job."""
        return self.runner.submit(
            key_of(request),
            work,
            handler.cost(request, self.resources),
            title=handler.title(request),
            visitor=visitor,
            lane=handler.lane,
            keep=handler.keep,
            again=again,
        )

    def forget(self, key: str, visitor: str = "") -> None:
        """Let `visitor` ask again for what failed or was stopped."""
        self.runner.forget(key, visitor)

    def release(self, visitor: str, but: Collection[str] = ()) -> None:
        """Leave all that `visitor` waits for, except what has the keys in `but`."""
        self.runner.release(visitor, but)

    def close(self) -> None:
        """Stop everything and end the threads."""
        self.runner.close()
