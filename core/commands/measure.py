"""`python -m core measure`: how far maps can be trusted, in numbers beside controls."""

from __future__ import annotations

import argparse

from core.commands.drawing_options import add_drawing
from core.commands.engine_option import add_engine, engine_asked, run_with
from core.commands.installation import ready
from core.commands.memory import PICTURES, RESULTS
from core.requests.command_line import measured_study_from
from core.requests.flags import add_measures, add_study, add_truth
from core.requests.given import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and what is measured."""
    add_study(parser)
    add_measures(parser)
    add_truth(parser)
    parser.add_argument(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for measures.csv, .json and .html and all that explain writes, made where it "
        "is missing; what it already holds of the same request is not computed again",
    )
    add_drawing(parser)
    add_engine(parser)


def run(args: argparse.Namespace) -> int:
    """Measure the maps of each picture.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.caching.store import Store
    from core.commands.measure_work import write_measures
    from core.commands.names import Names
    from core.export.picture_forms import PictureForms
    from core.figures.drawing.overlay import OverlayLook
    from core.requests.measures import MeasuredStudyRequest
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources

    resources = Resources(Store(RESULTS), pictures=PICTURES)
    forms = PictureForms(args.overlays, args.arrays == "npz", packed=False)
    look = OverlayLook(args.scale, args.opacity, args.contour)

    def ask() -> MeasuredStudyRequest:
        return measured_study_from(args, Names(resources))

    def write(request: MeasuredStudyRequest, executor: LocalExecutor | None = None) -> int:
        rest = forms, args.shard, executor, args.batch
        return write_measures(request, resources, args.out, look, *rest)

    return run_with(engine_asked(args), resources, ask, write, args.out, look, forms, args.batch)
