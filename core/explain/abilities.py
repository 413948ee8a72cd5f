"""What a model can do: which methods explain it at some layers, and what each of them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.explain.methods import METHODS
from core.models.classifier import Classifier
from core.requests.maps import AnyMap


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do at some layers.

    Attributes:
        refusals: for each method that cannot explain it, one sentence why, by name.
        passes: forward passes at most of one map by each of the others, by name.
    """

    refusals: Mapping[str, str]
    passes: Mapping[str, int]


def abilities(classifier: Classifier, maps: Mapping[str, AnyMap]) -> Abilities:
    """Ask every method whether it fits a model, and what it costs there.

    Args:
        classifier: the model; it is split at layers where it was not before.
        maps: a map by each method, by name; its picture and class do not matter.
    """
    refusals = {name: _refusal(classifier, each) for name, each in maps.items()}
    fitting = [name for name, sentence in refusals.items() if not sentence]
    return Abilities(
        {name: sentence for name, sentence in refusals.items() if sentence},
        {name: METHODS[name].cost(maps[name], classifier) for name in fitting},
    )


def _refusal(classifier: Classifier, asked: AnyMap) -> str:
    """Return why a method cannot make a map, or nothing."""
    method = METHODS[asked.method]
    if not method.layered:
        return method.fits(classifier, "")
    if not asked.layers and not classifier.layers():
        return f"{classifier.title} has no layer with a map: pick another model."
    layers = asked.layers or (classifier.default_layer,)
    return next(filter(None, (method.fits(classifier, layer) for layer in layers)), "")
