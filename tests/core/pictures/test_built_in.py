"""The built-in pictures are really there, credited, and never fetched."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadPicture
from core.pictures import built_in
from core.pictures.shortcut_mark import mark_box

KEYS = [sample.key for sample in built_in.SAMPLES]


def test_at_least_eight_and_all_named_and_credited() -> None:
    assert len(KEYS) >= 8
    assert len(set(KEYS)) == len(KEYS)
    assert len({sample.title for sample in built_in.SAMPLES}) == len(KEYS)
    assert all(sample.source and sample.credit for sample in built_in.SAMPLES)


def test_the_first_four_are_colour_photographs() -> None:
    for key in KEYS[:4]:
        pixels = built_in.load(key).pixels.astype(int)
        assert np.abs(pixels[..., 0] - pixels[..., 2]).mean() > 5


@pytest.mark.parametrize("key", KEYS)
def test_every_sample_loads_without_a_network(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        pytest.fail("a built-in picture opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    built_in.load.cache_clear()
    picture = built_in.load(key)
    assert min(picture.original_size) >= 300
    assert picture.stem == key
    assert picture.pixels.std() > 10


def test_marked_cat_is_the_cat_with_a_mark_in_one_corner() -> None:
    plain, marked = built_in.load("cat").pixels, built_in.load("cat-marked").pixels
    y0, y1, x0, x1 = mark_box(*plain.shape[:2])
    changed = (plain != marked).any(2)
    assert changed[y0:y1, x0:x1].mean() > 0.99
    assert changed.sum() == changed[y0:y1, x0:x1].sum()
    assert (y1 - y0) / plain.shape[0] == pytest.approx(1 / 7, abs=0.01)


def test_mosaic_shows_four_other_pictures() -> None:
    sample = next(sample for sample in built_in.SAMPLES if sample.parts)
    pixels = built_in.load(sample.key).pixels
    side = pixels.shape[0] // 2
    assert pixels.shape == (2 * side, 2 * side, 3)
    for place, key in enumerate(sample.parts):
        y, x = side * (place // 2), side * (place % 2)
        whole = built_in.load(key).pixels
        short = min(whole.shape[:2])
        top, left = ((length - short) // 2 for length in whole.shape[:2])
        middle = whole[top : top + short, left : left + short]
        means = middle.mean((0, 1)), pixels[y : y + side, x : x + side].mean((0, 1))
        np.testing.assert_allclose(*means, atol=1)


def test_pictures_without_a_class_say_so() -> None:
    for sample in built_in.SAMPLES:
        assert sample.credit in sample.description
        fits = "No class of ImageNet fits" not in sample.description
        assert fits == (sample.key not in ("astronaut", "coins", "galaxies", "retina"))


def test_loaded_once() -> None:
    assert built_in.load("cat") is built_in.load("cat")


def test_packages_are_not_imported() -> None:
    code = (
        "import sys; from core.pictures import built_in\n"
        "[built_in.load(s.key) for s in built_in.SAMPLES]\n"
        "print(sorted({'skimage', 'sklearn', 'pooch', 'scipy'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_unknown_key() -> None:
    with pytest.raises(BadPicture, match="No built-in picture is called 'dog': choose one of cat,"):
        built_in.load("dog")


@pytest.mark.parametrize("package", ["skimage", "no_such_package"])
def test_missing_file_says_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = built_in.Sample("gone", "Gone", "nowhere", "nobody", package, "data/gone.png")
    monkeypatch.setattr(built_in, "SAMPLES", (gone,))
    with pytest.raises(BadPicture, match=r"install requirements\.txt again"):
        built_in.load("gone")
