"""Rows of audits, made by hand."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from core.measure.audit.rows import AuditRow, Fingerprint
from core.requests.audits import UNKNOWN
from core.requests.references import PictureRef

EVEN = np.array([1, 2, 1, 2, 4, 2, 1, 2, 1], np.float32) / 16


def row(
    number: int,
    truth: int = UNKNOWN,
    guess: int = 0,
    confidence: float = 0.9,
    *,
    rank: int = 0,
    true_probability: float = math.nan,
    squares: float = 1.0,
    places: np.ndarray | None = None,
    concepts: tuple[str, ...] | None = None,
    corners: np.ndarray | None = None,
    digest: str = "",
    file: str = "",
    mark: Fingerprint | None = None,
) -> AuditRow:
    rng = np.random.default_rng(number)
    if mark is None:
        drawn = rng.integers(0, 256, (4, 48), dtype=np.uint8) if corners is None else corners
        grey = rng.integers(0, 256, 256, dtype=np.uint8)
        mark = Fingerprint(int(rng.integers(0, 2**63)), grey, drawn)
    content = digest or hashlib.sha256(str(number).encode()).hexdigest()
    return AuditRow(
        name=f"{number}.png",
        picture=PictureRef(content, f"{number}.png", file),
        box=(0, 0, 8, 8),
        truth=truth,
        guess=guess,
        confidence=confidence,
        rank=rank,
        true_probability=true_probability,
        squares=squares,
        fingerprint=mark,
        places=places,
        concepts=concepts,
    )
