"""What a classifier is and what it says, besides its numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.requests.references import Activation, ModelRef, Preprocess


@dataclass(frozen=True, slots=True)
class Card:
    """What a classifier is, besides its numbers.

    Attributes:
        id: model id, for example `resnet50:IMAGENET1K_V2`.
        title: name for people.
        arch: architecture, for example `resnet50`.
        digest: SHA-256 of the weights.
        names: class names by index.
        preprocess: from a picture to the input.
        activation: from logits to probabilities.
        reference: what tells the model from every other; None for one that no catalogue names.
        checkpoint: what was taken from a person's own file, and what was not; empty without one.
    """

    id: str
    title: str
    arch: str
    digest: str
    names: tuple[str, ...]
    preprocess: Preprocess
    activation: Activation = "softmax"
    reference: ModelRef | None = None
    checkpoint: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give classes without a name their number."""
        named = (name if name.strip() else f"class {i}" for i, name in enumerate(self.names))
        object.__setattr__(self, "names", tuple(named))


@dataclass(frozen=True, slots=True)
class Guess:
    """One class with its probability in [0, 1], from the model's activation."""

    index: int
    name: str
    probability: float
    activation: Activation = "softmax"


def percent(probability: float) -> str:
    """Return a probability as a person reads it: never a rounded 0 % or 100 %."""
    if probability > 0.9995:
        return "> 99.9 %"
    if probability < 0.0005:
        return "< 0.1 %"
    return f"{probability * 100:.1f} %"


def digest_of_names(names: Sequence[str]) -> str:
    """Return the SHA-256 of class names, in order."""
    return hashlib.sha256("\n".join(names).encode(errors="surrogatepass")).hexdigest()
