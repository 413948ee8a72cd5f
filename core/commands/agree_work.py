"""The work of `agree`: from a request to a folder with overlays, a table and a report."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.commands.background import Writing
from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.faults import Fault
from core.commands.kept_pairs import kept_pairs, pairs_record
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.outcome import Outcome
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import Cancelled
from core.explain.methods import title_of
from core.export.agreement_table import MOST_LINES, pairs_in
from core.export.lime_params import LimeParameters
from core.export.picture_forms import IN_BULK, PictureForms
from core.export.preface import Preface
from core.export.report import TABLE, Report, report_files
from core.export.shortlist import Shortlist, Shown
from core.figures.drawing.overlay import OverlayLook
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_parts
from core.measure.agreement import pairs
from core.measure.masks import usual_rule
from core.measure.pair_rows import PairRow, pair_rows
from core.measure.study import Row
from core.measure.trust import TrustRow
from core.requests.agreements import AgreementRequest
from core.requests.command_line import CommandRequest, command_of, without_folders
from core.requests.studies import Rule
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def write_agreement(
    request: AgreementRequest,
    resources: Resources,
    out: Path,
    look: OverlayLook,
    preface: Preface | None = None,
    forms: PictureForms | None = None,
    shard: tuple[int, int] = (1, 1),
    executor: LocalExecutor | None = None,
    at_once: int = 1,
) -> int:
    """Explain and compare every picture; files are written as results come.

    Args:
        request: what is asked for.
        resources: know the files that the request names.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        preface: title, author, date and notes of the report.
        forms: which files of pictures there are.
        shard: as in `Batch`.
        executor: computes, and is closed at the end; one of this process when not given.
        at_once: as in `Batch`.

    Returns:
        The exit code: bad input when a picture could not be explained.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    chosen = chosen_measures(request.measures)
    folder = ready_folder(out)
    progress, executor = Progress(), executor or LocalExecutor(resources)
    try:
        with sole_writer(folder), Stop() as stop, Writing() as writing:
            batch = Batch(request.study, executor, progress, stop, shard, at_once=at_once)
            measured = MeasuredMaps(
                batch, chosen, request.settings, folder, executor, progress, stop
            )
            log = PictureLog(folder, look, forms or IN_BULK, writing, batch.study.fit)
            comparison = _Comparison(
                batch, log, folder, look, preface or Preface(), stop, measured if chosen else None
            )
            rows = comparison.run(request)
    finally:
        progress.clear()
        executor.close()
    many = f"{len(rows)} picture{'s' * (len(rows) != 1)}"
    progress.finish(f"{many} compared, {log.reused} from earlier: {folder / 'report.html'}")
    return BAD_INPUT if batch.faults else OK


class _Comparison:
    """One run over all pictures of a command; of a picture whose turn is over its rows stay."""

    def __init__(
        self,
        batch: Batch,
        log: PictureLog,
        folder: Path,
        look: OverlayLook,
        preface: Preface,
        stop: Stop,
        measured: MeasuredMaps | None,
    ) -> None:
        self._preface, self._measured = preface, measured
        self._batch, self._log, self._folder, self._stop = batch, log, folder, stop
        self._shortlist, self._command = Shortlist(look), ""

    def run(self, request: AgreementRequest) -> list[Row]:
        """Do all of it; also when that is stopped, nothing measured is lost."""
        try:
            return self._run(request)
        except BaseException:
            self._write_measures()
            raise

    def _run(self, request: AgreementRequest) -> list[Row]:
        """Write every picture's files as it is done, then the table and the report."""
        outline = request.study.lime.outline
        parameters = LimeParameters()
        rows: list[Row] = []
        command = self._command = shell_command(request, "report", self._preface)
        for outcome in self._outcomes():
            rules = [
                usual_rule(request.top, outline.superpixels, of_superpixels=has)
                for has in outcome.superpixels
            ]
            shown = _shown(outcome, rules)
            found = kept_pairs(outcome, rules) or pair_rows(shown()[1])
            stem = self._log.take(outcome, lambda: self._batch.summary, pairs_record(rules, found))
            parameters.add(stem, outcome.explanations if any(outcome.superpixels) else ())
            values = self._measure(outcome)
            row = _row(outcome, found)
            later = outcome.stored is not None
            self._shortlist.add(len(rows), outcome.maps, row, shown, values, later=later)
            rows.append(row)
        of_measures = self._measured.faults if self._measured else []
        left = [each for each in self._batch.faults if each not in of_measures]
        any_found, rows = bool(rows), _with_faults(rows, left)
        if not any_found:
            return rows
        for name, data in parameters.files():
            self._write(name, [data])
        self._stop.check()
        self._log.finish(self._batch.reasons, self._preface.record)
        report = Report(
            rows,
            self._shortlist,
            self._log.model,
            self._log.device,
            command,
            self._preface,
            self._measured.made if self._measured else None,
            self._batch.reasons,
        )
        for name, parts in report_files(report, self._folder):
            self._write(name, parts)
        if self._measured is not None:
            self._measured.finish()
        if pairs_in(rows) > MOST_LINES:
            (self._folder / TABLE).unlink(missing_ok=True)  # an earlier run's
        return rows

    def _outcomes(self) -> Iterator[Outcome]:
        """Yield every picture's results; of one that was stopped, write what there is of it."""
        try:
            yield from self._batch.outcomes(self._log.stored)
        except Cancelled:
            if self._batch.unfinished is not None:
                self._log.add(self._batch.unfinished, lambda: self._batch.summary)
            raise

    def _measure(self, outcome: Outcome) -> Sequence[TrustRow]:
        """Measure the maps of a picture."""
        if self._measured is None:
            return ()
        before = len(self._measured.rows)
        self._measured.add(outcome)
        return self._measured.rows[before:]

    def _write_measures(self) -> None:
        """Write the tables of what was measured so far."""
        if self._measured is not None and self._log.count:
            about = self._log.model, self._log.device, self._command
            for name, parts in self._measured.files(*about):
                write_parts(self._folder / name, parts)

    def _write(self, name: str, parts: Iterable[bytes]) -> None:
        self._stop.check()
        write_parts(self._folder / name, parts)


def _shown(outcome: Outcome, rules: Sequence[Rule]) -> Callable[[], Shown]:
    """Return what reads and compares the maps of a picture; of what was computed, once."""

    def made() -> Shown:
        explained = outcome.whole()
        return explained, pairs(explained.explanations, rules)

    return made if outcome.stored is not None else cache(made)


def _row(outcome: Outcome, found: tuple[PairRow, ...]) -> Row:
    """Return what the table says of a picture."""
    index = outcome.maps[0].class_index
    return Row(
        outcome.name,
        next((each for each in outcome.predictions if each.index == index), None),
        found,
        truth=outcome.truth[1] if outcome.truth else "",
        right=outcome.right,
    )


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


def shell_command(request: CommandRequest, out: str, preface: Preface | None = None) -> str:
    """Return the command that makes the same again, for a shell; files without their folders."""
    arguments = [*command_of(without_folders(request)), "--out", out]
    about = preface.arguments if preface else ()
    return shlex.join(["python", "-m", "core", *arguments, *about])
