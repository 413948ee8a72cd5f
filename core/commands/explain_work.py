"""The work of `explain`: from a request to a folder of overlays, raw values and one record."""

from __future__ import annotations

from pathlib import Path

from core.commands.background import Writing
from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import Cancelled
from core.export.lime_params import LimeParameters
from core.export.picture_forms import PictureForms
from core.figures.drawing.overlay import OverlayLook
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_whole
from core.requests.studies import StudyRequest
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_maps(
    study: StudyRequest,
    resources: Resources,
    out: Path,
    look: OverlayLook,
    forms: PictureForms | None = None,
    shard: tuple[int, int] = (1, 1),
    executor: LocalExecutor | None = None,
    at_once: int = 1,
) -> int:
    """Explain every picture and write its files at once; the record of all comes last.

    Args:
        study: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        shard: as in `Batch`.
        executor: computes, and is closed at the end; one of this process when not given.
        at_once: as in `Batch`.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    folder = ready_folder(out)
    progress, executor = Progress(), executor or LocalExecutor(resources)
    try:
        with sole_writer(folder), Stop() as stop, Writing() as writing:
            batch = Batch(study, executor, progress, stop, shard, at_once=at_once)
            batch.check()
            forms = forms or PictureForms()
            log = PictureLog(folder, look, forms, writing, batch.study.fit)
            _write_all(batch, log, folder, stop)
    finally:
        progress.clear()
        executor.close()
    many = f"{log.count} picture{'s' * (log.count != 1)}"
    progress.finish(f"{many} explained, {log.reused} from earlier, in {folder}")
    return BAD_INPUT if batch.faults else OK


def _write_all(batch: Batch, log: PictureLog, folder: Path, stop: Stop) -> None:
    """Write every picture's files, then the record of all."""
    lime_parameters = LimeParameters()
    try:
        for outcome in batch.outcomes(log.stored):
            stop.check()
            stem = log.take(outcome, lambda: batch.summary)
            lime_parameters.add(stem, outcome.explanations if any(outcome.superpixels) else ())
    except Cancelled:
        if batch.unfinished is not None:
            log.add(batch.unfinished, lambda: batch.summary)
        raise
    if log.count:
        for name, data in lime_parameters.files():
            stop.check()
            write_whole(folder / name, data)
        stop.check()
        log.finish(batch.reasons)
