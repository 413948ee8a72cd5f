"""`python -m core audit`: what pictures with known classes tell of a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.drawing_options import add_drawing
from core.commands.engine_option import add_engine, engine_asked, run_with
from core.commands.entry_point import complain
from core.commands.installation import ready
from core.commands.memory import PICTURES, RESULTS
from core.requests.command_line import audit_from
from core.requests.flags import add_audit, add_study
from core.requests.given import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and where the true classes are."""
    add_study(parser)
    add_audit(parser)
    parser.add_argument(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for audit.html, audit.json and everything that explain writes; what it "
        "already holds of the same request is not computed again",
    )
    add_drawing(parser)
    add_engine(parser)


def run(args: argparse.Namespace) -> int:
    """Explain every picture, look at the errors closely, write one page and one record.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.caching.store import Store
    from core.commands.audit_work import write_audit
    from core.commands.names import Names
    from core.export.picture_forms import PictureForms
    from core.figures.drawing.overlay import OverlayLook
    from core.requests.audits import AuditRequest
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources

    engine = engine_asked(args)
    _unpack(args)
    _find_table(args)
    resources = Resources(Store(RESULTS), pictures=PICTURES)
    forms = PictureForms(args.overlays, args.arrays == "npz", packed=False)
    look = OverlayLook(args.scale, args.opacity, args.contour)

    def ask() -> AuditRequest:
        return audit_from(args, Names(resources))

    def write(request: AuditRequest, executor: LocalExecutor | None = None) -> int:
        rest = forms, args.batch, args.shard, executor
        return write_audit(request, resources, args.out, look, *rest)

    return run_with(engine, resources, ask, write, args.out, look, forms, args.batch)


def _unpack(args: argparse.Namespace) -> None:
    """Take the pictures of a Parquet file, and their classes, from files beside the results."""
    from core.commands.audit_parquet import holds_pictures, unpack

    if len(args.pictures) != 1 or not holds_pictures(Path(args.pictures[0])):
        return
    folder, table = unpack(Path(args.pictures[0]), args.out, args.column, complain)
    args.pictures = [str(folder)]
    if table is not None and not args.table and not args.classes:
        args.table, args.column = str(table), ""


def _find_table(args: argparse.Namespace) -> None:
    """Take the table of true classes that lies in the folder of pictures, where there is one."""
    from core.models.true_class_files import lack_of, metadata_in

    if args.table or args.classes or len(args.pictures) != 1:
        return
    found = metadata_in(Path(args.pictures[0]))
    if found is None:
        return
    lack = "" if args.column else lack_of(found)
    if lack:
        complain(f"What folders are called counts: {lack}")
    else:
        args.table = str(found)
