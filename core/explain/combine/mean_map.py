"""The mean of what several methods say, each by the ranks of its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import Heat
from core.errors import BadOption
from core.explain.combine.combined import CombinedMethod
from core.explain.ranks import ranks
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest
from core.requests.options import Option, fill_defaults
from core.requests.studies import StudyRequest

OF = "of"
"""Option of methods that combine others: which these are."""
FEWEST = 2
USUAL = "grad-cam,hires-cam,layer-cam,grad-cam++"
"""Four ways to weigh a layer's channels, with one pass each."""


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


class MeanMap(CombinedMethod):
    """The mean of the maps of other methods by their ranks."""

    name = "mean-map"
    title = "Mean map"
    sentence = (
        "Ranks the places of each of several maps and averages the ranks: what the methods say "
        "together."
    )
    paper = "Mean rank of each place (Borda 1781), with equal weights"
    link = "https://en.wikipedia.org/wiki/Borda_count"
    options = (Option(OF, USUAL, "Names of the methods, with commas between them; two at least."),)

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or why one of the usual methods cannot run there."""
        usual = map(self._methods.__getitem__, split(USUAL))
        return next(filter(None, (method.fits(classifier, layer) for method in usual)), "")

    def joined(self, maps: Sequence[Heat]) -> Heat:
        """Return the mean of the ranks, float32 (h, w) in [0, 1]."""
        return np.asarray(np.mean([shares(each) for each in maps], axis=0), np.float32)

    def parts(self, request: MapRequest, classifier: Classifier) -> tuple[AnyMap, ...]:
        """Return the requests for the maps of which the mean is made.

        Raises:
            BadOption: a method is unknown, or there are too few.
        """
        options = fill_defaults(self.options, dict(request.options))
        names = split(str(options[OF]))
        for name in names:
            if name not in self._methods:
                there = ", ".join(self._methods)
                raise BadOption(f"{self.title} cannot take {name!r:.40}: choose from {there}.")
        if len(names) < FEWEST:
            raise BadOption(
                f"{self.title} of {', '.join(names) or 'nothing'}: name {FEWEST} methods at least."
            )
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
