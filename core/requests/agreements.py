"""A request for many pictures: how far methods agree, and how far their maps can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.requests.measures import MeasureSettings
from core.requests.studies import TOP, Rule, StudyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRequest:
    """How far methods agree on many pictures: what `agree` and the gallery take.

    Attributes:
        study: the maps.
        top: percent of its pixels that a map marks; LIME marks its outlined superpixels.
        measures: command-line names of what is measured of each map, for example `deletion`.
        settings: of the measures; their seed is the study's, and without measures they have
            their defaults.
    """

    study: StudyRequest
    top: float = TOP
    measures: tuple[str, ...] = ()
    settings: MeasureSettings = field(default_factory=MeasureSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "top", float(self.top))
        Rule(kind="top", amount=self.top)
        given = replace(self.settings, seed=self.study.seed)
        object.__setattr__(self, "settings", given if self.measures else MeasureSettings())
