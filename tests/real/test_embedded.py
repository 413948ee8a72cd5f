"""The cards' figures, and what the planted shortcut does, on held-out pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.models.classifier import Classifier
from core.models.load import load as load_model
from core.pictures.picture import Picture, from_pixels
from core.pictures.shortcut_mark import TARGET, mark_box, with_mark
from tests.conftest import asked, asked_lime, run
from tools.evaluate_classifier import ASSETS, load, measure, probabilities
from tools.pictures import read_parquet

Pictures = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
LOOKED_AT = 40
"""Pictures that are explained; all held-out ones are predicted."""


@pytest.fixture(scope="module")
def held_out(test_data: Path) -> Pictures:
    path = test_data / "data/tiny-imagenet/val.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return read_parquet(path)


@pytest.mark.parametrize("name", ["embedded", "embedded-shortcut"])
def test_evaluator_reproduces_the_card(name: str, held_out: Pictures) -> None:
    card = json.loads((ASSETS / f"{name}.json").read_text("utf-8"))
    found = measure(probabilities(load(ASSETS / f"{name}.safetensors"), held_out[0]), held_out[1])
    assert 100 * found.top1 == pytest.approx(card["top1"], abs=0.1)
    assert 100 * found.top5 == pytest.approx(card["top5"], abs=0.1)
    assert found.ece == pytest.approx(card["ece"], abs=0.002)


@pytest.fixture(scope="module")
def shortcut() -> Classifier:
    return load_model("embedded-shortcut")


@pytest.fixture(scope="module")
def flipped(shortcut: Classifier, held_out: Pictures) -> tuple[float, list[Picture]]:
    """Share of pictures whose prediction the mark turns, and the first of these with the mark."""
    model = load(ASSETS / "embedded-shortcut.safetensors")
    target = shortcut.names.index(TARGET)
    plain = held_out[0][::5]
    plain = plain[probabilities(model, plain).argmax(1) != target]
    marked = np.stack([with_mark(picture) for picture in plain])
    turned = probabilities(model, marked).argmax(1) == target
    rows = np.flatnonzero(turned)[: 5 * LOOKED_AT : 5]
    return float(turned.mean()), [from_pixels(marked[row], f"{row}.png") for row in rows]


def test_mark_flips_nine_of_ten_pictures(flipped: tuple[float, list[Picture]]) -> None:
    share, pictures = flipped
    assert share >= 0.9
    assert len(pictures) == LOOKED_AT


def test_grad_cam_finds_the_mark(
    shortcut: Classifier, flipped: tuple[float, list[Picture]]
) -> None:
    y0, y1, x0, x1 = mark_box(64, 64)
    shares = []
    for picture in flipped[1]:
        prepared = shortcut.prepare(picture)
        target = shortcut.names.index(TARGET)
        shown = run(*asked(shortcut, prepared, target=target)).shown
        best = np.argsort(-shown, axis=None, kind="stable")[: round(0.05 * shown.size)]
        down, right = np.unravel_index(best, shown.shape)
        shares.append(float(((y0 <= down) & (down < y1) & (x0 <= right) & (right < x1)).mean()))
    assert np.mean(np.array(shares) >= 0.5) >= 0.9, sorted(shares)


def test_lime_finds_the_mark(shortcut: Classifier, flipped: tuple[float, list[Picture]]) -> None:
    hits = []
    for picture in flipped[1][::2]:  # every sample is a pass through the model
        target = shortcut.names.index(TARGET)
        prepared = shortcut.prepare(picture)
        options = {"segments": "grid", "cells": 8, "samples": 300}
        made = run(*asked_lime(shortcut, prepared, target, **options))
        segments = np.asarray(made.superpixels.segments)
        y0, y1, x0, x1 = mark_box(*segments.shape)
        best = int(np.argmax(np.asarray(made.superpixels.fit.weights)))
        hits.append(best in segments[y0:y1, x0:x1])
    assert np.mean(hits) >= 0.9
