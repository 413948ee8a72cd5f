"""RISE against its formula, with masks as the reference makes them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.transform import resize

from core.caching.once import Once
from core.errors import Cancelled
from core.explain.base import SAMPLES, Subject
from core.explain.perturb import input_answers
from core.explain.perturb.rise import FLAT, RISE, masks_of
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture, from_pixels
from tests.conftest import asked, classifier_of, tiny_net

FEW = {"masks": 150}


@pytest.mark.parametrize(("size", "cells"), [((32, 32), 7), ((45, 64), 5), ((20, 20), 2)])
def test_masks_are_enlarged_grids_cut_at_a_shift(size: tuple[int, int], cells: int) -> None:
    """The reference: skimage's resize to (s + 1) cells, order 1, mirrored ends, then a cut."""
    masks = masks_of(3, 40, cells, 0.5, size)
    found = masks(0, 40).numpy()[:, 0]
    high, wide = (math.ceil(side / cells) for side in size)
    for number in range(40):
        large = resize(
            masks.grids[number].astype(float),
            ((cells + 1) * high, (cells + 1) * wide),
            order=1,
            mode="reflect",
            anti_aliasing=False,
        )
        top, left = masks.tops[number], masks.lefts[number]
        assert 0 <= top < high
        assert 0 <= left < wide
        wanted = large[top : top + size[0], left : left + size[1]]
        assert np.abs(found[number] - wanted).max() < 1e-6
    more = masks_of(3, 400, cells, 0.5, size)
    assert np.array_equal(more(0, 40).numpy()[:, 0], found), "more masks begin the same"
    assert not np.array_equal(masks_of(4, 40, cells, 0.5, size).grids, masks.grids)


def test_cells_are_shown_with_the_given_probability() -> None:
    for keep in (0.1, 0.5, 0.9):
        masks = masks_of(0, 2000, 7, keep, (32, 32))
        assert masks.grids.mean() == pytest.approx(keep, abs=0.01)
        assert masks(0, 2000).mean().item() == pytest.approx(keep, abs=0.02)


@pytest.mark.parametrize("keep", [0.5, 0.3])
def test_the_map_is_the_papers_mean(tiny: Classifier, prepared: Prepared, keep: float) -> None:
    """Petsiuk et al. 2018, eq. 6: S = 1 / (E[M] N) * sum of f(I * M_i) * M_i."""
    SAMPLES.clear()
    options = {**FEW, "cells": 5, "keep": keep}
    made = RISE.run(*asked(tiny, prepared, (), 2, "rise", options, seed=8))
    masks = masks_of(8, 150, 5, keep, (32, 32))(0, 150)
    wanted = np.zeros((32, 32))
    for mask in masks:
        answer = tiny.logits(prepared.batch * mask).softmax(1)[0, 2].item()
        wanted += answer * mask[0].numpy()
    assert np.abs(made.heat - wanted / (150 * keep)).max() < 1e-5
    assert made.passes == 151


def test_more_masks_and_other_classes_add_only_what_is_missing(
    tiny: Classifier, prepared: Prepared
) -> None:
    store = Once(1 << 24)

    def made(count: int, target: int = 0, seed: int = 0) -> tuple[int, np.ndarray]:
        one, _ = asked(tiny, prepared, (), target, "rise", {"masks": count}, seed=seed)
        found = RISE.run(one, Subject(tiny, prepared, store))
        return found.passes - 1, found.heat  # one for the picture itself

    assert made(100)[0] == 100
    assert made(250)[0] == 150
    grown = made(400)
    assert grown[0] == 150
    assert made(400, target=3)[0] == made(120)[0] == 0
    assert made(100, seed=1)[0] == 100
    store.clear()
    assert np.array_equal(made(400)[1], grown[1])


def test_a_stop_keeps_what_was_computed(tiny: Classifier, prepared: Prepared) -> None:
    store = Once(1 << 24)
    request, _ = asked(tiny, prepared, (), 1, "rise", {"masks": 300})
    subject = Subject(tiny, prepared, store)
    said = []

    def stop(share: float, stage: str = "") -> None:
        said.append(stage)
        if share > 0.6:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        RISE.run(request, subject, stop)
    assert "100 of 300 masks" in said
    assert RISE.run(request, subject).passes <= 121


def test_of_very_many_classes_only_the_explained_one_is_kept(
    tiny: Classifier, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, one = Once(1 << 24), asked(tiny, prepared, (), 3, "rise", FEW)[0]
    subject = Subject(tiny, prepared, store)
    whole = RISE.run(one, subject).heat
    monkeypatch.setattr(input_answers, "MOST_CLASSES", 3)
    narrow = RISE.run(one, subject)
    assert narrow.passes == 151
    assert np.array_equal(narrow.heat, whole)
    assert RISE.run(asked(tiny, prepared, (), 2, "rise", FEW)[0], subject).passes == 151


def test_a_model_that_does_not_look_has_an_empty_map(picture: Picture) -> None:
    net = tiny_net()
    torch.nn.init.zeros_(net.fc.weight)
    model = classifier_of(net)
    SAMPLES.clear()
    made = RISE.run(*asked(model, model.prepare(picture), (), 1, "rise", FEW))
    assert not made.heat.any()
    assert FLAT in made.notes


def test_a_flat_picture_is_explained_without_fault(tiny: Classifier) -> None:
    prepared = tiny.prepare(from_pixels(np.full((40, 56, 3), 90, np.uint8), "flat.png"))
    made = RISE.run(*asked(tiny, prepared, (), 1, "rise", FEW))
    assert np.isfinite(made.heat).all()
