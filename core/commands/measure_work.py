"""The work of `measure`: from a request to maps, a table and a record of numbers."""

from __future__ import annotations

from pathlib import Path

from core.commands.agree_work import shell_command
from core.commands.background import Writing
from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.truth_masks import TruthMasks
from core.errors import Cancelled
from core.export.measures_report import PAGE, measures_page
from core.export.picture_forms import IN_BULK, PictureForms
from core.figures.drawing.overlay import OverlayLook
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_parts, write_whole
from core.requests.measures import MeasuredStudyRequest
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_measures(
    request: MeasuredStudyRequest,
    resources: Resources,
    out: Path,
    look: OverlayLook | None = None,
    forms: PictureForms | None = None,
    shard: tuple[int, int] = (1, 1),
    executor: LocalExecutor | None = None,
    at_once: int = 1,
) -> int:
    """Measure the maps of every picture; each value and each map is written as it comes.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        shard: as in `Batch`.
        executor: computes, and is closed at the end; one of this process when not given.
        at_once: as in `Batch`.

    Returns:
        The exit code: bad input when a picture could not be measured.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    chosen = chosen_measures(request.measures, truth=request.truth is not None)
    folder = ready_folder(out)
    progress, executor = Progress(), executor or LocalExecutor(resources)
    try:
        with sole_writer(folder), Stop() as stop, Writing() as writing:
            batch = Batch(request.study, executor, progress, stop, shard, at_once=at_once)
            batch.check()
            truth = TruthMasks(request.truth, batch, resources) if request.truth else None
            maps = MeasuredMaps(
                batch, chosen, request.settings, folder, executor, progress, stop, truth
            )
            log = PictureLog(
                folder, look or OverlayLook(), forms or IN_BULK, writing, batch.study.fit
            )
            _write(batch, maps, log, folder, shell_command(request, "measures"))
    finally:
        progress.clear()
        executor.close()
    progress.finish(f"{log.count} picture{'s' * (log.count != 1)} measured in {folder}")
    return BAD_INPUT if batch.faults else OK


def _write(batch: Batch, maps: MeasuredMaps, log: PictureLog, folder: Path, command: str) -> None:
    """Measure picture by picture; the tables are written at the end, also where it is stopped."""

    def write() -> None:
        for name, parts in maps.files(log.model, log.device, command):
            write_parts(folder / name, parts)
        page = measures_page(maps.rows, log.model, log.device, command, batch.reasons)
        write_whole(folder / PAGE, page)

    try:
        for outcome in batch.outcomes(log.stored):
            log.take(outcome, lambda: batch.summary)
            maps.add(outcome)
    except BaseException as error:
        if isinstance(error, Cancelled) and batch.unfinished is not None:
            log.add(batch.unfinished, lambda: batch.summary)
        if log.count:
            write()
        raise
    if not log.count:
        return
    write()
    maps.finish()
    log.finish(batch.reasons)
