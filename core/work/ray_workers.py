"""The workers of a cluster: which of them a request goes to, and what they are asked."""

from __future__ import annotations

import pkgutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from core.errors import BadOption, SeeWhyError
from core.explain.base import Tick, no_tick
from core.explain.perturb.sample_cache import view_key
from core.requests.keys import key_of
from core.requests.maps import OfSamples, SamplesRequest
from core.requests.plain import as_plain
from core.requests.references import ModelRef, PictureRef
from core.work.ray_cluster import ROOT, Plan, options_of
from core.work.ray_contents import parts_of

WORKER = "core.work.ray_worker:Worker"
READY, SILENT = 120.0, 60.0
"""Seconds until a first worker must be there, and in which one that was asked must answer."""
AT_ONCE = 0.3
"""Seconds that a page waits for the answer to a question."""
KEPT = 30.0
"""Seconds for which an answer is kept."""
REMEMBERED = 512
"""Pictures of which is known where they were computed last."""
PAUSED = 1.0
"""Seconds in a tick after which a call counts as paused: it leaves its worker to others."""
NO_PICTURE = PictureRef("", "")


class WorkerLost(Exception):
    """A worker has died, or does not answer any more."""


@dataclass(slots=True, eq=False)
class RayWorker:
    """One worker, as it is known here.

    Attributes:
        actor: Ray's handle.
        life: which start of it is meant; empty until it has said hello.
        models: keys of the models that it was asked about.
        pictures, views: what it computed lately, and which samples it holds, the oldest first.
        calls: its calls, each with the time since which it is in a tick here, else None.
    """

    actor: Any
    hello: Any
    life: str = ""
    models: set[str] = field(default_factory=set)
    pictures: OrderedDict[str, None] = field(default_factory=OrderedDict)
    views: OrderedDict[str, None] = field(default_factory=OrderedDict)
    calls: dict[str, float | None] = field(default_factory=dict)

    def load(self, now: float) -> int:
        """Return how many calls compute."""
        return sum(since is None or now - since < PAUSED for since in self.calls.values())

    def remember(self, marks: Marks) -> None:
        """Note what a request leaves here."""
        self.models |= marks.models
        for store, keys in ((self.pictures, marks.pictures), (self.views, marks.views)):
            for key in keys:
                store[key] = None
                store.move_to_end(key)
            while len(store) > REMEMBERED:
                store.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells where a request is best computed: keys of its models, pictures and samples."""

    models: frozenset[str]
    pictures: frozenset[str]
    views: frozenset[str]

    @classmethod
    def of(cls, request: object) -> Marks:
        """Return those of a request."""
        parts = list(parts_of(request))
        return cls(
            frozenset(key_of(part) for part in parts if isinstance(part, ModelRef)),
            frozenset(part.digest for part in parts if isinstance(part, PictureRef)),
            frozenset(view_key(part) for part in parts if isinstance(part, SamplesRequest)),
        )


class RayWorkers:
    """All of them. Safe to use from any thread.

    Attributes:
        ray: the library.
        all: of them, also those that are not there yet.
        devices: of the first worker that was there.
    """

    def __init__(
        self,
        ray: Any,  # noqa: ANN401 - a module without types
        plan: Plan,
        kind: str = WORKER,
        more: str = "",
        tick: Tick = no_tick,
    ) -> None:
        """Start them and wait for the first.

        Args:
            ray: the library, connected.
            plan: how many, and how large.
            kind: `module:NAME` of the class.
            more: `module:NAME` of further handlers; empty for none.
            tick: told that they are waited for; may raise to stop.

        Raises:
            BadOption: none is there in time.
            Cancelled: raised by `tick`.
        """
        self.ray, self._lock = ray, threading.Lock()
        self._answers: dict[tuple[str, str], tuple[object, float]] = {}
        made = ray.remote(pkgutil.resolve_name(kind)).options(**options_of(plan))
        self.all: list[RayWorker] = []
        for _ in range(plan.count):
            actor = made.remote(plan.cores, str(Path.cwd()), more)
            self.all.append(RayWorker(actor, actor.hello.remote()))
        self.devices: tuple[str, ...] = ()
        self._why = ""
        try:
            self._wait(lambda: any(each.life for each in self.all), tick)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self.all)

    def take(self, call: str, request: object, tick: Tick) -> RayWorker:
        """Return the worker for a request, once there is one; `give_back` must follow.

        Raises:
            BadOption: all are gone, and none comes back in time.
            Cancelled: raised by `tick`.
        """
        marks = Marks.of(request)
        self._wait(lambda: self._best(marks) is not None, tick)
        with self._lock:
            worker = self._best(marks) or self.all[0]
            worker.calls[call] = None
            worker.remember(marks)
            return worker

    def give_back(self, call: str, worker: RayWorker) -> None:
        """Say that a call has ended."""
        with suppress(Exception):  # the worker or the whole cluster may be gone
            worker.actor.drop.remote(call)
        with self._lock:
            worker.calls.pop(call, None)

    def settled(self, seconds: float) -> bool:
        """Wait at most so long until no call is left; return whether that is so."""
        end = time.monotonic() + seconds
        while any(each.calls for each in self.all):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def lost(self, worker: RayWorker, life: str) -> None:
        """Say that a worker died in that life: it is asked for its next one."""
        with self._lock:
            if worker.life != life:
                return
            worker.life = ""
            for known in (worker.models, worker.pictures, worker.views):
                known.clear()
            worker.hello = worker.actor.hello.remote()

    def ask(self, reference: Any, tick: Tick) -> Any:  # noqa: ANN401 - what the method returns
        """Return what a method of a worker returns.

        Raises:
            WorkerLost: it has died, or is silent.
            SeeWhyError: the whole cluster is gone.
            Cancelled: raised by `tick`.
        """
        errors, silent = self.ray.exceptions, time.monotonic() + SILENT
        while True:
            try:
                return self.ray.get(reference, timeout=1.0)
            except errors.GetTimeoutError as error:
                if time.monotonic() > silent:
                    raise WorkerLost from error
                tick(0.0, "")
            except errors.RayActorError as error:
                raise WorkerLost from error
            except errors.RayTaskError as error:
                cause = getattr(error, "cause", None)
                if isinstance(cause, SeeWhyError):
                    raise cause from None
                raise
            except (ConnectionError, errors.RaySystemError) as error:
                raise SeeWhyError(
                    "The Ray cluster does not answer any more: start it again, and then SeeWhy."
                ) from error

    def answer(self, question: str, request: object) -> object | None:
        """Return the answer to one of `core.work.asking.QUESTIONS`; None where nobody knows now.

        Samples are where they were computed, and what there is of them changes; all else is the
        same for every picture and is asked now and then.
        """
        if isinstance(request, OfSamples):
            return None  # as many passes as samples are missing, which is asked for itself
        marks, now = Marks.of(request), time.monotonic()
        samples = isinstance(request, SamplesRequest)
        key = question, "" if samples else key_of(_without_picture(request))
        known = self._answers.get(key)
        if not samples and known is not None and now - known[1] < KEPT:
            return known[0]
        with self._lock:
            holding = (
                each
                for each in self.all
                if each.life
                and (marks.views <= set(each.views) if samples else marks.models <= each.models)
            )
            worker = next(holding, None)
        value: object | None = None
        if worker is not None:
            with suppress(Exception):  # late or gone: what was known before has to do
                asked = worker.actor.answer.remote(question, as_plain(request))
                value = self.ray.get(asked, timeout=AT_ONCE)
        if value is None or samples:
            return known[0] if value is None and known and not samples else value
        if len(self._answers) > REMEMBERED:
            self._answers.clear()
        self._answers[key] = value, now
        return value

    def close(self) -> None:
        """End them."""
        with suppress(Exception):  # the cluster may be gone
            left = [each.actor.leave.remote() for each in self.all if each.life]
            self.ray.wait(left, num_returns=len(left), timeout=AT_ONCE)
        for worker in self.all:
            with suppress(Exception):
                self.ray.kill(worker.actor)

    def _best(self, marks: Marks) -> RayWorker | None:
        """Return the worker to go to: with the samples, idle, with the model, the picture."""
        now = time.monotonic()

        def rank(worker: RayWorker) -> tuple[bool, int, bool, bool]:
            return (
                not (marks.views and marks.views <= set(worker.views)),
                worker.load(now),
                not marks.models <= worker.models,
                not marks.pictures <= set(worker.pictures),
            )

        self.greet()
        return min((each for each in self.all if each.life), key=rank, default=None)

    def greet(self) -> None:
        """Hear which of the new workers are there."""
        for worker in self.all:
            if worker.life:
                continue
            there, _ = self.ray.wait([worker.hello], timeout=0)
            if not there:
                continue
            try:
                worker.life, self.devices = self.ray.get(worker.hello)
            except self.ray.exceptions.RayActorError as error:
                self._why = " ".join(str(error).split())
                worker.hello = worker.actor.hello.remote()

    def _wait(self, there: Callable[[], bool], tick: Tick) -> None:
        end = time.monotonic() + READY
        self._why = ""
        while True:
            self.greet()
            if there():
                return
            if time.monotonic() > end or "ModuleNotFoundError" in self._why:
                raise BadOption(_no_worker(self._why, self._place))
            tick(0.0, "waiting for a worker of Ray")
            time.sleep(0.05)

    @property
    def _place(self) -> str:
        """Address of the cluster, which a person may have joined without knowing; or empty."""
        with suppress(Exception):
            return str(self.ray.get_runtime_context().gcs_address)
        return ""


def _without_picture(request: object) -> object:
    changes: dict[str, Any] = {"picture": NO_PICTURE} if hasattr(request, "picture") else {}
    return replace(cast("Any", request), **changes)


def _no_worker(why: str, place: str) -> str:
    """Return what a person is told where no worker came."""
    if "ModuleNotFoundError" in why:
        return (
            f"The workers of Ray cannot import SeeWhy ({why[-200:]}): have this folder, {ROOT}, "
            "and the same packages on every machine of the cluster."
        )
    reason = f" ({why[-200:]})" if why else ""
    return (
        f"No worker of Ray was ready within {READY:.0f} s{reason}: other work may hold the cores "
        f"of the cluster at {place or 'its address'}; wait for it, set SEEWHY_RAY_CORES to fewer, "
        "or RAY_ADDRESS=local to start a cluster of your own."
    )
