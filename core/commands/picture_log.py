"""The files of pictures: written beside the computation, and each noted once it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.commands.background import Writing
from core.commands.outcome import Outcome
from core.export.bundle import RECORD, names_of, picture_files
from core.export.names import Namer
from core.export.picture_forms import PictureForms
from core.export.plain import plain
from core.export.reading import Folder
from core.export.record import Explained, document_parts, picture_record, truth_record
from core.figures.drawing.overlay import OverlayLook
from core.files.names import safe_stem
from core.files.writing import write_parts, write_whole
from core.requests.keys import key_of
from core.work.handlers.models import ModelSummary


class PictureLog:
    """Overlays, arrays and records of one run.

    Attributes:
        stored: what the folder holds.
        reused: pictures whose maps were all there already.
        count: pictures so far.
    """

    def __init__(
        self,
        folder: Path,
        look: OverlayLook,
        forms: PictureForms,
        writing: Writing,
        fit: str,
    ) -> None:
        """Start with what an earlier run left.

        Args:
            folder: of the files.
            look: how overlays are drawn.
            forms: which files there are.
            writing: does the writing.
            fit: how pictures are fitted to the model's input.
        """
        self.stored = Folder(folder)
        self.reused = self.count = 0
        self.model: Mapping[str, object] = {}
        self.device = ""
        self._folder, self._look, self._forms, self._fit = folder, look, forms, fit
        self._writing, self._namer = writing, Namer()
        self._places: list[int] = []

    def take(
        self,
        outcome: Outcome,
        summary: Callable[[], ModelSummary],
        more: Mapping[str, object] | None = None,
    ) -> str:
        """Like `add`, but of what is kept nothing is read that need not be.

        Args:
            outcome: results of a picture.
            summary: as for `add`.
            more: as for `add`.
        """
        stored = outcome.stored
        if stored is None:
            return self.add(outcome.whole(), summary, more)
        stem = self._namer.name(safe_stem(outcome.name))
        names = names_of(outcome.maps, stem, self._forms)
        key = str(stored.record["key"])
        if stored.files != names:  # of a picture that equals this one, perhaps
            stored = self.stored.find(key, outcome.name, names) or stored
        in_order = stored.asked == outcome.keys
        look = self._forms.record(self._look)
        if self.stored.is_older or not in_order or (stored.files, stored.look) != (names, look):
            return self.add(outcome.whole(), summary, more, stem)
        self._reuse()
        kept = {name: each for name, each in stored.record.items() if name != "true_class"}
        record = {**kept, "picture": outcome.name, **truth_record(outcome.truth), **(more or {})}
        lines = self.stored.lines
        place = lines.place(key, outcome.name, names)
        if place is None or record != stored.record:
            place = lines.append(record)
        self._places.append(place)
        self.count += 1
        return stem

    def _reuse(self) -> None:
        self.reused += 1
        self.model = self.model or self.stored.model
        self.device = self.device or self.stored.device

    def add(
        self,
        explained: Explained,
        summary: Callable[[], ModelSummary],
        more: Mapping[str, object] | None = None,
        stem: str = "",
    ) -> str:
        """Write the files of a picture where they are not there; return the stem of their names.

        Args:
            explained: its results.
            summary: returns the model; asked only where a map is new.
            more: what stands in the record besides.
            stem: where one was chosen already.

        Raises:
            CannotWrite: the system refuses; also for the files of an earlier picture.
        """
        stem = stem or self._namer.name(explained.prepared.picture.stem)
        key = key_of(explained.prediction)
        name = explained.prepared.picture.name
        names = names_of(explained.explanations, stem, self._forms)
        stored = self.stored.find(key, name, names)
        asked = {key_of(request) for request in explained.requests}
        if stored is not None and asked <= set(stored.explanations):
            self._reuse()
        else:
            self.model, self.device = summary().record, summary().device
        if self.stored.is_older:
            self._begin()
        lines, look = self.stored.lines, self._forms.record(self._look)
        record = plain({**picture_record(explained, names), "look": look, **(more or {})})
        assert isinstance(record, dict)
        slot = self.count
        self._places.append(0)
        self.count += 1
        same = stored is not None and asked == set(stored.explanations) and stored.look == look
        if stored is not None and same and stored.files == names:
            place = lines.place(key, name, names)
            if place is None or lines.at(place) != record:
                place = lines.append(record)
            self._places[slot] = place
            return stem
        lines.claim(names)

        def write() -> None:
            for name, data in picture_files(explained, stem, self._look, self._forms):
                write_whole(self._folder / name, data)

        def note() -> None:
            self._begin()
            self._places[slot] = lines.append(record)

        self._writing.give(write, note)
        return stem

    def _begin(self) -> None:
        self.stored.start(self.model, self._fit, self.device)

    def finish(
        self, faults: Iterable[tuple[str, str]], report: Mapping[str, str] | None = None
    ) -> None:
        """Write the record of all, once every file is there.

        Args:
            faults: what has no result, by name, and why.
            report: title, author, date and notes of the report.

        Raises:
            CannotWrite: the system refuses.
        """
        self._writing.finish()
        lines = self.stored.lines
        lines.finish(self._places, self.model, self._fit, self.device)
        parts = document_parts(
            self.model,
            self._fit,
            self.device,
            _bare(lines.whole()),
            self._forms.record(self._look),
            faults,
            report,
        )
        write_parts(self._folder / RECORD, parts)


def _bare(records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Take off what the record of all says once."""
    for record in records:
        yield {name: value for name, value in record.items() if name != "look"}
