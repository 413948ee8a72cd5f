"""Perturbed pictures: fills as lime makes them, composition pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn
from torch.nn.functional import interpolate

from core.errors import BadOption
from core.explain.perturb.composition import (
    SIDE,
    Composer,
    base_view,
    check_fill,
    colour_of,
    filled,
)
from core.explain.perturb.rows import rows_of
from core.explain.perturb.superpixels import Superpixels, segment
from core.models.card import Card
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels
from core.requests.references import Preprocess


@pytest.fixture(scope="module", name="photo")
def photo_fixture() -> Picture:
    return from_pixels(data.chelsea(), "cat.png")


def classifier(size: int) -> Classifier:
    net = nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    card = Card(
        "tiny", "Tiny", "tiny", "d" * 64, ("ant", "bee"), Preprocess((size, size), size + 8)
    )
    return Classifier(net, card)


def parts_of(pixels: np.ndarray) -> Superpixels:
    return segment(pixels, "grid", {"cells": 5})


def test_the_view_itself_where_the_model_is_large_enough(photo: Picture) -> None:
    prepared = classifier(SIDE).prepare(photo)
    assert base_view(prepared, (SIDE, SIDE)) is prepared.view


@pytest.mark.parametrize("fit", ["squash", "crop"])
def test_a_small_models_view_is_taken_again_at_224(photo: Picture, fit: str) -> None:
    small, large = classifier(64), classifier(SIDE)
    view = base_view(small.prepare(photo, fit), small.input_size)
    assert view.shape == (SIDE, SIDE, 3)
    if fit == "squash":
        assert np.array_equal(view, large.prepare(photo).view)


def test_mean_colours_are_limes(photo: Picture) -> None:
    pixels = classifier(SIDE).prepare(photo).view
    parts = segment(pixels, "slic", {"n_segments": 30})
    fudged = pixels.copy()
    for number in range(parts.count):  # as in lime_image.explain_instance
        inside = parts.segments == number
        fudged[inside] = tuple(np.mean(pixels[inside][:, c]) for c in range(3))
    assert np.array_equal(filled(pixels, parts, "mean"), fudged)


def test_colours_and_blur(photo: Picture) -> None:
    pixels = photo.pixels
    parts = parts_of(pixels)
    assert not filled(pixels, parts, "black").any()
    assert (filled(pixels, parts, "#0a1420") == (10, 20, 32)).all()
    soft = filled(pixels, parts, "blur")
    assert soft.shape == pixels.shape
    assert abs(soft.mean() - pixels.mean()) < 3
    rough, smooth = (np.abs(np.diff(each.astype(int), axis=1)).mean() for each in (pixels, soft))
    assert smooth < 0.3 * rough


@pytest.mark.parametrize("fill", ["", "Mean", "nocolour", "#12345", "x" * 500])
def test_a_fill_that_is_none_is_refused(fill: str) -> None:
    with pytest.raises(BadOption, match="give mean, blur, a colour"):
        check_fill(fill)


def test_fills_that_are_some() -> None:
    assert [check_fill(fill) for fill in ("mean", "blur", "gray")] == ["mean", "blur", "gray"]
    assert colour_of("#80808080") == (128, 128, 128)


@pytest.mark.parametrize("fill", ["mean", "black", "blur"])
def test_pixels_come_from_the_picture_or_its_filled_form(photo: Picture, fill: str) -> None:
    model = classifier(SIDE)
    view = model.prepare(photo).view
    parts = parts_of(view)
    off = filled(view, parts, fill)
    rows = rows_of(3, 6, parts.count)
    naive = np.stack([np.where(row[parts.segments][..., None] == 1, view, off) for row in rows])
    expected = model.normalise(torch.from_numpy(naive).permute(0, 3, 1, 2).float() / 255)
    composed = Composer(model, view, off, parts)(rows)
    assert composed.dtype == torch.float32
    assert torch.equal(composed, expected)
    assert torch.equal(composed[:1], model.prepare(photo).batch)


@pytest.mark.parametrize("size", [48, 64, 100])
@pytest.mark.parametrize("cut", [lambda p: parts_of(p), lambda p: segment(p, "slic")])
def test_a_small_model_sees_the_perturbed_picture_resized(
    photo: Picture, size: int, cut: Callable[..., Superpixels]
) -> None:
    model = classifier(size)
    view = base_view(model.prepare(photo), model.input_size)
    parts = cut(view)
    off = filled(view, parts, "mean")
    rows = rows_of(5, 7, parts.count)
    naive = np.stack([np.where(row[parts.segments][..., None] == 1, view, off) for row in rows])
    large = model.normalise(torch.from_numpy(naive).permute(0, 3, 1, 2).float() / 255)
    expected = interpolate(large, (size, size), mode="bilinear", antialias=True)
    composer = Composer(model, view, off, parts)
    composed = composer(rows)
    assert composed.shape == (7, 3, size, size)
    assert (composed - expected).abs().max() < 1e-5
    assert composer.nbytes >= parts.count * 3 * size * size * 4
