"""The work of `agree`: from a request to a folder with overlays, a table and a report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.faults import Fault
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import Cancelled
from core.explain.methods import title_of
from core.export.bundle import RECORD, picture_files
from core.export.lime_params import LimeParameters
from core.export.names import Namer
from core.export.preface import Preface
from core.export.reading import Folder
from core.export.record import Explained, document, picture_record
from core.export.report import Report, report_files
from core.figures.drawing.overlay import OverlayLook
from core.files.writing import ready_folder, write_whole
from core.measure.agreement import pairs
from core.measure.masks import default_rule
from core.measure.study import Row
from core.requests.agreements import AgreementRequest
from core.requests.command_line import CommandRequest, command_of, without_folders
from core.requests.keys import key_of
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_agreement(
    request: AgreementRequest,
    resources: Resources,
    out: Path,
    look: OverlayLook,
    preface: Preface | None = None,
) -> int:
    """Explain and compare every picture; files are written as results come.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        preface: title, author, date and notes of the report.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    chosen = chosen_measures(request.measures)
    folder = ready_folder(out)
    progress, executor = Progress(), LocalExecutor(resources)
    try:
        with Stop() as stop:
            batch = Batch(request.study, executor, progress, stop)
            measured = MeasuredMaps(
                batch, chosen, request.settings, folder, executor, progress, stop
            )
            comparison = _Comparison(
                batch, folder, look, preface or Preface(), stop, measured if chosen else None
            )
            rows = comparison.write(request)
    finally:
        progress.clear()
        executor.close()
    many = f"{len(rows)} picture{'s' * (len(rows) != 1)}"
    progress.finish(f"{many} compared, {comparison.reused} from earlier: {folder / 'report.html'}")
    return BAD_INPUT if batch.faults else OK


class _Comparison:
    """One run over all pictures of a command.

    Attributes:
        reused: pictures whose maps were all there already.
    """

    def __init__(
        self,
        batch: Batch,
        folder: Path,
        look: OverlayLook,
        preface: Preface,
        stop: Stop,
        measured: MeasuredMaps | None,
    ) -> None:
        self.reused, self._preface, self._measured = 0, preface, measured
        self._batch, self._folder, self._look, self._stop = batch, folder, look, stop
        self._stored = Folder(folder)
        self._namer = Namer()
        self._records: list[dict[str, object]] = []
        self._model: Mapping[str, object] = {}
        self._device = ""
        self._is_stopped = False

    def write(self, request: AgreementRequest) -> list[Row]:
        """Write every picture's files as it is done, then the table and the report."""
        outline = request.study.lime.outline
        parameters = LimeParameters()
        rows: list[Row] = []
        results: list[Explained] = []
        command = shell_command(request, "report", self._preface)
        for explained in self._explained():
            stem = self._write_picture(explained)
            self._measure(explained, command)
            parameters.add(stem, explained.explanations)
            rules = [
                default_rule(each, request.top, outline.superpixels)
                for each in explained.explanations
            ]
            compared = pairs(explained.explanations, rules)
            index = explained.explanations[0].class_index
            guess = next((each for each in explained.predictions if each.index == index), None)
            rows.append(
                Row(
                    explained.prepared.picture.name,
                    guess,
                    compared,
                    truth=explained.truth[1] if explained.truth else "",
                    right=explained.right,
                )
            )
            results.append(explained)
        of_measures = self._measured.faults if self._measured else []
        rows = _with_faults(rows, [each for each in self._batch.faults if each not in of_measures])
        if not results:
            return rows
        for name, data in parameters.files():
            self._write(name, data)
        self._write_record()
        report = Report(
            rows,
            results,
            self._model,
            self._device,
            command,
            self._look,
            self._preface,
            self._measured.made if self._measured else None,
            self._batch.reasons,
        )
        for name, data in report_files(report):
            self._write(name, data)
        return rows

    def _explained(self) -> Iterator[Explained]:
        """Yield every picture's results; of one that was stopped, write what there is of it."""
        try:
            yield from self._batch.explained(self._stored)
        except Cancelled:
            self._is_stopped = True
            if self._batch.unfinished is not None:
                self._write_picture(self._batch.unfinished)
            raise

    def _measure(self, explained: Explained, command: str) -> None:
        """Measure the maps of a picture; also when that is stopped, nothing measured is lost."""
        if self._measured is None:
            return
        try:
            self._measured.add(explained)
        finally:
            for name, data in self._measured.files(self._model, self._device, command):
                write_whole(self._folder / name, data)

    def _write_picture(self, explained: Explained) -> str:
        """Write the files of one picture and keep its record; return the stem of its files."""
        picture = explained.prepared.picture
        stem = self._namer.name(picture.stem)
        stored = self._stored.find(key_of(explained.prediction))
        asked = {key_of(request) for request in explained.requests}
        whole = stored is not None and asked <= set(stored.explanations)
        same = stored is not None and asked == set(stored.explanations)
        if stored and same and stored.stem == stem and self._stored.look == asdict(self._look):
            names = list(stored.files)
        else:
            names = []
            for name, data in picture_files(explained, stem, self._look):
                self._write(name, data)
                names.append(name)
        if whole:
            self.reused += 1
            self._model = self._model or self._stored.model
            self._device = self._device or self._stored.device
        else:
            self._model, self._device = self._batch.summary.record, self._batch.summary.device
        self._records.append(picture_record(explained, names))
        if not whole:
            self._write_record(unfinished=True)
        return stem

    def _write_record(self, *, unfinished: bool = False) -> None:
        """Write the record of what is there: a run that is stopped resumes from it."""
        taken = {name for record in self._records for name in _names(record)}
        before = [r for r in self._stored.records if unfinished and not taken & set(_names(r))]
        text = document(
            self._model,
            self._batch.study.fit,
            self._device,
            [*self._records, *before],
            asdict(self._look),
            self._batch.reasons,
            self._preface.record,
        )
        self._write(RECORD, text)

    def _write(self, name: str, data: bytes) -> None:
        if not self._is_stopped:
            self._stop.check()
        write_whole(self._folder / name, data)


def _with_faults(rows: Sequence[Row], faults: Sequence[Fault]) -> list[Row]:
    """Return one row for each picture: of those with results what failed there, then the others.

    Args:
        rows: of pictures with results.
        faults: of pictures and of methods on them.
    """
    reasons: dict[str, list[str]] = {}
    for fault in faults:
        what = f"{title_of(fault.method)}: {fault.sentence}" if fault.method else fault.sentence
        reasons.setdefault(fault.name, []).append(what)
    partly = [replace(row, faults=tuple(reasons.pop(row.name, ()))) for row in rows]
    return [*partly, *(Row(name, error=" ".join(each)) for name, each in reasons.items())]


def _names(record: Mapping[str, object]) -> list[str]:
    files = record.get("files")
    return [str(name) for name in files] if isinstance(files, list) else []


def shell_command(request: CommandRequest, out: str, preface: Preface | None = None) -> str:
    """Return the command that makes the same again, for a shell; files without their folders."""
    arguments = [*command_of(without_folders(request)), "--out", out]
    about = preface.arguments if preface else ()
    return shlex.join(["python", "-m", "core", *arguments, *about])
