"""A share of the probe pictures of a dissection, which a worker of Ray shows to model and encoder.

A share is whole blocks of pictures: who else computes changes no pass, and so no number. Where the
worker sees the folder of tables, it writes there; else it sends each block when it is done.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from core.concepts.run import disk_blocks
from core.concepts.run.activations import Tables
from core.errors import BadProbes
from core.requests.dissections import DissectionRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.concepts import loaded
from core.work.job import Link
from core.work.ray_call import Call
from core.work.resources import Resources

PASSES = 2.0 * disk_blocks.BLOCK
"""Cost of a block: the model sees each picture, and the encoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeShareRequest:
    """A share of the probe pictures of a dissection.

    Attributes:
        of: what is asked of all of them.
        blocks: numbers of the blocks.
        root: folder of all tables, where the command was started; empty where there is none.
        token: name of a file in it by which a worker knows it.
    """

    of: DissectionRequest
    blocks: tuple[int, ...]
    root: str
    token: str


class Block(NamedTuple):
    """A block that is sent.

    Attributes:
        key: of its table.
        number: of the block.
        data: its file.
    """

    key: str
    number: int
    data: bytes


def run_share(request: ProbeShareRequest, resources: Resources, link: Link[Any]) -> str:
    """Show the pictures of some blocks; return the device in words.

    Raises:
        SeeWhyError: something that is named cannot be had on this machine.
        Cancelled: it was stopped; blocks that were done stay, here or where they were sent.
    """
    try:
        inputs = loaded(request.of, resources, link)
    except BadProbes as error:
        raise BadProbes(f"On the machine {socket.gethostname()}: {error}") from error
    count = len(request.blocks)
    with _root(request) as (root, sees):
        tables = Tables(inputs, root)
        for done, number in enumerate(request.blocks):

            def tick(fraction: float, stage: str = "", done: int = done) -> None:
                link((done + fraction) / count, stage)

            tables.fill(tick, [number])
            if not sees:
                _send(tables, number, link)
        return tables.shown_on


@contextmanager
def _root(request: ProbeShareRequest) -> Iterator[tuple[Path, bool]]:
    """Give the folder of tables, and whether it is that of the command."""
    own = disk_blocks.default_root()
    for place in filter(None, (Path(request.root) if request.root else None, own)):
        if request.root and (place / request.token).is_file():
            yield place, True
            return
    if own is not None:
        yield own, False
        return
    with tempfile.TemporaryDirectory(prefix="seewhy-share-") as name:
        yield Path(name), False


def _send(tables: Tables, number: int, link: Link[Any]) -> None:
    assert isinstance(link, Call)
    for part in tables.parts:
        data = part.packed(number)
        if data is not None:  # pictures that changed meanwhile go to no disk
            link.send(Block(part.key, number, data))


HANDLERS: Mapping[type, AnyHandler] = {
    ProbeShareRequest: Handler(
        run=run_share,
        title=lambda request: "A share of the probe pictures",
        cost=lambda request, resources: PASSES * len(request.blocks),
        keep=False,
    ),
}
