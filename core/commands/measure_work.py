"""The work of `measure`: from a request to a table and a record of numbers."""

from __future__ import annotations

from pathlib import Path

from core.commands.agree_work import shell_command
from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.progress import Progress
from core.commands.spacing import Spacing
from core.commands.stop import Stop
from core.commands.truth_masks import TruthMasks
from core.export.measures_report import PAGE, measures_page
from core.files.writing import ready_folder, write_whole
from core.requests.measures import MeasuredStudyRequest
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_measures(request: MeasuredStudyRequest, resources: Resources, out: Path) -> int:
    """Measure the maps of every picture; the files hold what was measured so far at any time.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.

    Returns:
        The exit code: bad input when a picture could not be measured.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    chosen = chosen_measures(request.measures, truth=request.truth is not None)
    folder = ready_folder(out)
    progress, executor = Progress(), LocalExecutor(resources)
    try:
        with Stop() as stop:
            batch = Batch(request.study, executor, progress, stop)
            batch.check()
            truth = TruthMasks(request.truth, batch, resources) if request.truth else None
            maps = MeasuredMaps(
                batch, chosen, request.settings, folder, executor, progress, stop, truth
            )
            pictures = _write(batch, maps, folder, shell_command(request, "measures"))
    finally:
        progress.clear()
        executor.close()
    progress.finish(f"{pictures} picture{'s' * (pictures != 1)} measured in {folder}")
    return BAD_INPUT if batch.faults else OK


def _write(batch: Batch, maps: MeasuredMaps, folder: Path, command: str) -> int:
    """Measure picture by picture; return how many there are."""

    def write(*, finished: bool = False) -> None:
        summary = batch.summary
        for name, data in maps.files(summary.record, summary.device, command, finished=finished):
            write_whole(folder / name, data)
        page = measures_page(maps.rows, summary.record, summary.device, command, batch.reasons)
        write_whole(folder / PAGE, page)

    count, spacing = 0, Spacing()
    try:
        for explained in batch.explained():
            count += 1
            maps.add(explained)
            spacing(write)
    except BaseException:  # also when it is stopped: what was measured is not lost
        if count:
            write()
        raise
    write(finished=True)
    return count
