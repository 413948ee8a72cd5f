"""RefineCAM: the product of the maps of several layers, fine where a shallow layer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core import Heat
from core.errors import SeeWhyError
from core.explain.base import Explanation
from core.explain.combine.combined import CombinedMethod
from core.explain.families import CLASS_ACTIVATION
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest

BASE = "grad-cam++"
"""The method whose maps are multiplied, as in the grad-cam package."""
ALONE = "One layer alone: this is the map of {}. Choose several layers to multiply theirs."


SIZES = 3
"""Sizes of maps that are multiplied where one layer is chosen: shallower ones know no class."""


def stages(classifier: Classifier, deepest: str) -> tuple[str, ...]:
    """Return the last layer of each of the coarsest sizes of map, the deepest layer last.

    Args:
        classifier: the model.
        deepest: path of the last layer; layers behind it, and as coarse ones, are left out.
    """
    layers = classifier.layers()
    paths = [layer.path for layer in layers]
    if deepest not in paths:
        return (deepest,)
    last: dict[tuple[int, int], str] = {}
    for layer in layers[: paths.index(deepest) + 1]:
        last[layer.shape[1:]] = layer.path
    return tuple(last.values())[-SIZES:]


class RefineCam(CombinedMethod):
    """The product of the scaled maps of several layers."""

    name = "refine-cam"
    title = "RefineCAM"
    sentence = (
        "Multiplies the Grad-CAM++ maps of layers from fine to coarse: what a fine layer shows "
        "stays where the coarse ones agree."
    )
    paper = "RefineCAM, arXiv 2605.14641, as in the grad-cam package: the product over layers"
    link = "https://arxiv.org/abs/2605.14641"
    family = CLASS_ACTIVATION

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or one sentence why the method cannot run at the layer."""
        return self._methods[BASE].fits(classifier, layer)

    def joined(self, maps: Sequence[Heat]) -> Heat:
        """Return the product, float32 (h, w) in [0, 1]."""
        return np.asarray(np.prod(maps, axis=0), np.float32)

    def remarks(self, made: Sequence[Explanation]) -> list[str]:
        """Return what is to be known of the maps of the layers."""
        alone = [ALONE.format(self._methods[BASE].title)] * (len(made) == 1)
        return alone + [f"{each.layer}: {note}" for each in made for note in each.notes]

    def parts(self, request: MapRequest, classifier: Classifier) -> tuple[AnyMap, ...]:
        """Return the requests for the maps that are multiplied.

        Several layers are taken as they are; of one, the sizes of maps up to it.
        """
        layers = request.layers or (classifier.default_layer,)
        if len(layers) == 1:
            try:
                layers = stages(classifier, classifier.layer(layers[0]).path)
            except SeeWhyError:  # its map says why
                layers = request.layers
        return tuple(replace(request, method=BASE, layers=(layer,), options=()) for layer in layers)
