"""One line of the catalogue: a model with its weights, its classes and its preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.requests.references import Activation, Cropping, Interpolation, ModelSource

RANDOM = "random"
"""Weights name of the seeded control that every architecture has."""
BUILT_IN = "Built in"
"""Family of the models that are installed with SeeWhy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the catalogue, known without loading anything.

    Attributes:
        id: `ARCHITECTURE:WEIGHTS` (`resnet50:IMAGENET1K_V2`), or a built-in model's own id.
        arch: name of torchvision's constructor, or of timm's (`tf_efficientnet_lite0`,
            `timm:resnet18`).
        title: for people, for example `ResNet-50 (ImageNet, V2)`.
        family: for example `ResNet`; groups the picker.
        weights_name: `IMAGENET1K_V2`, `places365`, `random`, `built in`.
        classes: number of logits.
        names: one class name a logit.
        url: where the published file lies; empty where there is none.
        file_name: the published file's name; empty for `random`.
        size_mb: size of the published file in units of 2**20 bytes; 0 where not known.
        digest_prefix: first hexadecimal digits of the published file's SHA-256 (all 64 for a
            built-in model); empty where the publisher gives none.
        input_size: pixels a side that the model sees.
        resize_size: pixels of the shorter side before the centre crop.
        mean, std: per channel, for pixels in [0, 1].
        interpolation: how the model's training resized pictures.
        crop: how the model's training cut pictures to size.
        is_default: the newest published weights; the short id `resnet50` means this one.
        siblings: file names of all published weights of this architecture.
        description: one sentence or empty.
        top1, top5: published accuracy in percent; None where not known.
        file: path of a built-in model's file; None for all others.
        source: where the model comes from.
        repository: `OWNER/NAME` on the Hugging Face hub; empty where it is not there.
        local: a person's own folder or file of code; None for all others.
        activation: from logits to probabilities.
        input_width: pixels of the input from left to right where they are not `input_size`.
        base: id of the built-in model that has the tensors which `file` lacks; empty for a file
            that is whole.
        parameters: how many the network has; 0 where that is not known before it is built.
    """

    id: str
    arch: str
    title: str
    family: str
    weights_name: str
    classes: int
    names: tuple[str, ...]
    url: str
    file_name: str
    size_mb: float
    digest_prefix: str
    input_size: int
    resize_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Interpolation = "bilinear"
    crop: Cropping = "center"
    is_default: bool = False
    siblings: tuple[str, ...] = ()
    description: str = ""
    top1: float | None = None
    top5: float | None = None
    file: Path | None = None
    source: ModelSource = "torchvision"
    repository: str = ""
    local: Path | None = None
    activation: Activation = "softmax"
    input_width: int = 0
    base: str = ""
    parameters: int = 0

    def at(self, folder: Path, *, id: str, names: tuple[str, ...]) -> Entry:
        """Return the same model in a person's own folder."""
        return replace(self, id=id, title=id, names=names, url="", repository="", local=folder)

    def control(self) -> Entry:
        """Return the same network and preprocessing with seeded random weights."""
        name = self.arch if self.file is None else self.id
        return replace(
            self,
            id=f"{name}:{RANDOM}",
            title=f"{self.title.partition(' (')[0]} (random weights)",
            weights_name=RANDOM,
            description="The same network before any training, as a control.",
            url="",
            file_name="",
            size_mb=0.0,
            digest_prefix="",
            is_default=False,
            siblings=(),
            repository="",
            top1=None,
            top5=None,
            file=None,
            base="",
        )
