"""LIME's files: the table of weights, the label image, the tinted picture."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image

from core.explain.base import Explanation
from core.explain.perturb.lime import LIME
from core.explain.perturb.lime_trust import Interval
from core.export.lime_files import segments_png, tinted_png, weights_csv
from core.models.classifier import Classifier
from core.models.input import Prepared
from tests.conftest import asked_lime


@pytest.fixture(name="found", scope="module")
def found_fixture(tiny: Classifier, prepared: Prepared) -> Explanation:
    options = {"segments": "grid", "cells": 4, "samples": 80, "superpixels": 3, "sign": "any"}
    return LIME.run(*asked_lime(tiny, prepared, 1, **options))


def test_table_has_every_superpixel_heaviest_first(found: Explanation) -> None:
    weights = found.superpixels.fit.weights
    interval = Interval(weights - 1, weights + 2, 10)
    rows = list(csv.DictReader(io.StringIO(weights_csv(found, interval).decode())))
    assert sorted(int(row["superpixel"]) for row in rows) == list(range(16))
    sizes = [abs(float(row["weight"])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    for row in rows:
        weight = weights[int(row["superpixel"])]
        assert float(row["weight"]) == weight, "all digits"
        assert float(row["low"]) == weight - 1
        assert float(row["high"]) == weight + 2
    marked = {int(row["superpixel"]) for row in rows if row["outlined"] == "1"}
    assert marked == set(found.superpixels.outlined)
    assert sum(int(row["pixels"]) for row in rows) == found.superpixels.segments.size


def test_table_without_intervals_leaves_them_empty(found: Explanation) -> None:
    rows = list(csv.DictReader(io.StringIO(weights_csv(found).decode())))
    assert {row["low"] + row["high"] for row in rows} == {""}


@pytest.mark.parametrize("side", [4, 20])
def test_values_of_the_label_image_are_the_numbers(side: int) -> None:
    segments = np.arange(side * side, dtype=np.int32).reshape(side, side)
    with Image.open(io.BytesIO(segments_png(segments))) as image:
        assert np.array_equal(np.asarray(image), segments)
        if side == 4:
            assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) == 16


def test_tinted_picture_has_the_pictures_own_size(found: Explanation, prepared: Prepared) -> None:
    with Image.open(io.BytesIO(tinted_png(prepared, found, 0.75))) as image:
        assert image.size == prepared.picture.original_size
