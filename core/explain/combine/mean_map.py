"""The mean of what several methods say, each by the ranks of its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import BadOption
from core.explain import scaling
from core.explain.base import Explanation, Method, Subject, Tick, no_tick, part
from core.explain.families import COMBINATION
from core.explain.ranks import ranks
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest, Smooth
from core.requests.options import Option, fill_defaults
from core.requests.studies import StudyRequest

OF = "of"
"""Option of methods that combine others: which these are."""
FEWEST = 2


def split(text: str) -> tuple[str, ...]:
    """Return the names in a text with commas between them, each once."""
    names = (word.strip().lower() for word in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def shares(heat: Heat) -> Heat:
    """Return for each value the share of the others that lie below it.

    Equal values share the mean of their places, so a map of one value is 0.5 everywhere.

    Args:
        heat: float32 (h, w), at least two values.

    Returns:
        float32 (h, w) in [0, 1].
    """
    placed = (ranks(heat) - 1) / (heat.size - 1)
    return placed.reshape(heat.shape).astype(np.float32)


class MeanMap:
    """The mean of the maps of other methods by their ranks. See `core.explain.base.Method`."""

    name = "mean-map"
    title = "Mean map"
    sentence = (
        "Ranks the places of each of several maps and averages the ranks: what the methods say "
        "together."
    )
    paper = "Mean rank of each place (Borda 1781), with equal weights"
    link = "https://en.wikipedia.org/wiki/Borda_count"
    family = COMBINATION
    signed = False
    smooths: tuple[Smooth, ...] = ("none",)
    layered = True
    whole_passes = True

    def __init__(self, methods: Iterable[Method]) -> None:
        """Combine any of some methods.

        Args:
            methods: by themselves; none of them combines others.
        """
        self._methods: Mapping[str, Method] = {method.name: method for method in methods}
        self.options = (
            Option(
                OF,
                "grad-cam,hires-cam,layer-cam,grad-cam++",
                "Names of the methods, with commas between them; two at least.",
            ),
        )

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or why one of the usual methods cannot run there."""
        usual = split(str(self.options[0].default))
        return next(
            filter(None, (self._methods[each].fits(classifier, layer) for each in usual)), ""
        )

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return the forward passes that `run` takes at most: maps that are there take none."""
        wanted = self._parts(self._own(request))
        return sum(self._methods[each.method].cost(each, classifier) for each in wanted)

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Compute the map; those that it is made of stay kept, also when it is stopped.

        Args:
            request: of this method.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop.

        Raises:
            BadOption: a method is unknown, or there are too few.
            UnsupportedLayer: one of the methods cannot run there.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), self._own(request)
        wanted = self._parts(request)
        tick(0.0, "")
        made, passes = [], 0
        for number, each in enumerate(wanted):
            one = subject.maps.find(each) if subject.maps else None
            if one is None:
                share = part(tick, number / len(wanted), (number + 1) / len(wanted))
                one = self._methods[each.method].run(each, subject, share)
                passes += one.passes
                if subject.maps:
                    subject.maps.keep(each, one)
            made.append(one)
        heat = np.asarray(np.mean([shares(each.shown) for each in made], axis=0), np.float32)
        shown = scaling.shown([heat], subject.classifier.input_size)
        tick(1.0, "done")
        first = made[0]
        return Explanation(
            heat=heat,
            shown=shown,
            method=self.name,
            label=request.label,
            layer=next((each.layer for each in made if each.layer), ""),
            class_index=request.target,
            class_name=first.class_name,
            probability=first.probability,
            seconds=working_seconds() - started,
            passes=passes,
            device=first.device,
            precision=next((each.precision for each in made if each.precision != "exact"), "exact"),
            smooth=request.smooth,
            seed=request.seed,
            options=fill_defaults(self.options, dict(request.options)),
            notes=(*self._said(made), *scaling.describe(heat)),
        )

    def _said(self, made: Sequence[Explanation]) -> list[str]:
        """Return what is to be known of the maps, each sentence with its method."""
        return [
            f"{self._methods[each.method].title}: {note}" for each in made for note in each.notes
        ]

    def _parts(self, request: MapRequest) -> tuple[AnyMap, ...]:
        """Return the requests for the maps of which the mean is made.

        Raises:
            BadOption: a method is unknown, or there are too few.
        """
        options = fill_defaults(self.options, dict(request.options))
        names = split(str(options[OF]))
        for name in names:
            if name not in self._methods:
                there = ", ".join(self._methods)
                raise BadOption(f"{self.title} knows no method {name!r:.40}: choose from {there}.")
        if len(names) < FEWEST:
            raise BadOption(f"{self.title} of {len(names)} method: name {FEWEST} at least.")
        study = StudyRequest(
            pictures=(request.picture,),
            model=request.model,
            fit=request.fit,
            methods=names,
            layers=request.layers,
            precision=request.precision,
            seed=request.seed,
        )
        return tuple(study.map_of(name, request.picture, request.target) for name in names)

    def _own(self, request: AnyMap) -> MapRequest:
        """Return a request of this method.

        Raises:
            BadOption: it asks for another method, or for smoothing.
        """
        if not isinstance(request, MapRequest) or request.method != self.name:
            raise BadOption(f"{self.title} cannot make a map of {request.method}: use that method.")
        if request.smooth not in self.smooths:
            raise BadOption(f"{self.title} has no smoothing {request.smooth!r}: choose none.")
        return request
