"""Single pictures of an audit, looked at closely: errors, and examples of what was found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from core.errors import BadPicture, Cancelled, SeeWhyError
from core.export.audit_errors import ErrorDetail, MapCheck, figures_of
from core.export.reading import SeenPicture
from core.export.record import Explained
from core.export.thumbs import overlay_uri, small_uri
from core.figures.drawing.overlay import OverlayLook
from core.measure.agreement import pairs
from core.measure.audit.concepts import Drivers
from core.measure.audit.findings import Findings, covered_rows
from core.measure.audit.rows import AuditRow
from core.measure.masks import default_rule
from core.measure.pair_rows import pair_rows
from core.requests.maps import AnyMap
from core.requests.measures import CheckRequest, MeasureSettings
from core.requests.references import PictureRef
from core.requests.studies import TOP, StudyRequest
from core.work.audit_source import Source

CHECK = "single-deletion"
STRIPS, SHOWN, SMALL = 12, 6, 150
"""Shortcuts and groups of copies that are shown, pictures of each, and their longest side."""
Strips = dict[tuple[str, int], Sequence[tuple[str, str]]]
FindDrivers = Callable[[PictureRef, int], Drivers | None]
"""From a picture and a class to the concepts behind it; None where there are none."""


class CloseUp:
    """Looks at single pictures of an audit."""

    def __init__(
        self,
        study: StudyRequest,
        names: Sequence[str],
        source: Source,
        drivers: FindDrivers,
        look: OverlayLook,
    ) -> None:
        """Start without a picture.

        Args:
            study: model and methods.
            names: of the classes, by index.
            source: computes.
            drivers: finds the concepts behind a class.
            look: how overlays are drawn.
        """
        self._study, self._names, self._source = study, names, source
        self._drivers, self._look = drivers, look

    def examples(self, found: Findings) -> Strips:
        """Return some pictures of each class that hangs on a place, with their maps."""
        study, rows = self._study, found.rows
        made: Strips = {}
        for number, each in enumerate(found.used[:STRIPS]):
            strip: list[tuple[str, str]] = []
            for at in covered_rows(rows, each.index, found.seed)[:SHOWN]:
                row = rows[at]
                try:
                    bare = self._bare(row)
                except BadPicture:
                    continue
                asked = study.map_of(study.methods[0], row.picture, row.guess)
                maps, _ = self._source.maps(bare, [asked], keep=False)
                strip += [
                    (overlay_uri(bare.prepared, one, self._look, SMALL), row.name)
                    for one in maps.values()
                ]
            made["shortcut", number] = strip
        return made

    def pictured(self, found: Findings) -> Strips:
        """Return small pictures of the first groups of copies."""
        made: Strips = {}
        for number, each in enumerate(found.copies[:STRIPS]):
            few = [found.rows[at] for at in each.places[:SHOWN]]
            with contextlib.suppress(BadPicture):
                made["copies", number] = [
                    (small_uri(self._source.ready(row), SMALL), self._captioned(row)) for row in few
                ]
        return made

    def _captioned(self, row: AuditRow) -> str:
        return f"{row.name}, {self._names[row.truth]}" if row.is_known else row.name

    def _bare(self, row: AuditRow) -> Explained:
        """Return a picture without its maps."""
        study = self._study
        seen = SeenPicture(self._source.ready(row), study.fit, row.box)
        truth = (row.truth, self._names[row.truth]) if row.is_known else None
        return Explained(seen, (), (), study.prediction(row.picture), (), truth)

    def error(self, row: AuditRow, *, is_worst: bool, is_surest: bool) -> ErrorDetail:
        """Look at one error; where its picture is gone meanwhile, say so."""
        try:
            return self._detail(row, is_worst, is_surest)
        except BadPicture as error:
            return ErrorDetail(row, is_worst, is_surest, notes=(str(error),))

    def _detail(self, row: AuditRow, is_worst: bool, is_surest: bool) -> ErrorDetail:
        """Look at one error: maps of both classes, agreement, single deletion, concepts."""
        study = self._study
        bare = self._bare(row)
        wrong = [study.map_of(label, row.picture, row.guess) for label in study.methods]
        right = study.map_of(study.methods[0], row.picture, row.truth)
        made, faults = self._source.maps(bare, [*wrong, right], keep=True)
        shown = [made[each] for each in (*wrong, right) if each in made]
        of_guess = [made[each] for each in wrong if each in made]
        rules = [default_rule(each, TOP, study.lime.outline.superpixels) for each in of_guess]
        notes = list(faults)
        check = None
        try:
            check = self._check(wrong[0])
        except Cancelled:
            raise
        except SeeWhyError as error:
            notes.append(str(error))
        wrong_drivers = self._drivers(row.picture, row.guess)
        true_drivers = self._drivers(row.picture, row.truth)
        return ErrorDetail(
            row=row,
            is_worst=is_worst,
            is_surest=is_surest,
            figures=figures_of(bare.prepared, shown, self._look),
            pairs=pair_rows(pairs(of_guess, rules)) if len(of_guess) > 1 else (),
            check=check,
            wrong_concepts=wrong_drivers.concepts if wrong_drivers else (),
            true_concepts=true_drivers.concepts if true_drivers else (),
            notes=tuple(notes),
        )

    def _check(self, request: AnyMap) -> MapCheck:
        """Return single deletion of a map beside random maps, edges and centre."""
        settings = MeasureSettings(seed=self._study.seed)
        made: MapCheck = self._source.numbers(
            CheckRequest(map=request, measure=CHECK, settings=settings)
        )
        return made
