"""The work of `dissect`: from what was asked to a folder with a table, records and figures."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from core.commands.check_work import Checks
from core.commands.engine_option import engine_asked
from core.commands.entry_point import BAD_INPUT, OK, complain
from core.commands.names import Names
from core.commands.probe_tables import TABLES, adopt, remove_tables, show_share
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.waiting import shown, wait_for
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks
from core.concepts.run.activations import Tables
from core.concepts.run.dissect import Fill
from core.explain.base import Tick
from core.export.concept_checks import checks_text
from core.export.concept_report import command_of
from core.export.dissection import check_files, dissection_files
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_whole
from core.requests.command_line import dissection_from
from core.requests.dissections import DissectionRequest
from core.work.handlers.concepts import loaded
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_dissection(args: argparse.Namespace, out: Path) -> int:
    """Dissect and write the files; a run that was stopped resumes where it was.

    Args:
        args: as `core.commands.dissect` declares them.
        out: folder, made where it is missing.

    Returns:
        The exit code: bad input when a picture could not be checked.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    folder, engine = ready_folder(out), engine_asked(args)
    progress, resources = Progress(), Resources()
    with ExitStack() as stack:
        stack.callback(progress.clear)
        stop = stack.enter_context(Stop())
        stack.enter_context(sole_writer(folder))
        tick = shown(progress, stop)
        executor = checking = LocalExecutor(resources)
        fill: Fill = Tables.fill
        if engine.is_ray:
            from core.commands.spread_probes import ProbeSpreading

            spreading = ProbeSpreading(engine, resources, tick)
            stack.callback(spreading.close)
            checking, fill = spreading.executor, spreading.fill
        stack.callback(executor.close)  # its work waits for the workers, so it ends before them
        resources.concepts.fill = partial(_filled, folder, fill)
        request = _request(args, resources, tick)
        checks = None
        if args.check:
            checks = Checks(request, args.check, checking, progress, stop)
        result = _dissected(request, executor, progress, stop)
        files = dissection_files(
            result, _command(result, args), threshold=args.threshold, kind=args.figures
        )
        for name, data in files:
            stop.check()
            write_whole(folder / name, data)
        remove_tables(folder)
        if checks is not None:
            checks.run(result)
            for name, data in check_files(result, checks.rows, args.threshold):
                write_whole(folder / name, data)
    units = sum(len(units) for units in result.layers)
    labelled = sum(int(units.labelled.sum()) for units in result.layers)
    progress.finish(f"{labelled} of {units} units labelled: {folder / 'descriptions.csv'}")
    if checks is None:
        return OK
    if checks.rows:
        _show(checks_text(checks.rows))
    return BAD_INPUT if checks.faults else OK


def write_share(args: argparse.Namespace, out: Path) -> int:
    """Show a share of the probe pictures and leave the tables; a stopped run resumes.

    Args:
        args: as `core.commands.dissect` declares them.
        out: folder, made where it is missing.

    Returns:
        The exit code: bad input when pictures changed while they were read.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    engine_asked(args)
    folder, progress, resources = ready_folder(out), Progress(), Resources()
    with Stop() as stop, sole_writer(folder):
        tick = shown(progress, stop)
        try:
            inputs = loaded(_request(args, resources, tick), resources, tick)
            tables = Tables(inputs, ready_folder(folder / TABLES))
            count = show_share(tables, folder, args.shard, tick)
        finally:
            progress.clear()
    part, parts = args.shard
    progress.finish(f"Share {part} of {parts}, {count} of {tables.blocks} blocks: {folder}")
    if tables.changed:
        complain(f"{tables.changed} pictures changed while they were read: run the command again.")
    return BAD_INPUT if tables.changed else OK


def _show(text: str) -> None:
    """Print a text, whatever the output's encoding can write."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def _request(args: argparse.Namespace, resources: Resources, tick: Tick) -> DissectionRequest:
    """Find everything that is named."""
    tick(0.0, "opening the probe pictures")
    names = Names(resources, allow_download=args.allow_download, tick=tick)
    return dissection_from(args, names)


def _filled(folder: Path, fill: Fill, tables: Tables, tick: Tick) -> None:
    """Take over what shares have left in the folder of results, and fill what is missing."""
    adopt(folder, tables, tick)
    fill(tables, tick)


def _dissected(
    request: DissectionRequest, executor: LocalExecutor, progress: Progress, stop: Stop
) -> Dissection:
    """Dissect, and say so where it is not kept."""
    if disk_blocks.default_root() is None:
        progress.clear()
        complain(disk_blocks.NOT_SAVED)
    result = wait_for(executor.submit(request), stop, progress)
    assert isinstance(result, Dissection)
    return result


def _command(result: Dissection, args: argparse.Namespace) -> str:
    """Return the command that writes the same files."""
    extra = [] if args.threshold is None else ["--threshold", f"{args.threshold:g}"]
    extra += [f"--check={Path(name).name or name}" for name in args.check]
    extra += ["--figures", args.figures] if args.figures != "png" else []
    return shlex.join([*shlex.split(command_of(result)), *extra])
