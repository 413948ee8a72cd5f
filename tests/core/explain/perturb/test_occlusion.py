"""Occlusion: the drop of the probability, by the formula and as captum has it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import BadOption, Cancelled
from core.explain.base import SAMPLES, Subject
from core.explain.perturb.composition import base_view, filled
from core.explain.perturb.occlusion import FLAT, OCCLUSION, windows
from core.explain.perturb.superpixels import segment
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import from_pixels
from core.requests.options import Value
from tests.conftest import asked


def occluded(
    classifier: Classifier, prepared: Prepared, target: int = 1, **options: Value
) -> np.ndarray:
    SAMPLES.clear()
    one = asked(classifier, prepared, (), target, "occlusion", options)
    return OCCLUSION.run(*one).heat


def probability(classifier: Classifier, batch: torch.Tensor, target: int = 1) -> float:
    return float(classifier.logits(batch).softmax(1)[0, target])


def test_a_pixel_gets_the_mean_drop_of_the_windows_that_hide_it(
    tiny: Classifier, prepared: Prepared
) -> None:
    heat = occluded(tiny, prepared, window=25, stride=20, fill="#ff0000")
    total, times = np.zeros((32, 32)), np.zeros((32, 32))
    before = probability(tiny, prepared.batch)
    for top in range(0, 30, 6):  # the window has 8 pixels, the step 6
        for left in range(0, 30, 6):
            hidden = prepared.batch.clone()
            hidden[0, :, top : top + 8, left : left + 8] = torch.tensor([1.0, 0, 0])[:, None, None]
            total[top : top + 8, left : left + 8] += before - probability(tiny, hidden)
            times[top : top + 8, left : left + 8] += 1
    assert np.abs(heat - total / times).max() < 1e-6
    assert heat.min() < 0 < heat.max()


def test_captum_gives_the_same(tiny: Classifier, prepared: Prepared) -> None:
    attr = pytest.importorskip("captum.attr", reason="captum is not installed")
    for window, stride, side, step in ((25, 12.5, 8, 4), (16, 10, 5, 3), (60, 60, 19, 19)):
        theirs = attr.Occlusion(lambda batch: tiny.logits(batch).softmax(1)).attribute(
            prepared.batch,
            sliding_window_shapes=(3, side, side),
            strides=(3, step, step),
            baselines=0,  # black: colours pass unchanged
            target=1,
            perturbations_per_eval=16,
        )
        heat = occluded(tiny, prepared, window=window, stride=stride, fill="black")
        assert np.abs(theirs[0, 0].numpy() - heat).max() < 1e-6


def test_a_superpixel_gets_its_own_drop(tiny: Classifier, prepared: Prepared) -> None:
    heat = occluded(tiny, prepared, parts="grid", fill="blur")
    view = base_view(prepared, tiny.input_size)
    parts = segment(view, "grid")
    off = filled(view, parts, "blur")
    small = torch.nn.functional.interpolate

    def answer(pixels: np.ndarray) -> float:
        batch = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
        return probability(tiny, small(batch, (32, 32), mode="bilinear", antialias=True))

    for number in (0, 17, 63):
        hidden = np.where((parts.segments == number)[..., None], off, view)
        wanted = answer(view) - answer(hidden)
        assert np.abs(heat[parts.segments == number] - wanted).max() < 1e-5


def test_superpixels_are_limes(tiny: Classifier, prepared: Prepared) -> None:
    SAMPLES.clear()
    request, subject = asked(tiny, prepared, (), 1, "occlusion", {"parts": "quickshift"})
    made = OCCLUSION.run(request, subject)
    assert len(SAMPLES) == 2, "superpixels and answers"
    segments = segment(base_view(prepared, tiny.input_size)).segments
    assert all(len(np.unique(made.heat[segments == k])) == 1 for k in range(segments.max() + 1))


def test_another_class_makes_no_pass_and_a_stop_loses_nothing(
    tiny: Classifier, prepared: Prepared
) -> None:
    SAMPLES.clear()
    request, subject = asked(tiny, prepared, (), 1, "occlusion")

    def stop(share: float, stage: str = "") -> None:
        if share > 0.5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        OCCLUSION.run(request, subject, stop)
    rest = OCCLUSION.run(request, subject)
    assert 1 < rest.passes < 0.6 * OCCLUSION.cost(request, tiny)
    other, _ = asked(tiny, prepared, (), 2, "occlusion")
    assert OCCLUSION.run(other, subject).passes == 1
    fresh = OCCLUSION.run(request, Subject(tiny, prepared, type(SAMPLES)(1 << 24)))
    assert np.array_equal(rest.heat, fresh.heat)


def test_a_flat_picture_has_an_empty_map(tiny: Classifier) -> None:
    prepared = tiny.prepare(from_pixels(np.full((40, 56, 3), 90, np.uint8), "flat.png"))
    SAMPLES.clear()
    made = OCCLUSION.run(*asked(tiny, prepared, (), 1, "occlusion"))
    assert not made.heat.any()
    assert not made.shown.any()
    assert FLAT in made.notes


def test_windows_cover_every_pixel_and_bad_settings_are_refused(
    tiny: Classifier, prepared: Prepared
) -> None:
    for size, window, stride in (((32, 32), 14, 7), ((224, 160), 15, 15), ((3, 5), 2, 1)):
        covered = np.zeros(size, int)
        for top, left, bottom, right in windows(size, window, stride):
            assert bottom > top
            assert right > left
            covered[top:bottom, left:right] += 1
        assert covered.all()
    with pytest.raises(BadOption, match="stride is 20 and window 10: give a stride of the window"):
        occluded(tiny, prepared, window=10, stride=20)
    with pytest.raises(BadOption, match="fill is 'nothing'"):
        occluded(tiny, prepared, fill="nothing")
