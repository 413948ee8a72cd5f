"""The work of `dissect`: from what was asked to a folder with a table, records and figures."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from core.commands.entry_point import OK, complain
from core.commands.names import Names
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.waiting import wait_for
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks
from core.export.concept_report import command_of
from core.export.dissection import dissection_files
from core.files.writing import ready_folder, write_whole
from core.requests.command_line import dissection_from
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_dissection(args: argparse.Namespace, out: Path) -> int:
    """Dissect and write the files; a run that was stopped resumes where it was.

    Args:
        args: as `core.commands.dissect` declares them.
        out: folder, made where it is missing.

    Returns:
        The exit code.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    folder = ready_folder(out)
    progress, resources = Progress(), Resources()
    executor = LocalExecutor(resources)
    try:
        with Stop() as stop:
            result = _dissected(args, resources, executor, progress, stop)
            files = dissection_files(
                result, _command(result, args), threshold=args.threshold, kind=args.figures
            )
            for name, data in files:
                stop.check()
                write_whole(folder / name, data)
    finally:
        progress.clear()
        executor.close()
    units = sum(len(units) for units in result.layers)
    labelled = sum(int(units.labelled.sum()) for units in result.layers)
    progress.finish(f"{labelled} of {units} units labelled: {folder / 'descriptions.csv'}")
    return OK


def _dissected(
    args: argparse.Namespace,
    resources: Resources,
    executor: LocalExecutor,
    progress: Progress,
    stop: Stop,
) -> Dissection:
    """Find everything that is named, and dissect."""

    def tick(fraction: float, stage: str = "") -> None:
        stop.check()
        progress(fraction, stage)

    tick(0.0, "opening the probe pictures")
    names = Names(resources, allow_download=args.allow_download, tick=tick)
    request = dissection_from(args, names)
    if disk_blocks.default_root() is None:
        progress.clear()
        complain(disk_blocks.NOT_SAVED)
    result = wait_for(executor.submit(request), stop, progress)
    assert isinstance(result, Dissection)
    return result


def _command(result: Dissection, args: argparse.Namespace) -> str:
    """Return the command that writes the same files."""
    extra = [] if args.threshold is None else ["--threshold", f"{args.threshold:g}"]
    extra += ["--figures", args.figures] if args.figures != "png" else []
    return shlex.join([*shlex.split(command_of(result)), *extra])
