"""The work of `audit`: from a request to a folder with one page, one record, and all maps."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from core.commands.audit_log import AuditLog
from core.commands.audit_pictures import check_others, seen_of
from core.commands.audit_source import FolderSource
from core.commands.audit_truths import Truths
from core.commands.background import Writing
from core.commands.batch import Batch
from core.commands.checked_study import checked
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import Cancelled
from core.export.audit_page import audit_page
from core.export.audit_record import PAGE, RECORD, Report, record_parts
from core.export.picture_forms import IN_BULK, PictureForms
from core.figures.drawing.overlay import OverlayLook
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_parts, write_whole
from core.measure.audit.words import shortcut_lines, summary
from core.requests.audits import AuditRequest
from core.requests.command_line import command_of, without_folders
from core.work.auditing import Audited, Auditing
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources

ERRORS = "errors"
"""Folder of the maps of errors that are looked at closely."""


def write_audit(
    request: AuditRequest,
    resources: Resources,
    out: Path,
    look: OverlayLook,
    forms: PictureForms | None = None,
    at_once: int = 1,
    shard: tuple[int, int] = (1, 1),
    executor: LocalExecutor | None = None,
) -> int:
    """Explain every picture, then look at errors closely; files are written as results come.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        at_once: as in `Batch`.
        shard: as in `Batch`.
        executor: computes, and is closed at the end; one of this process when not given.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    request = replace(request, study=checked(request.study))
    folder, forms = ready_folder(out), forms or IN_BULK
    progress, executor = Progress(), executor or LocalExecutor(resources)
    try:
        with sole_writer(folder), Stop() as stop, Writing() as writing:
            truths = Truths(request, resources)
            batch = Batch(
                request.first,
                executor,
                progress,
                stop,
                shard,
                given=truths.given,
                beside=truths.files,
                at_once=at_once,
            )
            batch.check()
            check_others(request.study, resources)
            for note in truths.read(batch):
                batch.say(note)
            pictures = PictureLog(folder, look, forms, writing, batch.study.fit)
            errors = PictureLog(folder / ERRORS, look, forms, writing, batch.study.fit)
            logs = pictures, errors
            source = FolderSource(batch, executor, AuditLog(folder), progress, stop, logs)
            layers = [layer.path for layer in batch.summary.layers]
            auditing = Auditing(request, batch.summary.names, layers, source, look)
            auditing.notes += truths.notes
            audited = _audited(auditing, batch, pictures, errors)
            if audited is not None:
                _write(request, audited, batch, folder)
    finally:
        progress.clear()
        executor.close()
    if audited is not None:
        for line in (*summary(audited.found)[:1], f"Report: {folder / PAGE}"):
            print(line)
        print(shortcut_lines(audited.found)[0])
    return BAD_INPUT if batch.faults else OK


def _audited(
    auditing: Auditing, batch: Batch, pictures: PictureLog, errors: PictureLog
) -> Audited | None:
    """Look at every picture, then at what stands out; None where no picture can be read."""
    try:
        for outcome in batch.outcomes(pictures.stored):
            seen, traits = seen_of(outcome)
            pictures.take(outcome, lambda: batch.summary, traits)
            auditing.add(seen)
    except Cancelled:
        if batch.unfinished is not None:
            pictures.add(batch.unfinished, lambda: batch.summary)
        raise
    if not auditing.rows:
        return None
    pictures.finish(batch.reasons)
    made = auditing.finish()
    if errors.count:
        errors.finish(())
    return made


def _write(request: AuditRequest, audited: Audited, batch: Batch, folder: Path) -> None:
    """Write the record and the page."""
    about, summary_of = without_folders(request), batch.summary
    assert isinstance(about, AuditRequest)
    report = Report(
        request=about,
        found=audited.found,
        details=audited.details,
        model=summary_of.record,
        device=summary_of.device,
        command=shlex.join(["python", "-m", "core", *command_of(about), "--out", "audit"]),
        notes=audited.notes,
        faults=batch.reasons,
        strips=audited.strips,
    )
    write_parts(folder / RECORD, record_parts(report))
    write_whole(folder / PAGE, audit_page(report))
