"""A worker that has the tiny classifier, and requests that wait, fail or end their process."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image

from core import Pixels, errors
from core.commands import probe_share, shard_work
from core.commands.probe_share import ProbeShareRequest, run_share
from core.commands.shard_request import SHARDS, ShardRequest
from core.commands.shard_work import run_shard
from core.concepts.run import disk_blocks
from core.concepts.vocabulary import Vocabulary
from core.explain.base import no_tick
from core.export.picture_lines import LINES
from core.models import load
from core.requests.keys import key_of
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.ray_worker import Worker
from core.work.resources import Resources
from tests.conftest import classifier_of, tiny_net
from tests.core.colours import COLOURS, Colours

KIND = "tests.core.work.tiny_worker:TinyWorker"
MORE = "tests.core.work.tiny_worker:HANDLERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Ticks and publishes the number of each step, until a file appears; says how it ended."""

    name: str
    folder: str
    steps: int = 1000

    @property
    def begun(self) -> Path:
        return Path(self.folder, f"{self.name}-begun")

    @property
    def go(self) -> Path:
        return Path(self.folder, f"{self.name}-go")

    @property
    def ended(self) -> Path:
        return Path(self.folder, f"{self.name}-ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """Raises an error of that name with that sentence."""

    error: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kills:
    """Ends its process, so many times; then gives how often it was begun."""

    folder: str
    times: int


def slow(request: Slow, resources: Resources, link: Link[Any]) -> str:
    with request.begun.open("a") as file:
        file.write("x")
    try:
        for step in range(request.steps):
            link.publish(step)
            link((step + 1) / (request.steps + 1), f"step {step}")
            if request.go.exists():
                break
            time.sleep(0.01)
    finally:
        request.ended.touch()
    return request.name


def fails(request: Fails, resources: Resources, link: Link[Any]) -> object:
    if hasattr(errors, request.error):
        raise getattr(errors, request.error)(request.sentence)
    raise RuntimeError(request.sentence)


def kills(request: Kills, resources: Resources, link: Link[Any]) -> int:
    begun = Path(request.folder, "begun")
    with begun.open("a") as file:
        file.write("x")
    count = len(begun.read_text())
    if count <= request.times:
        os._exit(1)
    return count


def trapped(request: ShardRequest, resources: Resources, link: Link[Any]) -> int:
    """Compute a share; once, where a file says so, end the process after its first picture."""
    trap, shard = Path(request.out).parent / "trap", Path(request.out, SHARDS, request.name)

    def watch() -> None:
        while not (shard / LINES).exists():
            time.sleep(0.001)
        os._exit(1)

    if trap.exists():
        trap.unlink()
        threading.Thread(target=watch, daemon=True).start()
    return run_shard(request, resources, link)


def hidden(request: ProbeShareRequest, resources: Resources, link: Link[Any]) -> str:
    """Show probe pictures, in a folder of its own where it does not see that of the command."""
    with (
        tempfile.TemporaryDirectory() as name,
        patch.object(disk_blocks, "default_root", lambda: Path(name)),
    ):
        return run_share(request, resources, link)


HANDLERS: Mapping[type, AnyHandler] = {
    **{kind: replace(each, run=hidden) for kind, each in probe_share.HANDLERS.items()},
    **{kind: replace(each, run=trapped) for kind, each in shard_work.HANDLERS.items()},
    Slow: Handler(run=slow, title=lambda request: "The wait", cost=lambda request, known: 100.0),
    Fails: Handler(run=fails, title=lambda request: "The failure"),
    Kills: Handler(run=kills, title=lambda request: "The trap"),
}


def with_tiny(resources: Resources) -> Resources:
    """Load the tiny classifier."""
    tiny = classifier_of(tiny_net())
    resources.models.get(key_of(tiny.reference), lambda: tiny)
    return resources


class SlowColours(Colours):
    """Takes so long that what is told meanwhile can be seen."""

    def __init__(self) -> None:
        super().__init__(Vocabulary("taught", COLOURS))

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> np.ndarray:
        time.sleep(0.03)
        return super().pictures(images)


class TinyWorker(Worker):
    """A worker that has the tiny classifier, and an encoder that knows colours."""

    def __init__(self, threads: int, folder: str, more: str = "") -> None:
        super().__init__(threads, folder, more)
        with_tiny(self.resources)
        concepts = self.resources.concepts
        concepts.encoder = lambda reference, tick=no_tick: SlowColours()  # type: ignore[method-assign]
        self.load = load.load
        load.load = lambda *given, **named: classifier_of(tiny_net())
