"""An audit of a few pictures, as the gallery asks for it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import BadPicture, Cancelled, SeeWhyError
from core.explain.base import Explanation, Tick, part
from core.explain.methods import title_of
from core.export.audit_errors import map_check
from core.export.audit_record import Report
from core.export.record import Explained
from core.measure.audit.rows import AuditRow
from core.measure.audit.traits import traits_of
from core.measure.single.check import Check
from core.models.class_names import find_index
from core.models.device import describe
from core.models.record import model_record
from core.pictures.picture import Picture
from core.requests.audits import (
    UNKNOWN,
    AuditRequest,
    CoverRequest,
    DriversRequest,
    FactsRequest,
)
from core.requests.command_line import command_of, without_folders
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.measures import CheckRequest
from core.work.auditing import Auditing, Seen
from core.work.handler import AnyHandler, Handler
from core.work.handlers import audits, checks
from core.work.handlers.maps import explained, map_cost, predicted
from core.work.job import Link
from core.work.resources import Resources

ALL = 0.6
"""Share of the work that the maps of all pictures are."""


class _Asked(Protocol):
    def __call__(self, request: Any, resources: Resources, link: Any) -> Any:  # noqa: ANN401
        """Compute what a request asks for."""
        ...


NUMBERS: Mapping[type, _Asked] = {
    FactsRequest: audits.facts,
    DriversRequest: audits.drivers,
    CoverRequest: audits.cover,
    CheckRequest: checks.check,
}
"""What computes the numbers of single pictures."""


class _Quiet:
    """A link for work inside of other work: it ticks and publishes nothing."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick

    def __call__(self, fraction: float, stage: str = "") -> None:
        self._tick(fraction, stage)

    def publish(self, value: object) -> None:
        """Partial results of a part are none of the whole."""


@dataclass(slots=True)
class _Source:
    """See `core.work.audit_source.Source`. What was computed stays among the results."""

    resources: Resources
    link: Tick
    at: float = 0.0

    def ready(self, row: AuditRow) -> Picture:
        return self.resources.picture(row.picture)

    def numbers(self, request: object) -> Any:  # noqa: ANN401 - as the request's handler gives it
        key = key_of(request)
        found = self.resources.results.get(key)
        if found is None:
            found = NUMBERS[type(request)](request, self.resources, _Quiet(self._tick))
            self.resources.results.put(key, found)
        return map_check(found) if isinstance(found, Check) else found

    def maps(
        self, bare: Explained, requests: Sequence[AnyMap], *, keep: bool
    ) -> tuple[Mapping[AnyMap, Explanation], tuple[str, ...]]:
        made, faults = {}, []
        for request in requests:
            try:
                made[request] = explained(request, self.resources, self._tick)
            except Cancelled:
                raise
            except SeeWhyError as error:
                faults.append(f"{title_of(request.label)}: {error}")
        return made, tuple(faults)

    def tick(self, fraction: float, stage: str) -> None:
        self.at = ALL + (0.99 - ALL) * fraction
        self.link(self.at, stage)

    def _tick(self, fraction: float, stage: str = "") -> None:
        """Let others have their turn, and stop where nobody waits any more."""
        self.link(self.at, stage)


def _audit(request: AuditRequest, resources: Resources, link: Link[Report]) -> Report:
    """Explain every picture, then look at what stands out."""
    study = request.study
    model = resources.classifier(study.model, part(link, 0.0, 0.05))
    known = [find_index(text, model.names) if text else None for text in request.classes]
    truths = known or [None] * len(study.pictures)
    source = _Source(resources, link)
    layers = [layer.path for layer in model.layers()]
    auditing = Auditing(request, model.names, layers, source)
    faults: list[tuple[str, str]] = []
    for number, (picture, truth) in enumerate(zip(study.pictures, truths, strict=True)):
        source.at = 0.05 + (ALL - 0.05) * number / len(study.pictures)
        link(source.at, picture.name)
        try:
            asked = study.prediction(picture)
            prediction = predicted(asked, resources, link)
            target = prediction.guesses[0].index
            map_ = study.map_of(study.methods[0], picture, target)
            one = explained(map_, resources, source._tick)
            traits = traits_of(resources.picture(picture).pixels, prediction.box, one.shown)
        except BadPicture as error:
            faults.append((picture.name, str(error)))
            continue
        true = UNKNOWN if truth is None else truth
        first = prediction.guesses[0]
        auditing.add(Seen(picture.name, asked, prediction.box, first, true, traits))
    if not auditing.rows:
        raise BadPicture(faults[0][1])
    made = auditing.finish()
    about = without_folders(request)
    assert isinstance(about, AuditRequest)
    return Report(
        request=about,
        found=made.found,
        details=made.details,
        model=model_record(model),
        device=describe(model.device),
        command=shlex.join(["python", "-m", "core", *command_of(about), "--out", "audit"]),
        notes=made.notes,
        faults=faults,
        strips=made.strips,
    )


def audit_cost(request: AuditRequest, resources: Resources) -> float:
    """Return about how many passes an audit takes: two maps of an error for each that is wrong."""
    study = request.study
    each = [
        map_cost(study.map_of(label, study.pictures[0], 0), resources) for label in study.methods
    ]
    count = len(study.pictures)
    closely = min(2 * request.worst, count)
    return count * (each[0] + 4) + closely * (sum(each) + 20)


HANDLERS: Mapping[type, AnyHandler] = {
    AuditRequest: Handler(run=_audit, title=lambda request: "The audit", cost=audit_cost),
}
