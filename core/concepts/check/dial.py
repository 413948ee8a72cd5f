"""A dial for a concept: its channels times a factor, what the model then says, and its map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core import Heat
from core.concepts.check.ablation import own_channels, scaled
from core.errors import UnsupportedLayer
from core.explain import scaling
from core.explain.base import Tick, no_tick
from core.explain.cams import smoothing
from core.explain.cams.gradient import apply_formula, class_logit, differentiate_behind
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.split import Split

MAP = "Grad-CAM"
"""Title of the map that is made before and after."""
CLASSES = 6
"""Classes whose probabilities are told; fewer where the model has fewer."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One class before and after the channels were scaled.

    Attributes:
        index, name: of the class.
        logits: before and after.
        probabilities: before and after, in [0, 1], from the model's activation.
    """

    index: int
    name: str
    logits: tuple[float, float]
    probabilities: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Dialled:
    """What a factor on some channels changes.

    Attributes:
        layer: dotted module path.
        class_index, class_name: the explained class.
        channels: that were scaled, rising.
        factor: by which.
        classes: the explained one first, then those whose probability is highest before or after,
            by their probability before.
        heats: Grad-CAM of the explained class at the layer before and after, float32 (gh, gw) each,
            raw and signed; None where no gradient passes.
        note: one sentence where there are no maps, else empty.
    """

    layer: str
    class_index: int
    class_name: str
    channels: tuple[int, ...]
    factor: float
    classes: tuple[Shift, ...]
    heats: tuple[Heat, Heat] | None
    note: str = ""

    @property
    def peak(self) -> float:
        """Highest value of the map after, as a share of that before; NaN where that is not > 0."""
        before, after = (float(heat.max()) for heat in self.heats or (np.zeros(1), np.zeros(1)))
        return max(0.0, after) / before if before > 0 else float("nan")

    def shown(self, size: tuple[int, int]) -> tuple[Heat, Heat] | None:
        """Return both maps as other maps are shown, the second fainter where its peak is lower.

        Each is scaled to [0, 1] by itself, as the grad-cam package scales; the second is then
        multiplied by `peak` where that is below 1, so that a map that fades looks so.

        Args:
            size: (height, width) of the results.

        Returns:
            float32 (height, width) each, in [0, 1]; None without maps.
        """
        if self.heats is None:
            return None
        before, after = (scaling.shown([heat], size) for heat in self.heats)
        faint = self.peak if self.peak < 1 else 1.0
        return before, np.asarray(after * np.float32(faint), np.float32)


def dialled(
    classifier: Classifier,
    prepared: Prepared,
    class_index: int,
    layer: str,
    channels: Sequence[int],
    factor: float,
    tick: Tick = no_tick,
) -> Dialled:
    """Multiply channels by a factor at their layer, and run the rest of the model.

    The map is Grad-CAM of the changed activation: mean gradient of each channel times its
    activation, summed over the channels (Selvaraju et al. 2017, eq. 1-2).

    Args:
        classifier: the model.
        prepared: the picture as the model sees it.
        class_index: the explained class.
        layer: module path of a layer with a map.
        channels: of one concept.
        factor: 0 switches them off, 1 changes nothing.
        tick: told the share done; may raise to stop.

    Raises:
        UnknownLayer: no module of that path.
        UnsupportedLayer: no map, or the model cannot be split there.
        BadOption: the layer has no such channel.
        BadPicture: the logits are not finite.
    """
    tick(0.0, "forward")
    split = classifier.split(layer)
    with torch.no_grad():
        leaf, *rest = split.head(prepared.batch)
        own = own_channels(split, leaf, channels)
        changed = scaled(split, leaf, own, factor)
        logits = torch.cat([split.tail(leaf, *rest), split.tail(changed, *rest)])
    note, heats = "", None
    try:
        first, second = (
            _grad_cam(split, each, rest, class_index, tick) for each in (leaf, changed)
        )
        heats = first, second
    except UnsupportedLayer as error:
        note = str(error)
    return Dialled(
        layer=split.path,
        class_index=class_index,
        class_name=classifier.names[class_index],
        channels=own,
        factor=factor,
        classes=_shifts(classifier, logits, class_index),
        heats=heats,
        note=note,
    )


def _grad_cam(
    split: Split, leaf: torch.Tensor, rest: list[torch.Tensor], class_index: int, tick: Tick
) -> Heat:
    maps, gradients, _ = differentiate_behind(split, leaf, rest, class_logit(class_index), tick)
    finite, _ = scaling.finite(apply_formula("GradCAM", maps, gradients))
    return smoothing.total(finite)


def _shifts(classifier: Classifier, logits: torch.Tensor, class_index: int) -> tuple[Shift, ...]:
    """Choose the classes that are told; logits (2, K), before and after."""
    shares = classifier.activated(logits).cpu().double().numpy()
    values = logits.cpu().double().numpy()
    strongest = np.argsort(-shares.max(0), kind="stable").tolist()
    others = [index for index in strongest if index != class_index][: CLASSES - 1]
    others.sort(key=lambda index: (-shares[0, index], index))
    return tuple(
        Shift(
            index=index,
            name=classifier.names[index],
            logits=(float(values[0, index]), float(values[1, index])),
            probabilities=(float(shares[0, index]), float(shares[1, index])),
        )
        for index in (class_index, *others)
    )
