"""Requests about concepts: a dissection, and the evidence of a prediction."""

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
