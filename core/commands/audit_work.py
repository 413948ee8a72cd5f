"""The work of `audit`: from a request to a folder with one page, one record, and all maps."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.commands.audit_log import AuditLog
from core.commands.audit_source import FolderSource
from core.commands.background import Writing
from core.commands.batch import Batch
from core.commands.checked_study import checked
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.kept_traits import kept_traits, traits_record
from core.commands.outcome import Outcome
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import Cancelled, UnsupportedLayer
from core.explain import methods
from core.export.audit_page import audit_page
from core.export.audit_record import PAGE, RECORD, Report, record_parts
from core.export.picture_forms import IN_BULK, PictureForms
from core.figures.drawing.overlay import OverlayLook
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_parts, write_whole
from core.measure.audit.traits import traits_of
from core.measure.audit.words import shortcut_lines, summary
from core.models.class_names import find_index
from core.models.true_class_files import TrueClasses, read_true_classes
from core.requests.audits import UNKNOWN, AuditRequest
from core.requests.command_line import command_of, without_folders
from core.requests.keys import key_of
from core.requests.studies import StudyRequest, split_label
from core.work.auditing import Audited, Auditing, Seen
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
) -> int:
    """Explain every picture, then look at errors closely; files are written as results come.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        at_once: as in `Batch`.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    request = replace(request, study=checked(request.study))
    folder, forms = ready_folder(out), forms or IN_BULK
    progress, executor = Progress(), LocalExecutor(resources)
    try:
        with sole_writer(folder), Stop() as stop, Writing() as writing:
            truths = Truths(request, resources)
            batch = Batch(
                first_of(request.study),
                executor,
                progress,
                stop,
                given=truths if truths.are_given else None,
                beside=truths.files,
                at_once=at_once,
            )
            batch.check()
            check_others(request.study, resources)
            for note in truths.read(batch):
                batch.say(note)
            pictures = PictureLog(folder, look, forms, writing, batch.study.fit)
            errors = PictureLog(folder / ERRORS, look, forms, writing, batch.study.fit)
            source = FolderSource(
                batch, executor, AuditLog(folder), pictures, errors, progress, stop
            )
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
            key, seen = _seen(outcome)
            pictures.take(outcome, lambda: batch.summary, traits_record(key, seen.traits))
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


def _seen(outcome: Outcome) -> tuple[str, Seen]:
    """Return a picture as an audit takes it, and the key of its map; what is kept is not read."""
    guess = outcome.predictions[0]
    at = next(at for at, each in enumerate(outcome.maps) if each.class_index == guess.index)
    traits, stored = kept_traits(outcome, at), outcome.stored
    box = stored.box if stored else outcome.whole().prepared.box
    if traits is None:
        whole = outcome.whole()
        traits = traits_of(whole.prepared.picture.pixels, box, whole.explanations[at].shown)
    truth = outcome.truth[0] if outcome.truth else UNKNOWN
    seen = Seen(outcome.name, outcome.prediction, box, guess, truth, traits)
    return key_of(outcome.requests[at]), seen


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


def first_of(study: StudyRequest) -> StudyRequest:
    """Return the study with its first method alone, which explains every picture."""
    name = split_label(study.methods[0])[0]
    options = tuple(each for each in study.options if each[0] == name)
    return replace(study, methods=study.methods[:1], options=options)


def check_others(study: StudyRequest, resources: Resources) -> None:
    """Find out before anything is computed whether the other methods fit the model.

    Raises:
        UnsupportedLayer: one does not.
    """
    model = resources.classifier(study.model)
    for label in study.methods[1:]:
        method = methods.get(split_label(label)[0])
        for layer in study.layers or (model.default_layer,) if method.layered else ("",):
            if why := method.fits(model, layer):
                raise UnsupportedLayer(why)


class Truths:
    """The true classes of a command: from a table, typed, or what folders are called.

    Attributes:
        notes: sentences on what a table has that cannot be used.
    """

    def __init__(self, request: AuditRequest, resources: Resources) -> None:
        """Start without the model's classes, which `read` brings."""
        self._request, self._resources = request, resources
        self._table: TrueClasses | None = None
        self._typed: dict[Path, int] = {}
        self.notes: tuple[str, ...] = ()

    @property
    def are_given(self) -> bool:
        """Whether something else than folders says them."""
        return bool(self._request.table or self._request.classes)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that may lie among the pictures."""
        return (Path(self._request.table.name),) if self._request.table else ()

    def read(self, batch: Batch) -> tuple[str, ...]:
        """Read the table, or the typed classes; return what there is to say.

        Raises:
            SeeWhyError: it cannot be read, or a typed class does not exist.
        """
        names, table = batch.summary.names, self._request.table
        if table is not None:
            path = self._resources.offers.content(table.digest, Path, table.name)
            self._table = read_true_classes(path, self._request.column, names)
            unused = self._table.unused(batch.paths)
            self.notes = (*self._table.notes, *((unused,) if unused else ()))
        pictures = self._request.study.pictures if self._request.classes else ()
        for picture, text in zip(pictures, self._request.classes, strict=True):
            if text:
                self._typed[Path(picture.name).absolute()] = find_index(text, names)
        return self.notes

    def __call__(self, path: Path, names: Sequence[str]) -> int | None:
        """Return the true class of a picture; None where it is not known."""
        if self._table is not None:
            return self._table.of(path)
        whole = path.absolute()
        return next(
            (self._typed[each] for each in (whole, *whole.parents) if each in self._typed), None
        )
