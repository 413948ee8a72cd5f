"""Measures of the maps of a command's pictures, each beside its controls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.commands.batch import Batch
from core.commands.faults import FOR_ALL, Fault
from core.commands.measured_values import Found, Records, Value, number, record_of, undefined
from core.commands.outcome import Outcome
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.truth_masks import TruthMasks
from core.commands.waiting import wait_for
from core.errors import BadOption, SeeWhyError, TooFewPictures
from core.explain.base import Explanation
from core.export.measure_lines import MeasureLines
from core.export.measures_record import (
    Measures,
    interval_of,
    interval_record,
    measures_files,
    value_record,
)
from core.measure.beside import controls_of, random_interval_of
from core.measure.single import table as measures
from core.measure.single.base import Measure
from core.measure.single.comparison import Interval
from core.measure.trust import TrustRow
from core.pictures import built_in
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.measures import MeasureRequest, MeasureSettings
from core.requests.references import PictureRef
from core.work.handlers.measures import Measurement
from core.work.local_executor import LocalExecutor

CANDIDATES = 16
"""Pictures of a command that may stand in the mosaics of the others."""


def chosen_measures(names: Sequence[str], *, truth: bool = False) -> list[Measure]:
    """Return the measures of these names, each once.

    Args:
        names: of the command line.
        truth: whether it is known where objects are.

    Raises:
        UnknownMeasure: there is no such measure.
        BadOption: it needs what was not given.
    """
    chosen = [measures.get(name) for name in dict.fromkeys(names)]
    for measure in chosen:
        if "truth" in measure.needs and not truth:
            raise BadOption(
                f"{measure.title} needs to know where the objects are: give the command measure "
                "--truth with a PNG label image, a folder of them, COCO JSON or a Parquet file."
            )
    return chosen


class MeasuredMaps:
    """What was measured so far.

    Attributes:
        rows: one a map and measure.
        faults: of measures, which are among those of the batch.
    """

    def __init__(
        self,
        batch: Batch,
        chosen: Sequence[Measure],
        settings: MeasureSettings,
        folder: Path,
        executor: LocalExecutor,
        progress: Progress,
        stop: Stop,
        truth: TruthMasks | None = None,
    ) -> None:
        """Start with what an earlier run left in the folder.

        Args:
            batch: the pictures; what cannot be measured becomes a fault of it.
            chosen: the measures.
            settings: of all of them.
            folder: of the files.
            executor: computes.
            progress: drawn on.
            stop: asked while something is computed.
            truth: where the objects are, for the measures that ask.
        """
        self._batch, self._measures, self._settings = batch, chosen, settings
        self._executor, self._progress, self._stop = executor, progress, stop
        self._truth = truth
        self._lines = MeasureLines(folder)
        self._earlier: MeasureLines | None = None
        self._told: set[str] = set()
        self.rows: list[TrustRow] = []
        self.faults: list[Fault] = []
        self._pictures: list[tuple[str, list[tuple[TrustRow, Found]]]] = []
        self._outcome: Outcome | None = None

    def also(self, folder: Path) -> None:
        """Use the values in another folder as well."""
        self._earlier = MeasureLines(folder)

    def add(self, outcome: Outcome) -> None:
        """Measure the maps of one picture; what was measured before a stop is kept."""
        values: list[tuple[TrustRow, Found]] = []
        self._pictures.append((outcome.name, values))
        self._outcome = outcome
        for request, made in zip(outcome.requests, outcome.maps, strict=True):
            for row, found in self._of_map(outcome, request, made):
                self.rows.append(row)
                values.append((row, found))
        self._outcome = None

    @property
    def made(self) -> Measures:
        """All of it, for files."""
        names = tuple(measure.name for measure in self._measures)
        return Measures(names, self._settings, self.rows, Records(self._lines, self._pictures))

    def files(
        self, model: Mapping[str, object], device: str, command: str
    ) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield name and parts of the record and the table.

        Args:
            model: the model's record.
            device: in words.
            command: makes the same again.
        """
        return measures_files(self.made, model, device, command, self._batch.reasons)

    def finish(self) -> None:
        """Forget what an earlier run left and nobody asked for in this one.

        Raises:
            CannotWrite: the system refuses.
        """
        self._lines.keep({key for _, each in self._pictures for _, f in each for key in f.keys})

    def _of_map(
        self, outcome: Outcome, request: AnyMap, made: Explanation
    ) -> Iterator[tuple[TrustRow, Found]]:
        """Yield the measures of a map, each with those of its controls."""
        name = outcome.name
        for measure in self._measures:
            asked = MeasureRequest(map=request, measure=measure.name, settings=self._settings)
            try:
                found = self._measured(asked, measure, name, made.class_name)
            except FOR_ALL:
                raise
            except SeeWhyError as error:
                self.faults.append(self._batch.add_fault(name, error, measure.title))
                continue
            record = self._record(found.value)
            beside = {control: self._record(each) for control, each in found.controls.items()}
            chance = self._lines.find(found.chance) if found.chance else None
            row = TrustRow(
                picture=name,
                layer=made.layer,
                class_name=made.class_name,
                method=request.label,
                measure=measure.name,
                value=number(record["value"]),
                seconds=number(record["seconds"]),
                passes=int(record["passes"]),
                controls={control: number(each["value"]) for control, each in beside.items()},
                spent={
                    control: (number(each["seconds"]), int(each["passes"]))
                    for control, each in beside.items()
                },
                chance=interval_of(chance) if chance else None,
                right=outcome.right,
            )
            yield row, found

    def _measured(
        self, asked: MeasureRequest, measure: Measure, name: str, class_name: str
    ) -> Found:
        """Return what a measure says of a map, of its controls and of random maps."""
        if "truth" in measure.needs and self._truth is not None:
            picture = self._executor.resources.picture(asked.map.picture)
            truth = self._truth.of(picture, class_name)
            if isinstance(truth, str):
                return undefined(truth)
            asked = replace(asked, truth=truth)
        if "others" in measure.needs:
            asked = replace(asked, others=self._others)
        beside = controls_of(asked)
        try:
            value = self._value(asked, measure)
            controls = {control: self._value(each, measure) for control, each in beside.items()}
            return Found(value, controls, self._chance(asked, measure))
        except TooFewPictures as error:
            if (told := f"{name}: {error}") not in self._told:
                self._batch.say(told)
                self._told.add(told)
            return undefined(str(error))

    @cached_property
    def _others(self) -> tuple[PictureRef, ...]:
        """Pictures that may stand in a mosaic: of the command, and built-in ones."""
        built = (PictureRef.of(built_in.load(sample.key)) for sample in built_in.PHOTOS)
        return (*self._batch.pictures(CANDIDATES), *built)

    def _value(self, request: MeasureRequest, measure: Measure) -> Value:
        """Measure, unless the folder holds the value."""
        key = key_of(request)
        if not self._is_there(key):
            self._offer_maps()
            done = wait_for(self._executor.submit(request), self._stop, self._show(measure))
            assert isinstance(done, Measurement)
            self._lines.add(value_record(key, done.measured, done.seconds))
        return Value(key)

    def _offer_maps(self) -> None:
        """Have the executor find the maps of the picture that the folder holds."""
        if self._outcome is not None:
            each = zip(self._outcome.requests, self._outcome.explanations, strict=True)
            for request, made in each:
                self._executor.resources.results.put(key_of(request), made)
            self._outcome = None  # once a picture

    def _is_there(self, key: str) -> bool:
        there = self._lines.find(key) is not None
        if not there and self._earlier and (record := self._earlier.find(key)) is not None:
            self._lines.add(record)
            return True
        return there

    def _record(self, value: Value) -> dict[str, Any]:
        return record_of(self._lines, value)

    def _chance(self, asked: MeasureRequest, measure: Measure) -> str | None:
        """Measure random maps of the picture; None where that is not asked."""
        request = random_interval_of(asked, self._batch.total)
        if request is None:
            return None
        key = key_of(request)
        if not self._is_there(key):
            done = wait_for(self._executor.submit(request), self._stop, self._show(measure))
            assert isinstance(done, Interval)
            self._lines.add(interval_record(key, done))
        return key

    def _show(self, measure: Measure) -> Callable[[float, str], None]:
        """Return what draws the progress of a measure of the picture that was explained last."""
        name = self._pictures[-1][0][:40]

        def show(fraction: float, stage: str) -> None:
            each = (self._batch.count * len(self._measures)) or 1
            at = (len(self._pictures) - 1) * len(self._measures) + self._measures.index(measure)
            self._progress((at + fraction) / each, f"{name}, {measure.title}")

        return show
