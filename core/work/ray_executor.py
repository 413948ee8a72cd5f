"""The executor whose work workers of Ray do, on this machine or on many.

The queue, the keys, who waits and who pressed Stop stay in this process, as in `LocalExecutor`. The
work of a job is to send its request to a worker as plain data, and to tell the job what the worker
tells. A worker that dies is started again by Ray; what it computed is then asked of another one.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core import errors
from core.errors import Cancelled, SeeWhyError
from core.explain.base import Tick, no_tick
from core.models import device
from core.requests.loading import CheckpointRequest, DownloadRequest, FileRequest, ProbesRequest
from core.requests.plain import as_plain, from_plain
from core.work import ray_cluster
from core.work.engine import Engine
from core.work.handler import AnyHandler
from core.work.handlers import HANDLERS, handler_of
from core.work.job import Job, Link
from core.work.local_executor import LocalExecutor
from core.work.ray_call import Look
from core.work.ray_contents import Need, here, needs_of, packed, pieces_of, unpacked
from core.work.ray_workers import WORKER, RayWorker, RayWorkers, WorkerLost
from core.work.resources import Resources
from core.work.runner import Runner

HERE = (FileRequest, CheckpointRequest, DownloadRequest, ProbesRequest)
"""What is computed in this process: it opens files that lie here, and needs no model."""
DEATHS = 2
"""Workers that one request may take with it."""
LOOK = 0.25
"""Seconds that a worker waits for news before it answers."""
SENT = 64
"""Contents that stay in Ray's memory for the next worker that lacks them."""
PAUSED = 5
"""Jobs a worker that may have started and be paused."""


class RayExecutor(LocalExecutor):
    """Has requests computed by workers of Ray; see `core.work.executor.Executor`.

    Attributes:
        workers: who computes.
    """

    def __init__(
        self,
        engine: Engine,
        resources: Resources | None = None,
        *,
        kind: str = WORKER,
        more: str = "",
        handlers: Mapping[type, AnyHandler] | None = None,
        receive: Callable[[object, object], None] | None = None,
        tick: Tick = no_tick,
    ) -> None:
        """Connect, and start the workers.

        Args:
            engine: where.
            resources: of this process, with what the requests name; new ones when not given.
            kind: `module:NAME` of the workers' class.
            more: `module:NAME` of handlers that the workers have besides those of all. Where such
                work is stopped, it is followed to its end, so that it can send what there is.
            handlers: the same ones.
            receive: told the request and each piece that its work sends.
            tick: told what is waited for; may raise to stop.

        Raises:
            BadInstallation: Ray is not installed.
            BadOption: there is no such cluster, or no room for a worker.
            Cancelled: raised by `tick`.
        """
        tick(0.0, "connecting to Ray")
        self._ray, self._connected = ray_cluster.connect(engine)
        try:
            plan = ray_cluster.planned(self._ray.nodes(), engine.cores)
            self.workers = RayWorkers(self._ray, plan, kind, more, tick)
        except BaseException:
            self._disconnect()
            raise
        known = resources or Resources()
        runner = Runner(
            known.results, workers=plan.count, paused=PAUSED * plan.count, quick=plan.count
        )
        super().__init__(known, runner)
        known.elsewhere = self.workers
        device.use_elsewhere(self.workers.devices)
        self._more, self._receive = dict(handlers or {}), receive
        self._handlers = {**HANDLERS, **self._more}
        self._sent: OrderedDict[str, Any] = OrderedDict()

    def submit(self, request: object, visitor: str = "", *, again: bool = True) -> Job[object]:
        """Start a request, or join the job of the same key.

        Raises:
            TypeError: nothing computes requests of that kind.
            RuntimeError: the executor is closed.
        """
        if isinstance(request, HERE):
            return super().submit(request, visitor, again=again)
        handler = self._more.get(type(request)) or handler_of(request)
        title = handler.title(request)
        return self._start(
            request, handler, lambda link: self._elsewhere(request, title, link), visitor, again
        )

    def close(self) -> None:
        """Stop everything, end the workers, leave the cluster; later calls do nothing."""
        super().close()
        if self.resources.elsewhere is self.workers:
            self.resources.elsewhere = None
            device.use_elsewhere(None)
            self.workers.close()
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connected:
            self._connected = False
            self._ray.shutdown()

    def _elsewhere(self, request: object, title: str, link: Link[Any]) -> object:
        """Have a worker compute a request; should it die, another one."""
        for _ in range(DEATHS):
            call = uuid.uuid4().hex
            worker = self.workers.take(call, request, link)
            life = worker.life
            try:
                return self._relayed(call, worker, life, request, title, link)
            except WorkerLost:
                self.workers.lost(worker, life)
                link(0.0, "starting again with another worker")
            finally:
                self.workers.give_back(call, worker)
        raise SeeWhyError(
            f"{title} was given up, because {DEATHS} workers of Ray have died of it or with it: "
            "give them more memory, or choose a smaller model."
        )

    def _relayed(
        self, call: str, worker: RayWorker, life: str, request: object, title: str, link: Link[Any]
    ) -> object:
        """Have one worker compute a request, and tell the job what it tells.

        Raises:
            WorkerLost: it has died.
        """
        try:
            self._begin(call, worker, life, request, title, link)
            return self._followed(call, worker, life, request, link)
        except Cancelled:
            if type(request) in self._more:
                with suppress(SeeWhyError, WorkerLost):
                    worker.actor.stop.remote(call)
                    self._followed(call, worker, life, request, no_tick)
            raise

    def _followed(
        self, call: str, worker: RayWorker, life: str, request: object, link: Tick
    ) -> object:
        """Look at a call until it has ended."""
        version = 0
        while True:
            look: Look = self.workers.ask(worker.actor.look.remote(call, version, LOOK), link)
            if look.life != life or look.end == "lost":
                raise WorkerLost
            for piece in look.pieces:
                if self._receive is not None:
                    self._receive(request, piece)
            for model, *rest, whole in look.paces:
                self.resources.paces.note(from_plain(model), *rest, whole=whole)
            if look.end == "done":
                return unpacked(look.value)
            if look.end == "failed":
                raise _error(*look.error)
            if look.partial and isinstance(link, Link):
                link.publish(unpacked(look.partial))
            version = look.version
            link(look.fraction, look.stage)

    def _begin(
        self, call: str, worker: RayWorker, life: str, request: object, title: str, link: Link[Any]
    ) -> None:
        """Send a request, after what the worker lacks for it."""
        needs = needs_of(request, self._handlers)
        there = here(needs, self.resources)
        places = {key: str(each) for key, each in there.items() if isinstance(each, Path)}
        plain = as_plain(request)
        for _ in range(2):
            asked = worker.actor.begin.remote(call, plain, title, list(there), places)
            answered, lacking = self.workers.ask(asked, link)
            if answered != life:
                raise WorkerLost
            if not lacking:
                return
            for need in needs:
                if need.key in lacking:
                    self._give(worker, need, there[need.key], link)
        raise SeeWhyError("A worker has no room for what the request names: ask for less at once.")

    def _give(self, worker: RayWorker, need: Need, content: object, link: Link[Any]) -> None:
        """Send a content; what was sent before is in Ray's memory already."""
        if isinstance(content, Path):
            total, done = content.stat().st_size, 0
            for piece in pieces_of(content):
                done += len(piece)
                asked = worker.actor.give_file.remote(need, piece, done >= total)
                self.workers.ask(asked, link)
                link(0.0, "sending an upload")
            return
        if need.key not in self._sent:
            self._sent[need.key] = self._ray.put(packed(content))
            while len(self._sent) > SENT:
                self._sent.popitem(last=False)
        self.workers.ask(worker.actor.give.remote(need, self._sent[need.key]), link)


def _error(name: str, sentence: str) -> SeeWhyError:
    """Return the error that a worker met."""
    kind = getattr(errors, name, SeeWhyError)
    known = isinstance(kind, type) and issubclass(kind, SeeWhyError)
    return kind(sentence) if known else SeeWhyError(sentence)
