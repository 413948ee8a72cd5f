"""The work of `agree`: from choices to a folder with overlays, a table and a report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from core.commands.batch import Batch, default_model
from core.commands.entry_point import BAD_INPUT, OK
from core.commands.options import SETTINGS, Choices
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.export.bundle import RECORD, picture_files
from core.export.lime_params import LimeParameters
from core.export.names import Namer
from core.export.reading import Folder, Found
from core.export.record import Explained, document, picture_record
from core.export.report import Report, report_files
from core.figures.drawing.overlay import OverlayLook
from core.files.writing import ready_folder, write_whole
from core.measure.agreement import pairs
from core.measure.masks import PARTS, Rule, default_rule
from core.measure.study import Row
from core.models import catalog, device
from core.models.files import file_digest
from core.models.record import model_record
from core.pictures.picture import Picture
from core.requests.keys import content_key


def write_agreement(choices: Choices, out: Path, look: OverlayLook, top: float) -> int:
    """Explain and compare every picture; files are written as results come.

    Args:
        choices: what the person asked for.
        out: folder, made where it is missing; what it holds of the same request is used.
        look: how overlays are drawn.
        top: percent of its pixels that a map marks.

    Returns:
        The exit code: bad input when a picture could not be read.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    Rule("top", top)  # says what is wrong with it before anything is computed
    folder = ready_folder(out)
    progress = Progress()
    try:
        with Stop() as stop:
            batch = Batch(choices, progress, stop)
            study = _Study(batch, folder, look, stop)
            rows = study.write(top)
    finally:
        progress.clear()
    many = f"{len(rows)} picture{'s' * (len(rows) != 1)}"
    progress.finish(f"{many} compared, {study.reused} from earlier: {folder / 'report.html'}")
    return BAD_INPUT if batch.faults else OK


class _Study:
    """One run over all pictures of a command.

    Attributes:
        reused: pictures whose maps were all there already.
    """

    def __init__(self, batch: Batch, folder: Path, look: OverlayLook, stop: Stop) -> None:
        self.reused = 0
        self._batch, self._folder, self._look, self._stop = batch, folder, look, stop
        self._kept = Folder(folder)
        self._asked = _request_of(batch.choices)
        self._namer = Namer()
        self._records: list[dict[str, object]] = []
        self._model: Mapping[str, object] = {}
        self._device = ""

    def write(self, top: float) -> list[Row]:
        """Write every picture's files as it is done, then the table and the report."""
        parts = int(self._batch.choices.options.get("superpixels", PARTS))
        parameters = LimeParameters()
        rows: list[Row] = []
        results: list[Explained] = []
        for explained in self._batch.explained(self._find):
            stem = self._write_picture(explained)
            parameters.add(stem, explained.explanations)
            rules = [default_rule(each, top, parts) for each in explained.explanations]
            found = pairs(explained.explanations, rules)
            guess = next(
                (g for g in explained.predictions
                 if g.index == explained.explanations[0].class_index), None,
            )  # fmt: skip
            rows.append(Row(explained.prepared.picture.name, guess, found))
            results.append(explained)
        rows += [Row(fault.partition(" ")[0], error=fault) for fault in self._batch.faults]
        if not results:
            return rows
        for name, data in parameters.files():
            self._write(name, data)
        self._write_record()
        report = Report(
            rows, results, self._model, self._device, again(self._batch.choices, top), self._look
        )
        for name, data in report_files(report):
            self._write(name, data)
        return rows

    def _find(self, picture: Picture) -> Found | None:
        """Look for a picture's maps in the folder."""
        return self._kept.find(self._key(picture))

    def _key(self, picture: Picture) -> str:
        return content_key(picture=picture.sha256, **self._asked)

    def _write_picture(self, explained: Explained) -> str:
        """Write the files of one picture and keep its record; return the stem of its files."""
        picture = explained.prepared.picture
        stem = self._namer.name(picture.stem)
        kept = self._find(picture)
        labels = {each.label for each in explained.explanations}
        whole = kept is not None and labels == set(kept.explanations)
        if kept and whole and kept.stem == stem and self._kept.look == asdict(self._look):
            names = list(kept.files)
        else:
            names = []
            for name, data in picture_files(explained, stem, self._look):
                self._write(name, data)
                names.append(name)
        if whole:
            self.reused += 1
            self._model = self._model or self._kept.model
            self._device = self._device or self._kept.device
        else:
            self._model = model_record(self._batch.classifier)
            self._device = device.describe(self._batch.classifier.device)
        self._records.append(picture_record(explained, names, self._key(picture)))
        if not whole:
            self._write_record(unfinished=True)
        return stem

    def _write_record(self, *, unfinished: bool = False) -> None:
        """Write the record of what is there: a run that is stopped goes on from it."""
        taken = {name for record in self._records for name in _names(record)}
        before = [r for r in self._kept.records if unfinished and not taken & set(_names(r))]
        fit = self._batch.choices.fit
        look = asdict(self._look)
        text = document(self._model, fit, self._device, [*self._records, *before], look)
        self._write(RECORD, text)

    def _write(self, name: str, data: bytes) -> None:
        self._stop.check()
        write_whole(self._folder / name, data)


def _names(record: Mapping[str, object]) -> list[str]:
    files = record.get("files")
    return [str(name) for name in files] if isinstance(files, list) else []


def _request_of(choices: Choices) -> dict[str, object]:
    """Return all that decides a map, apart from the picture and the method, as a key's parts."""
    entry = catalog.find(choices.model or default_model())
    own = choices.weights
    weights = file_digest(own) if own is not None and own.is_file() else None
    labels = choices.labels
    return {
        "kind": "agreement",
        "model": entry.id,
        "weights": weights or catalog.status(entry).digest,
        "labels": file_digest(labels) if labels is not None and labels.is_file() else None,
        "device": str(device.pick(choices.device)),
        "layers": choices.layers,
        "class": choices.class_text,
        "fit": choices.fit,
        "precision": choices.precision,
        "seed": choices.seed,
        "options": dict(choices.options),
    }


def again(choices: Choices, top: float) -> str:
    """Return the command that makes the same report again, for a shell."""
    words = ["python", "-m", "core", "agree", *map(str, choices.pictures)]
    words += ["--model", choices.model or default_model()]
    given: dict[str, object] = {
        "--layer": ",".join(choices.layers),
        "--methods": ",".join(choices.methods),
        "--class": choices.class_text,
        "--fit": choices.fit,
        "--device": choices.device,
        "--precision": choices.precision,
        "--smooth": choices.smooth,
        "--seed": choices.seed,
        "--top": f"{top:g}",
        "--weights": choices.weights or "",
        "--labels": choices.labels or "",
    }
    flags = {name: f"--{flag.replace('_', '-')}" for flag, name in SETTINGS.items()}
    given |= {flags[name]: value for name, value in choices.options.items() if name != "sign"}
    for flag, value in given.items():
        words += [flag, str(value)] if str(value) else []
    return shlex.join([*words, "--out", "report"])
