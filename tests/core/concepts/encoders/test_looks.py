"""Words that are measured on pixels."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.encoders import looks
from core.concepts.probes.patterns import DIRECTIONS, draw

SIDE = looks.SIDE


def flat(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


def number(picture: np.ndarray, word: str) -> float:
    return float(looks.measured(picture[None])[0, looks.WORDS.index(word)])


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((220, 20, 20), "red"),
        ((250, 140, 20), "orange colour"),
        ((110, 60, 20), "brown"),
        ((250, 240, 30), "yellow"),
        ((30, 180, 40), "green"),
        ((20, 220, 220), "cyan"),
        ((30, 40, 230), "blue"),
        ((140, 30, 220), "purple"),
        ((250, 120, 190), "pink"),
        ((10, 10, 10), "black"),
        ((250, 250, 250), "white"),
        ((120, 120, 120), "grey"),
    ],
)
def test_a_pixel_has_one_colour(colour: tuple[int, int, int], word: str) -> None:
    shares = looks.measured(flat(colour)[None])[0, : len(looks.COLOURS)]
    assert shares.sum() == pytest.approx(1)
    assert shares[looks.COLOURS.index(word)] == 1


def test_a_share_is_that_of_the_pixels() -> None:
    picture = flat((220, 20, 20))
    picture[:16] = (30, 40, 230)
    assert number(picture, "blue") == pytest.approx(0.25)
    assert number(picture, "red") == pytest.approx(0.75)


@pytest.mark.parametrize("word", DIRECTIONS)
def test_lines_have_their_direction(word: str) -> None:
    rng = np.random.default_rng(5)
    drawn = [draw(rng, "striped", SIDE) for _ in range(60)]
    numbers = looks.measured(np.stack([pattern.pixels for pattern in drawn]))
    column = numbers[:, looks.WORDS.index(word)]
    holds = np.array([word in pattern.words for pattern in drawn])
    assert column[holds].mean() > column[~holds].mean() + 0.3


def test_light_contrast_and_detail() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    grey, light = flat((128, 128, 128)), flat((250, 250, 250))
    assert number(light, "bright") > number(grey, "bright")
    assert number(grey, "dark") > number(light, "dark")
    for word, more, less in (
        ("high contrast", noise, grey),
        ("low contrast", grey, noise),
        ("fine detail", noise, grey),
        ("smooth", grey, noise),
        ("colourful", noise, grey),
        ("monochrome", grey, noise),
        ("plain background", grey, noise),
        ("white background", light, grey),
        ("black background", flat((0, 0, 0)), grey),
    ):
        assert number(more, word) > number(less, word), word


def test_none_and_many() -> None:
    assert looks.measured(np.empty((0, SIDE, SIDE, 3), np.uint8)).shape == (0, len(looks.WORDS))
    many = np.stack([flat((220, 20, 20))] * (looks.CHUNK + 3))
    assert looks.measured(many).shape == (looks.CHUNK + 3, len(looks.WORDS))
    assert set(looks.CATEGORIES) == set(looks.WORDS)
