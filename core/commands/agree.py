"""`python -m core agree`: how far methods agree on many pictures, with a report."""

from __future__ import annotations

import argparse
from datetime import date

from core.commands.drawing_options import add_drawing
from core.commands.engine_option import add_engine, engine_asked, run_with
from core.commands.installation import ready
from core.commands.memory import PICTURES, RESULTS
from core.requests.command_line import agreement_from
from core.requests.flags import add_agreement, add_study
from core.requests.given import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and what a map marks."""
    add_study(parser)
    add_agreement(parser)
    parser.add_argument(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for the report, the table and everything that explain writes; what it "
        "already holds of the same request is not computed again",
    )
    add_drawing(parser)
    add_engine(parser)
    add = parser.add_argument_group("report", "What the report says of itself.").add_argument
    add("--title", default="", metavar="TEXT", help="title of the report")
    add("--author", default="", metavar="TEXT", help="who made it")
    add("--notes", default="", metavar="TEXT", help="paragraphs under the title, one a line")
    add("--date", default="", metavar="TEXT", help="default: today where there is an author")


def run(args: argparse.Namespace) -> int:
    """Explain, compare, write the report.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.caching.store import Store
    from core.commands.agree_work import write_agreement
    from core.commands.names import Names
    from core.export.picture_forms import PictureForms
    from core.export.preface import Preface
    from core.figures.drawing.overlay import OverlayLook
    from core.requests.agreements import AgreementRequest
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources

    today = date.today().isoformat() if args.author else ""
    preface = Preface(args.title, args.author, args.date or today, args.notes)
    resources = Resources(Store(RESULTS), pictures=PICTURES)
    forms = PictureForms(args.overlays, args.arrays == "npz", packed=False)
    look = OverlayLook(args.scale, args.opacity, args.contour)

    def ask() -> AgreementRequest:
        return agreement_from(args, Names(resources))

    def write(request: AgreementRequest, executor: LocalExecutor | None = None) -> int:
        rest = preface, forms, args.shard, executor, args.batch
        return write_agreement(request, resources, args.out, look, *rest)

    return run_with(engine_asked(args), resources, ask, write, args.out, look, forms, args.batch)
