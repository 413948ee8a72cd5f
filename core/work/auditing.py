"""An audit, step by step, whoever computes: the command asks an executor, the gallery a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.errors import BadLabels, BadPicture, UnknownLayer, UnsupportedLayer
from core.export.audit_errors import ErrorDetail
from core.figures.drawing.overlay import OverlayLook
from core.measure.audit.concepts import Drivers
from core.measure.audit.findings import Findings, Shortcut, covered_rows, findings
from core.measure.audit.places import Covered, kind_of, need
from core.measure.audit.rows import AuditRow, Facts
from core.measure.audit.traits import Traits
from core.models.card import Guess
from core.requests.audits import (
    AuditRequest,
    CoverRequest,
    DriversRequest,
    FactsRequest,
)
from core.requests.dissections import EvidenceRequest
from core.requests.maps import PredictionRequest
from core.requests.references import PictureRef
from core.work.audit_closeup import CloseUp, Strips
from core.work.audit_source import Source
from core.work.kept_dissections import kept_dissection

BASE = "mean"
"""What covers places: blurred, a mark would still be one."""
SUSPECTS = 20
"""Places that are covered at most, those that stand out most."""
MISFITS = (UnknownLayer, UnsupportedLayer, BadLabels)
"""Why a layer has no evidence, for every picture alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """The result of an audit.

    Attributes:
        found: all of it but single errors.
        details: of the errors that were looked at closely, in the order of `found.chosen`.
        notes: sentences, for example on what was left out.
        strips: small pictures of shortcuts and copies, as in `Report`.
    """

    found: Findings
    details: tuple[ErrorDetail, ...] = ()
    notes: tuple[str, ...] = ()
    strips: Strips = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is known of a picture before the model is asked more.

    Attributes:
        name: of the picture.
        asked: the request for its prediction.
        box: left, top, right, bottom of what the model saw, in pixels.
        guess: the most probable class.
        truth: index of the true class; `UNKNOWN` where it is not known.
        traits: of its pixels, and of the map of `guess` by the first method.
    """

    name: str
    asked: PredictionRequest
    box: tuple[int, int, int, int]
    guess: Guess
    truth: int
    traits: Traits


class Auditing:
    """One audit: pictures are added one by one, and then it is finished.

    Attributes:
        rows: of the pictures so far.
        notes: sentences.
    """

    def __init__(
        self,
        request: AuditRequest,
        names: Sequence[str],
        layers: Sequence[str],
        source: Source,
        look: OverlayLook | None = None,
    ) -> None:
        """Start without pictures.

        Args:
            request: what is asked for.
            names: of the model's classes, by index.
            layers: paths of its layers with positions, from shallow to deep.
            source: computes.
            look: how overlays are drawn.

        Raises:
            BadLabels: the dissection is not here.
        """
        self.rows: list[AuditRow] = []
        self.notes: list[str] = []
        self._request, self._source, self._names = request, source, names
        self._look = look or OverlayLook()
        self._layer = self._layer_of(layers)

    def _layer_of(self, layers: Sequence[str]) -> str:
        """Return the dissected layer whose evidence is taken: the last with positions."""
        if self._request.dissection is None:
            return ""
        of = kept_dissection(self._request.dissection)
        dissected = {units.layer for units in of.layers}
        spatial = [path for path in layers if path in dissected]
        if not spatial:
            self.notes.append(
                "The dissection has no layer with positions of this model: concepts are left out."
            )
        return spatial[-1] if spatial else ""

    def add(self, seen: Seen) -> None:
        """Look at the next picture.

        Raises:
            SeeWhyError: as `Source.numbers`.
        """
        asked, guess = seen.asked, seen.guess
        facts: Facts = self._source.numbers(
            FactsRequest(picture=asked.picture, model=asked.model, fit=asked.fit, truth=seen.truth)
        )
        self.rows.append(
            AuditRow(
                name=seen.name,
                picture=asked.picture,
                box=seen.box,
                truth=seen.truth,
                guess=guess.index,
                confidence=guess.probability,
                rank=facts.rank,
                true_probability=facts.true_probability,
                squares=facts.squares,
                fingerprint=seen.traits.fingerprint,
                places=seen.traits.places,
                concepts=self._driving(asked.picture, guess.index),
            )
        )

    def _driving(self, picture: PictureRef, target: int) -> tuple[str, ...] | None:
        made = self._drivers(picture, target)
        return made.driving if made is not None else None

    def _drivers(self, picture: PictureRef, target: int) -> Drivers | None:
        """Return the concepts behind a class; None where the audit has none."""
        of = self._request.dissection
        if of is None or not self._layer:
            return None
        study = self._request.study
        evidence = EvidenceRequest(
            picture=picture, model=study.model, fit=study.fit, layer=self._layer, target=target
        )
        try:
            made: Drivers = self._source.numbers(DriversRequest(evidence=evidence, dissection=of))
        except MISFITS as error:
            self.notes.append(f"Concepts are left out: {error}")
            self._layer = ""
            return None
        return made

    def finish(self) -> Audited:
        """Find out what the rows tell, cover suspected places, and look at single errors.

        Raises:
            SeeWhyError: as `Source`.
        """
        study = self._request.study
        found = findings(self.rows, self._names, self._request.worst, study.seed)
        found = self._covered(found)
        close = CloseUp(study, self._names, self._source, self._drivers, self._look)
        details = []
        for number, at in enumerate(found.chosen):
            row = self.rows[at]
            self._source.tick(number / len(found.chosen), f"{row.name[:40]}, error")
            wanted = {"is_worst": at in found.worst, "is_surest": at in found.surest}
            details.append(close.error(row, **wanted))
        strips = {**close.examples(found), **close.pictured(found)}
        return Audited(found, tuple(details), tuple(dict.fromkeys(self.notes)), strips)

    def _covered(self, found: Findings) -> Findings:
        """Cover the suspected places in the pictures of their classes."""
        judged: list[Shortcut] = []
        few = found.shortcuts[:SUSPECTS]
        if len(found.shortcuts) > SUSPECTS:
            self.notes.append(
                f"{SUSPECTS} of {len(found.shortcuts)} suspected places were covered."
            )
        for number, suspect in enumerate(few):
            places = covered_rows(self.rows, suspect.index, found.seed)
            pairs: list[tuple[AuditRow, Covered]] = []
            for done, at in enumerate(places):
                row = self.rows[at]
                share = (number + done / len(places)) / len(few)
                self._source.tick(share, f"{row.name[:40]}, covered")
                try:
                    pairs.append((row, self._cover(row, suspect)))
                except BadPicture as error:
                    self.notes.append(str(error))
            made = need(suspect.index, suspect.place, pairs) if pairs else None
            judged.append(replace(suspect, need=made))
        judged += found.shortcuts[SUSPECTS:]
        ranked = sorted(judged, key=_strength)
        return replace(found, shortcuts=tuple(ranked))

    def _cover(self, row: AuditRow, suspect: Shortcut) -> Covered:
        study = self._request.study
        self._source.ready(row)
        made: Covered = self._source.numbers(
            CoverRequest(
                picture=row.picture,
                model=study.model,
                fit=study.fit,
                target=suspect.index,
                places=kind_of(suspect.place),
                base=BASE,
            )
        )
        return made


def _strength(each: Shortcut) -> tuple[bool, float, int, int]:
    """Return what shortcuts are ranked by: those that a class hangs on first, the most so."""
    gap = each.need.others - each.need.after if each.need else 0.0
    return not each.is_used, -gap, each.index, each.place
