"""A made-up encoder that knows four colours, and sets of small pictures."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch
from PIL import Image

from core import Pixels
from core.concepts.probes.probe_set import ProbeSet, digest_of
from core.concepts.vocabulary import Vocabulary
from core.errors import BadPicture
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels
from core.work.engine import Engine
from core.work.ray_executor import RayExecutor
from tests.core.work import tiny_worker

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


def coloured(count: int, damaged: Sequence[int] = ()) -> ProbeSet:
    """Small pictures of one colour each, with a little noise; some that cannot be decoded."""

    def load(place: int) -> Picture:
        if place in damaged:
            raise BadPicture("damaged")
        rng = np.random.RandomState(place)
        colour = 255 * np.array(colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(), 1))
        noisy = colour + rng.normal(0, 6, (12, 16, 3))
        return from_pixels(np.clip(noisy, 0, 255).astype(np.uint8), f"colour {place}")

    names = tuple(f"colour {place}" for place in range(count))
    return ProbeSet("colours", digest_of("test", [str(count), str(damaged)]), names, load)


@pytest.fixture
def colours() -> Colours:
    return Colours()


@pytest.fixture
def by_colour(one_conv: Callable[..., Classifier]) -> Classifier:
    """One channel for each of red, green and blue, one that is always 0, one for grey."""
    kernel = torch.tensor(
        [[1.0, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1], [-1, -1, -1], [0.4, 0.4, 0.4]]
    )
    weight = torch.tensor([[1.0, -1, 0.5, 1, 0.2], [-1, 1, 0, 0, 0]])
    return one_conv(kernel, weight)


@pytest.fixture(scope="session")
def on_ray(ray_machines: None) -> Iterator[RayExecutor]:
    """An executor with two workers that have the tiny classifier; all tests share it."""
    made = RayExecutor(
        Engine(is_ray=True, cores=1),
        kind=tiny_worker.KIND,
        more=tiny_worker.MORE,
        handlers=tiny_worker.HANDLERS,
    )
    yield made
    made.close()
