"""LIME as a method: equal to stock lime, computed once, refined while one looks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from lime.lime_image import ImageExplanation, LimeImageExplainer
from lime.wrappers.scikit_image import SegmentationAlgorithm
from skimage import data
from torch import nn

from core import Pixels
from core.caching.store import Store
from core.errors import BadOption, Cancelled
from core.explain.base import Explanation, Request, Value
from core.explain.map_key import key_of
from core.explain.perturb import lime_request
from core.explain.perturb.lime import LIME, between_seeds, fitted, refine
from core.explain.perturb.lime_request import (
    KEPT,
    kept_samples,
    neighbourhood_of,
    superpixels_key,
    superpixels_of,
    values_of,
)
from core.explain.perturb.samples import BATCH
from core.explain.perturb.superpixels import encode_labels
from core.models.classifier import Card, Classifier
from core.pictures.picture import Picture, from_pixels
from core.work.runner import Runner

CLASSES = tuple("abcdef")
SAMPLES = 120


def small_net(seed: int = 0) -> nn.Sequential:
    """Six classes whose probabilities depend on colours and coarse edges."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=4), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 6),
    )  # fmt: skip
    with torch.no_grad():
        net[-1].weight.mul_(20)
    return net.eval()


def classifier_of(size: int, digest: str = "d", seed: int = 0) -> Classifier:
    card = Card("small", "Small", "small", digest * 64, CLASSES, (size, size), size + 16)
    return Classifier(small_net(seed), card)


@pytest.fixture(autouse=True)
def empty() -> None:
    """Nothing is kept from other tests."""
    KEPT.clear()


@pytest.fixture(scope="module", name="cat")
def cat_fixture() -> Picture:
    return from_pixels(data.chelsea(), "cat.png")


@pytest.fixture(scope="module", name="model")
def model_fixture() -> Classifier:
    return classifier_of(224)


@pytest.fixture(name="request_of")
def request_of_fixture(model: Classifier, cat: Picture) -> Callable[..., Request]:
    """`request_of(class_index, seed, OPTION=...)` for the cat; a grid and few samples."""

    def make(class_index: int = 0, seed: int = 0, **options: Value) -> Request:
        given: dict[str, Value] = {"samples": 60, "segments": "grid", **options}
        return Request(model, model.prepare(cat), (), class_index, seed=seed, options=given)

    return make


@pytest.fixture(name="passes")
def passes_fixture(model: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of every batch of samples; single pictures (predictions) are left out."""
    real, sizes = model.logits, list[int]()

    def counted(batch: torch.Tensor, *given: object) -> torch.Tensor:
        if len(batch) > 1:
            sizes.append(len(batch))
        return real(batch, *given)

    monkeypatch.setattr(model, "logits", counted)
    return sizes


def stock(
    model: Classifier,
    pixels: Pixels,
    seed: int,
    samples: int,
    cut: Callable[[Pixels], np.ndarray] | None,
    hide: int | None = None,
) -> ImageExplanation:
    """lime's own explanation of all classes, with the plain network."""
    net = small_net()

    def answer(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            rgb = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
            return net(model.normalise(rgb)).softmax(1).numpy()

    return LimeImageExplainer(random_state=seed).explain_instance(
        pixels, answer, top_labels=len(CLASSES), num_samples=samples, segmentation_fn=cut,
        hide_color=hide, random_seed=seed,
    )  # fmt: skip


def weights_of(explanation: ImageExplanation, class_index: int, parts: int) -> np.ndarray:
    weights = np.zeros(parts)
    for number, weight in explanation.local_exp[class_index]:
        weights[number] = weight
    return weights


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("algorithm", ["quickshift", "slic", "felzenszwalb", "grid"])
def test_weights_are_stock_limes(
    request_of: Callable[..., Request], model: Classifier, algorithm: str, seed: int
) -> None:
    given = {"samples": SAMPLES, "segments": algorithm, "scale": 200.0, "n_segments": 40}
    request = request_of(0, seed, **given)
    parts = superpixels_of(request)
    # The default goes through lime's own segmentation, the others are handed over.
    cut = None if algorithm == "quickshift" else lambda pixels: parts.segments
    other = stock(model, request.prepared.view, seed, SAMPLES, cut)
    assert np.array_equal(other.segments, parts.segments)
    spread = 0.0
    for class_index in range(len(CLASSES)):
        made = LIME.run(replace(request, class_index=class_index))
        weights = weights_of(other, class_index, parts.count)
        assert np.abs(made.extras["weights"] - weights).max() < 1e-5
        assert made.extras["intercept"] == pytest.approx(other.intercept[class_index], abs=1e-5)
        spread = max(spread, np.abs(weights).max())
    assert spread > 0.001  # the equality is not one of zeros


def test_a_hidden_colour_is_stock_limes(
    request_of: Callable[..., Request], model: Classifier
) -> None:
    made = LIME.run(request_of(fill="black"))
    segments = made.extras["segments"]
    other = stock(model, request_of().prepared.view, 0, 60, lambda _: segments, hide=0)
    assert np.abs(made.extras["weights"] - weights_of(other, 0, segments.max() + 1)).max() < 1e-5


def test_stock_lime_never_hides_the_last_superpixel_of_slic(
    request_of: Callable[..., Request], model: Classifier
) -> None:
    request = request_of(segments="slic", n_segments=20)
    parts, view = superpixels_of(request), request.prepared.view
    labels = SegmentationAlgorithm("slic", n_segments=20, compactness=10.0)(view)
    assert np.array_equal(parts.segments, labels - 1)
    hidden = np.zeros(view.shape[:2], bool)

    def watch(pictures: np.ndarray) -> np.ndarray:
        hidden[(pictures != view).any(axis=(0, 3))] = True
        return np.full((len(pictures), 2), 0.5)

    explainer = LimeImageExplainer(random_state=0)
    for segments in (labels, parts.segments):
        hidden[:] = False
        explainer.explain_instance(
            view, watch, top_labels=1, hide_color=0, num_samples=40,
            segmentation_fn=lambda _, segments=segments: segments,
        )  # fmt: skip
        last = segments == segments.max()
        assert hidden[last].any() == (segments is parts.segments)


def test_more_samples_cost_the_difference_and_other_questions_nothing(
    request_of: Callable[..., Request], passes: list[int]
) -> None:
    first = LIME.run(request_of(samples=500))
    assert sum(passes) == first.passes == 500
    more = LIME.run(request_of(samples=1000))
    assert sum(passes) - 500 == more.passes == 500
    for changed in (
        request_of(3, samples=1000),
        request_of(samples=500),
        request_of(samples=1000, superpixels=9),
        request_of(samples=1000, sign="negative"),
        request_of(samples=1000, min_weight=0.1),
        request_of(samples=1000, hide_rest=True),
        request_of(samples=1000, regressor="lasso"),
        request_of(samples=1000, distance="euclidean", kernel_width=5.0),
        request_of(samples=1000, features=7),
    ):
        assert LIME.run(changed).passes == 0
    assert sum(passes) == 1000
    assert np.array_equal(LIME.run(request_of(samples=500)).heat, first.heat)


def test_what_changes_the_pictures_is_computed_anew(
    request_of: Callable[..., Request], cat: Picture, passes: list[int]
) -> None:
    base = request_of()
    LIME.run(base)
    other = from_pixels(cat.pixels[:, ::-1], "mirror.png")
    twin = classifier_of(224, digest="e")
    for number, changed in enumerate(
        (
            request_of(seed=1),
            request_of(fill="black"),
            request_of(cells=7),
            replace(base, prepared=base.classifier.prepare(cat, "crop")),
            replace(base, prepared=base.classifier.prepare(other)),
        )
    ):
        assert LIME.run(changed).passes == 60
        assert sum(passes) == 60 * (number + 2)
    assert LIME.run(replace(base, classifier=twin)).passes == 60
    assert LIME.run(base).passes == 0


def test_a_box_seen_through_another_filter_is_another_picture(cat: Picture) -> None:
    """Models that crop differently must not share superpixels or samples."""
    plain = classifier_of(224)
    card = replace(plain.card, interpolation="bicubic")
    other = Classifier(small_net(), card)
    requests = [
        Request(each, each.prepare(cat, "crop"), (), 0, options={"segments": "grid"})
        for each in (plain, other)
    ]
    assert requests[0].prepared.box == requests[1].prepared.box
    assert superpixels_key(requests[0]) != superpixels_key(requests[1])


def test_cost_is_what_is_missing(request_of: Callable[..., Request]) -> None:
    assert LIME.cost(request_of()) == 60
    assert kept_samples(request_of()) == 0
    LIME.run(request_of())
    assert LIME.cost(request_of()) == 1
    assert LIME.cost(request_of(samples=100)) == 40
    assert LIME.cost(request_of(5)) == 1
    assert LIME.cost(request_of(seed=2)) == 60


def test_four_threads_give_the_serial_result(request_of: Callable[..., Request]) -> None:
    asked = [request_of(index % 6, samples=50 * (1 + index % 4)) for index in range(16)]
    serial = [LIME.run(request) for request in asked]
    KEPT.clear()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(LIME.run, asked))
    for one, other in zip(serial, found, strict=True):
        assert np.array_equal(one.heat, other.heat)
        assert np.array_equal(one.extras["weights"], other.extras["weights"])
    assert sum(each.passes for each in found) == 200


def test_a_stop_keeps_the_samples(request_of: Callable[..., Request], passes: list[int]) -> None:
    def stop(fraction: float, stage: str = "") -> None:
        if fraction > 0.4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        LIME.run(request_of(samples=200), stop)
    done = sum(passes)
    assert 80 <= done < 200
    assert kept_samples(request_of(samples=200)) == done
    assert LIME.run(request_of(samples=200)).passes == 200 - done


@pytest.fixture(name="at_once")
def at_once_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is published."""
    monkeypatch.setattr("core.explain.perturb.lime.EVERY", 0.0)
    monkeypatch.setattr("core.explain.perturb.lime.FIT_SHARE", 0.0)


@pytest.mark.usefixtures("at_once")
def test_it_is_published_while_it_grows(request_of: Callable[..., Request]) -> None:
    shown: list[Explanation] = []
    final = refine(request_of(samples=100), publish=shown.append)
    assert [each.extras["samples"] for each in shown] == list(range(BATCH, 100, BATCH))
    assert final.extras["samples"] == 100
    for each in shown:
        count = each.extras["samples"]
        assert each.notes[0] == f"{count} of 100 samples so far."
        assert each.passes == count
        assert np.array_equal(each.extras["weights"], fitted(request_of(), count).weights)
    assert not any("so far" in note for note in final.notes)


@pytest.mark.usefixtures("at_once")
def test_nothing_is_published_when_all_is_kept(request_of: Callable[..., Request]) -> None:
    LIME.run(request_of())
    shown: list[Explanation] = []
    assert refine(request_of(), publish=shown.append).passes == 0
    assert shown == []


def test_it_is_published_about_once_a_second(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10_000))  # every look at the clock is 0.3 s later
    monkeypatch.setattr("core.explain.perturb.lime.working_seconds", lambda: 0.3 * next(clock))
    shown: list[Explanation] = []
    refine(request_of(samples=200), publish=shown.append)
    assert 0 < len(shown) <= 200 / BATCH / 3


@pytest.mark.usefixtures("at_once")
def test_a_job_shows_partial_results(request_of: Callable[..., Request]) -> None:
    request, versions = request_of(samples=300), list[int]()
    runner = Runner(Store(1 << 24))
    try:
        job = runner.submit(
            key_of(request, "lime"), lambda link: LIME.run(request, link), LIME.cost(request)
        )
        assert job.wait(60)
        versions.append(job.version)
        assert job.result().extras["samples"] == 300
    finally:
        runner.close()
    assert versions[0] > 2


def test_the_record_is_whole(request_of: Callable[..., Request], model: Classifier) -> None:
    request = request_of(2, superpixels=3, sign="any")
    made = LIME.run(request)
    parts = superpixels_of(request)
    weights, segments = made.extras["weights"], made.extras["segments"]
    assert weights.dtype == np.float64
    assert weights.shape == (parts.count,)
    assert segments.dtype == np.int32
    assert np.array_equal(made.heat, weights.astype(np.float32)[segments])
    assert made.shown.shape == (224, 224)
    assert 0.0 <= made.shown.min() <= made.shown.max() <= 1.0
    assert made.shown.argmax() == made.heat.argmax()
    assert made.signed
    assert made.layer == ""
    assert (made.class_index, made.class_name) == (2, "c")
    assert made.probability == model.probabilities(request.prepared)[2]
    assert made.extras["model"] == pytest.approx(made.probability, abs=1e-5)
    assert made.extras["outlined"] == tuple(np.argsort(-np.abs(weights), kind="stable")[:3])
    assert made.extras["order"][0] == np.abs(weights).argmax()
    assert made.extras["r2"] == fitted(request).r2
    assert f"R² {made.extras['r2']:.2f}" in made.notes[-1]
    assert made.options == values_of(request)
    assert made.seconds > 0


def test_a_small_model_gives_a_large_map_and_a_shown_one_of_its_size(cat: Picture) -> None:
    model = classifier_of(64)
    request = Request(model, model.prepare(cat), (), 1, options={"samples": 200})
    made = LIME.run(request)
    assert made.heat.shape == made.extras["segments"].shape == (224, 224)
    assert made.shown.shape == (64, 64)
    assert made.probability == model.probabilities(request.prepared)[1]
    assert superpixels_of(request).count > 15  # at 64 pixels there would be 2 to 7
    answers = neighbourhood_of(request).first(200)[1]
    assert np.abs(answers[0] - made.probability).min() < 0.05


def test_a_label_image_is_a_segmentation(request_of: Callable[..., Request]) -> None:
    image = np.zeros((30, 45, 3), np.uint8)
    image[10:20, 10:30] = 255
    request = request_of(segments="mask", drawn=encode_labels(image))
    made = LIME.run(request)
    assert len(made.extras["weights"]) == 2
    crop = replace(request, prepared=request.classifier.prepare(request.prepared.picture, "crop"))
    inside = [(LIME.run(r).extras["segments"] == 1).mean() for r in (request, crop)]
    assert inside[0] == pytest.approx(200 / 1350, abs=0.01)
    assert inside[1] > 1.2 * inside[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 49}, "samples is 49: give 50 to 5000"),
        ({"samples": 5001}, "samples is 5001"),
        ({"segments": "snic"}, "segments is 'snic': choose one of quickshift"),
        ({"sign": "both"}, "sign is 'both'"),
        ({"fill": "plaid"}, "fill is 'plaid': give mean, blur"),
        ({"regressor": "tree"}, "regressor is 'tree'"),
        ({"kernel_width": 0}, "kernel_width is 0"),
        ({"colour": "red"}, "no option 'colour'"),
        ({"segments": "mask"}, "needs a label image"),
        ({"segments": "mask", "drawn": encode_labels(np.zeros((4, 4), np.uint8))}, "a single"),
    ],
)
def test_refusals(
    request_of: Callable[..., Request], options: dict[str, Value], words: str
) -> None:
    with pytest.raises(BadOption, match=words):
        LIME.run(request_of(**options))


def test_smoothing_is_refused(request_of: Callable[..., Request]) -> None:
    with pytest.raises(BadOption, match="no smoothing"):
        LIME.run(replace(request_of(), smooth="eigen"))


def test_fast_is_told_where_there_is_none(
    request_of: Callable[..., Request], model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = LIME.run(request_of())
    monkeypatch.setattr(model, "effective_precision", lambda asked: "exact")
    fast = LIME.run(replace(request_of(), precision="fast"))
    assert (fast.precision, fast.passes) == ("exact", 0)
    assert "no fast bfloat16" in fast.notes[-1]
    assert np.array_equal(fast.heat, exact.heat)


def test_two_seeds_are_compared(request_of: Callable[..., Request], passes: list[int]) -> None:
    said: list[float] = []
    request = request_of(samples=200)
    share = between_seeds(request, 1, lambda fraction, stage="": said.append(fraction))
    assert sum(passes) == 400
    assert said == sorted(said)
    one, two = (set(LIME.run(replace(request, seed=seed)).extras["outlined"]) for seed in (0, 1))
    assert share == len(one & two) / max(len(one), len(two))
    assert between_seeds(request, 0) == 1.0


def test_memory_is_given_back(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A neighbourhood is counted again after it has grown, else the limit would mean nothing."""
    LIME.run(request_of(samples=50))
    before = lime_request.KEPT.size
    LIME.run(request_of(samples=400))
    assert lime_request.KEPT.size - before == 350 * len(CLASSES) * 4


def test_it_is_a_method_like_any_other(request_of: Callable[..., Request]) -> None:
    keys = {
        key_of(request_of(), "lime"),
        key_of(request_of(1), "lime"),
        key_of(request_of(samples=50), "lime"),
        key_of(request_of(seed=1), "lime"),
    }
    assert len(keys) == 4
    assert key_of(replace(request_of(), layers=("0",)), "lime") in keys
    assert LIME.fits(request_of().classifier, "anything") == ""
