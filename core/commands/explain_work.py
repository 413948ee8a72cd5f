"""The work of `explain`: from a request to a folder of overlays, raw values and one record."""

from __future__ import annotations

from pathlib import Path

from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.export.bundle import RECORD, picture_files
from core.export.lime_params import LimeParameters
from core.export.names import Namer
from core.export.record import document, picture_record
from core.figures.drawing.overlay import OverlayLook
from core.files.writing import ready_folder, write_whole
from core.requests.studies import StudyRequest
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_maps(study: StudyRequest, resources: Resources, out: Path, look: OverlayLook) -> int:
    """Explain every picture and write its files at once; the record of all comes last.

    Args:
        study: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing.
        look: how overlays are drawn.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    folder = ready_folder(out)
    progress, executor = Progress(), LocalExecutor(resources)
    try:
        with Stop() as stop:
            batch = Batch(study, executor, progress, stop)
            batch.check()
            records = _write_all(batch, folder, look, stop)
    finally:
        progress.clear()
        executor.close()
    many = f"{len(records)} picture{'s' * (len(records) != 1)}"
    progress.finish(f"{many} explained in {folder}")
    return BAD_INPUT if batch.faults else OK


def _write_all(
    batch: Batch, folder: Path, look: OverlayLook, stop: Stop
) -> list[dict[str, object]]:
    """Write every picture's files, then the record of all, and return the pictures' records."""
    namer = Namer()
    records: list[dict[str, object]] = []
    lime_parameters = LimeParameters()
    for explained in batch.explained():
        stem = namer.name(explained.prepared.picture.stem)
        names = []
        for name, data in picture_files(explained, stem, look):
            stop.check()
            write_whole(folder / name, data)
            names.append(name)
        records.append(picture_record(explained, names))
        lime_parameters.add(stem, explained.explanations)
    if records:
        for name, data in lime_parameters.files():
            stop.check()
            write_whole(folder / name, data)
        summary = batch.summary
        text = document(
            summary.record, batch.study.fit, summary.device, records, faults=batch.reasons
        )
        stop.check()
        write_whole(folder / RECORD, text)
    return records
