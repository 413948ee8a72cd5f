"""What an audit keeps of each picture: numbers, no pixels that could be looked at and no maps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.requests.audits import UNKNOWN
from core.requests.references import PictureRef

Shares = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
TOP = 5
"""Guesses among which the true class is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What tells a picture from others.

    Attributes:
        hash: 64 bits that resized and recompressed copies nearly share.
        grey: uint8 (256,), the picture in grey at 16 x 16.
        corners: uint8 (4, 48), the four corners of what the model saw at 4 x 4 pixels in colour.
    """

    hash: int
    grey: Bytes
    corners: Bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of all probabilities of a picture; fields as in `AuditRow`."""

    squares: float
    true_probability: float
    rank: int


def facts_of(probabilities: npt.NDArray[np.float32], truth: int) -> Facts:
    """Return what is kept of all probabilities of a picture.

    Args:
        probabilities: float32 (K,).
        truth: index of the true class; `UNKNOWN` where it is not known.
    """
    shares = probabilities.astype(np.float64)
    squares = float((shares**2).sum())
    if truth == UNKNOWN:
        return Facts(squares, math.nan, 0)
    own = shares[truth]
    ahead = int((shares > own).sum() + (shares[:truth] == own).sum())  # of equal ones the first
    return Facts(squares, float(own), 1 + ahead)


@dataclass(frozen=True, slots=True, eq=False)
class AuditRow:
    """One picture.

    Attributes:
        name: of the picture.
        picture: by its content.
        box: left, top, right, bottom of what the model saw, in pixels.
        truth: index of the true class; `UNKNOWN` where it is not known.
        guess: index of the most probable class.
        confidence: its probability in [0, 1].
        rank: place of the true class among all, 1 for the most probable; 0 where it is not known.
        true_probability: of the true class; NaN where it is not known.
        squares: sum of the squares of all probabilities.
        fingerprint: to find copies.
        places: float32 (9,), share of the map's heat in each of `PLACES`; None for a map without.
        concepts: words that the evidence for the guess comes from, the largest share first; None
            where nobody asked.
    """

    name: str
    picture: PictureRef
    box: tuple[int, int, int, int]
    truth: int
    guess: int
    confidence: float
    rank: int
    true_probability: float
    squares: float
    fingerprint: Fingerprint
    places: Shares | None = None
    concepts: tuple[str, ...] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the true class is known."""
        return self.truth != UNKNOWN

    @property
    def is_right(self) -> bool:
        """Whether the guess is the true class."""
        return self.truth == self.guess

    @property
    def is_wrong(self) -> bool:
        """Whether the true class is known and another one is guessed."""
        return self.is_known and not self.is_right

    @property
    def loss(self) -> float:
        """The logarithm of 1 / probability of the true class, natural; infinite for 0."""
        if not self.true_probability:
            return math.inf
        return -math.log(self.true_probability)
