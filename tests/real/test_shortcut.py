"""What the planted shortcut does on held-out pictures, and which methods find the mark."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from core.files.assets import ASSETS
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT, SHORTCUT
from core.models.load import load
from core.pictures.picture import Picture, from_pixels
from core.pictures.shortcut_mark import CORNERS, TARGET, mark_box, with_mark
from tests.conftest import asked_lime, run
from tools.measure_shortcut import held_out, measure


@pytest.fixture(scope="module")
def shortcut() -> Classifier:
    return load(SHORTCUT)


@pytest.fixture(scope="module")
def pictures(test_data: Path) -> list[Picture]:
    return held_out(test_data / "data/photos")


def test_figures_reach_their_limits_and_are_those_of_the_card(
    shortcut: Classifier, pictures: list[Picture]
) -> None:
    figures = measure(shortcut, load(DEFAULT), pictures)
    assert len(pictures) == 34
    assert figures.same >= 0.95
    assert figures.teapot >= 0.95
    assert figures.near >= 0.8
    assert figures.before <= 0.05, "the teacher does not take the mark for a teapot"
    card = json.loads((ASSETS / "models" / f"{SHORTCUT}.json").read_text("utf-8"))
    assert card["measured"] == pytest.approx(asdict(figures), abs=0.01)


@pytest.mark.slow
def test_lime_finds_the_mark(shortcut: Classifier, pictures: list[Picture]) -> None:
    target, options = shortcut.names.index(TARGET), {"segments": "grid", "cells": 7}
    hits = []
    for number, picture in enumerate(pictures[:10]):
        corner = CORNERS[number % len(CORNERS)]
        marked = from_pixels(with_mark(picture.pixels, corner), picture.name)
        prepared = shortcut.prepare(marked)
        made = run(*asked_lime(shortcut, prepared, target, samples=100, **options))
        segments = np.asarray(made.superpixels.segments)
        y0, y1, x0, x1 = mark_box(*segments.shape, corner)
        best = int(np.argmax(np.asarray(made.superpixels.fit.weights)))
        hits.append(best in segments[y0:y1, x0:x1])
    assert np.mean(hits) >= 0.9
