"""A made-up encoder that knows four colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core import Pixels
from core.concepts.vocabulary import Vocabulary

COLOURS = ("red", "green", "blue", "grey")


class Colours:
    """An encoder that knows a picture by its mean colour."""

    id = "colours:1"
    title = "Colours"
    note = "Made up for tests."

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary
        self.seen = 0
        self.sizes: set[tuple[int, ...]] = set()

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> np.ndarray:
        self.seen += len(images)
        rows = []
        for image in images:
            pixels = np.asarray(image, np.float32) / 255
            self.sizes.add(pixels.shape)
            mean = pixels.reshape(-1, 3).mean(0)
            rows.append([*(mean - mean.mean()), 0.3 - np.ptp(mean)])
        found = np.array(rows, np.float32)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)

    def words(self, words: Sequence[str]) -> np.ndarray:
        return np.eye(4, dtype=np.float32)[[COLOURS.index(word) for word in words]]

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(word for word in words if word not in COLOURS)

    def scores(self, pictures: np.ndarray, words: np.ndarray) -> np.ndarray:
        return (0.2 + 0.4 * pictures @ words.T).astype(np.float32)
