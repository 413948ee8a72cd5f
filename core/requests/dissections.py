"""Requests about concepts: a dissection, the evidence of a prediction, and its causal check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import BadOption
from core.requests.maps import FITS, MAX_CLASS, MAX_SEED, Fit, one_of, whole
from core.requests.options import check_settings, setting
from core.requests.references import EncoderRef, ModelRef, PictureRef, ProbesRef, WordsRef

Pool = Literal["mean", "max"]
Similarity = Literal["soft_wpmi", "wpmi", "rank_reorder", "cos_similarity", "cos_similarity_cubed"]
How = Literal["gradient", "drop"]

POOLS: tuple[Pool, ...] = ("mean", "max")
SIMILARITIES: tuple[Similarity, ...] = (
    "soft_wpmi",
    "wpmi",
    "rank_reorder",
    "cos_similarity",
    "cos_similarity_cubed",
)
HOWS: tuple[How, ...] = ("gradient", "drop")
DRAWS = 1000
MAX_CHANNEL = 1_000_000
MOST_FACTOR = 2.0
"""Largest factor of the dial of a concept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DissectionRequest:
    """Words for the units of some layers (CLIP-Dissect).

    Attributes:
        model: whose units.
        layers: module paths; empty for the model's last layer.
        encoder: puts pictures and words into one space.
        probes: the pictures that are shown to both.
        words: the list to choose from.
        similarity: how a unit's activations are compared with a word's fit.
        pool: over a layer's positions.
        fit: how probe pictures are fitted to the model's input.
        top_words, top_probes: how many are kept of each unit.
        draws: random draws for the p-values, at least.
        seed: of the draws.
    """

    model: ModelRef
    layers: tuple[str, ...] = ()
    encoder: EncoderRef
    probes: ProbesRef
    words: WordsRef
    similarity: Similarity = "soft_wpmi"
    pool: Pool = "mean"
    fit: Fit = "crop"
    top_words: int = setting(5, "Words per unit.", 1, 100)
    top_probes: int = setting(10, "Pictures per unit.", 1, 100)
    draws: int = setting(DRAWS, "Minimum number of random draws for the p-values.", 20, 1_000_000)
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self)
        one_of(self.similarity, SIMILARITIES, "similarity")
        one_of(self.pool, POOLS, "pool")
        one_of(self.fit, FITS, "fit")
        whole(self.seed, "seed", 0, MAX_SEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """What each channel of a layer adds to a class's score.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        layer: module path.
        target: index of the class.
        how: gradient times activation, or the drop of the score without the channel.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    layer: str
    target: int
    how: How = "gradient"

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        one_of(self.how, HOWS, "how")
        whole(self.target, "target", 0, MAX_CLASS)
        if not self.layer:
            raise BadOption("Evidence needs a layer: name one.")

    def check_of(self, channels: tuple[int, ...], seed: int = 0) -> ChannelCheckRequest:
        """Return the request that tests the evidence of some channels."""
        return ChannelCheckRequest(
            picture=self.picture,
            model=self.model,
            fit=self.fit,
            layer=self.layer,
            target=self.target,
            channels=channels,
            seed=seed,
        )

    def dial_of(self, channels: tuple[int, ...], factor: float) -> DialRequest:
        """Return the request that multiplies some channels by a factor."""
        return DialRequest(
            picture=self.picture,
            model=self.model,
            fit=self.fit,
            layer=self.layer,
            target=self.target,
            channels=channels,
            factor=factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCheckRequest:
    """What a class loses when some channels of a layer are set to 0, beside random sets.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        layer: module path.
        target: index of the class.
        channels: of one concept, rising, each once.
        seed: of the random sets.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    layer: str
    target: int
    channels: tuple[int, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        _check_channels(self)
        whole(self.seed, "seed", 0, MAX_SEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRequest:
    """What a model says, and where it looks, when some channels of a layer are scaled.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        layer: module path.
        target: index of the class whose map is made.
        channels: of one concept, rising, each once.
        factor: by which they are multiplied.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    layer: str
    target: int
    channels: tuple[int, ...]
    factor: float = setting(0.0, "Factor on the channels; 0 switches them off.", 0, MOST_FACTOR)

    def __post_init__(self) -> None:
        _check_channels(self)
        check_settings(self)


def _check_channels(request: ChannelCheckRequest | DialRequest) -> None:
    """Check what both requests have, and bring the channels into order.

    Raises:
        BadOption: a field is outside its range.
    """
    one_of(request.fit, FITS, "fit")
    whole(request.target, "target", 0, MAX_CLASS)
    if not request.layer:
        raise BadOption("Channels belong to a layer: name one.")
    if not request.channels:
        raise BadOption("The channels are missing: give one at least.")
    for channel in request.channels:
        whole(channel, "channel", 0, MAX_CHANNEL)
    object.__setattr__(request, "channels", tuple(sorted(set(request.channels))))
