"""Sets of small pictures for an encoder that knows four colours; workers of Ray."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch

from core.concepts.probes.probe_set import ProbeSet, digest_of
from core.errors import BadPicture
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels
from core.work.engine import Engine
from core.work.ray_executor import RayExecutor
from tests.core.colours import COLOURS, Colours
from tests.core.work import tiny_worker

__all__ = ["COLOURS", "Colours"]


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
