"""`python -m core explain`: heat maps of pictures, as files."""

from __future__ import annotations

import argparse

from core.commands.drawing_options import add_drawing
from core.commands.engine_option import add_engine, engine_asked, run_with
from core.commands.installation import ready
from core.commands.memory import PICTURES, RESULTS
from core.requests.command_line import study_from
from core.requests.flags import add_study
from core.requests.given import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_study(parser)
    add = parser.add_argument
    add(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for STEM_METHOD.png, STEM.npz, pictures.jsonl, explain.json, and "
        "lime_params.json and .pkl where lime ran; made where it is missing",
    )
    add_drawing(parser, "png")
    add_engine(parser)


def run(args: argparse.Namespace) -> int:
    """Write overlays and raw values of each picture, and one record of all.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready()
    from core.caching.store import Store
    from core.commands.explain_work import write_maps
    from core.commands.names import Names
    from core.export.picture_forms import PictureForms
    from core.figures.drawing.overlay import OverlayLook
    from core.requests.studies import StudyRequest
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources

    resources = Resources(Store(RESULTS), pictures=PICTURES)
    forms = PictureForms(args.overlays, args.arrays == "npz")
    look = OverlayLook(args.scale, args.opacity, args.contour)

    def ask() -> StudyRequest:
        return study_from(args, Names(resources))

    def write(study: StudyRequest, executor: LocalExecutor | None = None) -> int:
        rest = forms, args.shard, executor, args.batch
        return write_maps(study, resources, args.out, look, *rest)

    return run_with(engine_asked(args), resources, ask, write, args.out, look, forms, args.batch)
