"""Who computes: the option of every command for many pictures."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from core.errors import BadOption
from core.work.engine import CORES, FORMS, Engine, engine_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.commands.shard_request import AnyStudy
    from core.export.picture_forms import PictureForms
    from core.figures.drawing.overlay import OverlayLook
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources

S = TypeVar("S", bound="AnyStudy")
ALONE = (1, 1)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add where the work is done."""
    parser.add_argument(
        "--engine",
        default="local",
        metavar="NAME",
        help=f"who computes: {FORMS}; default local, this process. ray joins the Ray cluster of "
        f"this machine or starts one; the environment's {CORES} says how many cores a worker takes",
    )


def read_shard(text: str) -> tuple[int, int]:
    """Read `I/N`.

    Raises:
        ArgumentTypeError: it is no share.
    """
    part, _, whole = text.partition("/")
    if part.isdecimal() and whole.isdecimal() and 1 <= int(part) <= int(whole):
        return int(part), int(whole)
    raise argparse.ArgumentTypeError(f"{text!r} is no share: give 1/4, 2/4, ... or 4/4")


def engine_asked(args: argparse.Namespace) -> Engine:
    """Return the engine that the arguments name.

    Raises:
        BadOption: there is none of that name, or the pictures are shared out already.
    """
    engine = engine_of(args.engine, os.environ.get(CORES, ""))
    if engine.is_ray and getattr(args, "shard", ALONE) != ALONE:
        raise BadOption("--engine ray shares the pictures out itself: leave --shard away.")
    return engine


def run_with(
    engine: Engine,
    resources: Resources,
    ask: Callable[[], S],
    write: Callable[[S, LocalExecutor | None], int],
    out: Path,
    look: OverlayLook,
    forms: PictureForms,
    at_once: int = 1,
) -> int:
    """Do a command for many pictures with an engine.

    Args:
        engine: which.
        resources: of this process.
        ask: makes the request.
        write: does the command, with this executor or one of its own.
        out: folder of the results.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        at_once: as in `Batch`.

    Returns:
        The exit code.

    Raises:
        SeeWhyError: nothing could be done.
    """
    if not engine.is_ray:
        return write(ask(), None)
    from core.commands.spread_work import spread

    return spread(engine, resources, ask, write, out, look, forms, at_once)
