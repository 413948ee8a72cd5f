"""LIME as a method: equal to stock lime, computed once, the same from any thread."""

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
from core.caching.once import Once
from core.errors import BadOption, Cancelled
from core.explain.base import Subject, weighted_superpixels
from core.explain.perturb.lime import LIME, between_seeds, explained, fitted
from core.explain.perturb.lime_trust import halves_of, trust
from core.explain.perturb.sample_cache import (
    kept_samples,
    neighbourhood_key,
    neighbourhood_of,
    superpixels_key,
    superpixels_of,
)
from core.explain.perturb.superpixels import encode_labels
from core.models.card import Card
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels
from core.requests.maps import LimeRequest
from core.requests.options import Value
from core.requests.references import Preprocess
from core.requests.settings_text import lime_values
from core.requests.studies import lime_settings_of
from tests.conftest import asked, asked_lime

CLASSES = tuple("abcdef")
SAMPLES = 120


def small_net(seed: int = 0) -> nn.Sequential:
    """Six classes whose probabilities depend on colours and coarse edges."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=4),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 6),
    )
    with torch.no_grad():
        net[-1].weight.mul_(20)
    return net.eval()


def classifier_of(size: int, digest: str = "d", seed: int = 0) -> Classifier:
    card = Card(
        "small", "Small", "small", digest * 64, CLASSES, Preprocess((size, size), size + 16)
    )
    return Classifier(small_net(seed), card)


@pytest.fixture(scope="module", name="cat")
def cat_fixture() -> Picture:
    return from_pixels(data.chelsea(), "cat.png")


@pytest.fixture(scope="module", name="model")
def model_fixture() -> Classifier:
    return classifier_of(224)


@pytest.fixture(name="store")
def store_fixture() -> Once:
    """Where the samples of one test stay."""
    return Once(64 << 20)


@pytest.fixture(name="request_of")
def request_of_fixture(
    model: Classifier, cat: Picture, store: Once
) -> Callable[..., tuple[LimeRequest, Subject]]:
    """`request_of(target, OPTION=...)` for the cat; a grid and few samples."""
    prepared = model.prepare(cat)

    def make(target: int = 0, **options: Value) -> tuple[LimeRequest, Subject]:
        settings: dict[str, Value] = {"samples": 60, "segments": "grid", **options}
        return asked_lime(model, prepared, target, store, **settings)

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
        pixels,
        answer,
        top_labels=len(CLASSES),
        num_samples=samples,
        segmentation_fn=cut,
        hide_color=hide,
        random_seed=seed,
    )


def weights_of(explanation: ImageExplanation, class_index: int, parts: int) -> np.ndarray:
    weights = np.zeros(parts)
    for number, weight in explanation.local_exp[class_index]:
        weights[number] = weight
    return weights


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("algorithm", ["quickshift", "slic", "felzenszwalb", "grid"])
def test_weights_are_stock_limes(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
    model: Classifier,
    algorithm: str,
    seed: int,
) -> None:
    given = {"samples": SAMPLES, "segments": algorithm, "scale": 200.0, "n_segments": 40}
    request, subject = request_of(0, seed=seed, **given)
    parts = superpixels_of(request.samples.superpixels, subject)
    # The default goes through lime's own segmentation, the others are handed over.
    cut = None if algorithm == "quickshift" else lambda pixels: parts.segments
    other = stock(model, subject.prepared.view, seed, SAMPLES, cut)
    assert np.array_equal(other.segments, parts.segments)
    spread = 0.0
    for class_index in range(len(CLASSES)):
        made = LIME.run(replace(request, target=class_index), subject)
        weights = weights_of(other, class_index, parts.count)
        assert np.abs(made.superpixels.fit.weights - weights).max() < 1e-5
        assert made.superpixels.fit.intercept == pytest.approx(
            other.intercept[class_index], abs=1e-5
        )
        spread = max(spread, np.abs(weights).max())
    assert spread > 0.001  # the equality is not one of zeros


def test_a_hidden_colour_is_stock_limes(
    request_of: Callable[..., tuple[LimeRequest, Subject]], model: Classifier
) -> None:
    request, subject = request_of(fill="black")
    made = LIME.run(request, subject)
    segments = made.superpixels.segments
    other = stock(model, subject.prepared.view, 0, 60, lambda _: segments, hide=0)
    assert (
        np.abs(made.superpixels.fit.weights - weights_of(other, 0, segments.max() + 1)).max() < 1e-5
    )


def test_stock_lime_never_hides_the_last_superpixel_of_slic(
    request_of: Callable[..., tuple[LimeRequest, Subject]], model: Classifier
) -> None:
    request, subject = request_of(segments="slic", n_segments=20)
    parts, view = superpixels_of(request.samples.superpixels, subject), subject.prepared.view
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
            view,
            watch,
            top_labels=1,
            hide_color=0,
            num_samples=40,
            segmentation_fn=lambda _, segments=segments: segments,
        )
        last = segments == segments.max()
        assert hidden[last].any() == (segments is parts.segments)


def test_more_samples_cost_the_difference_and_other_questions_nothing(
    request_of: Callable[..., tuple[LimeRequest, Subject]], passes: list[int]
) -> None:
    first = LIME.run(*request_of(samples=500))
    assert sum(passes) == first.passes == 500
    more = LIME.run(*request_of(samples=1000))
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
        assert LIME.run(*changed).passes == 0
    assert sum(passes) == 1000
    assert np.array_equal(LIME.run(*request_of(samples=500)).heat, first.heat)


def test_what_changes_the_pictures_is_computed_anew(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
    model: Classifier,
    cat: Picture,
    store: Once,
    passes: list[int],
) -> None:
    LIME.run(*request_of())
    other = from_pixels(cat.pixels[:, ::-1], "mirror.png")
    few: dict[str, Value] = {"samples": 60, "segments": "grid"}
    for number, changed in enumerate(
        (
            request_of(seed=1),
            request_of(fill="black"),
            request_of(cells=7),
            asked_lime(model, model.prepare(cat, "crop"), store=store, **few),
            asked_lime(model, model.prepare(other), store=store, **few),
        )
    ):
        assert LIME.run(*changed).passes == 60
        assert sum(passes) == 60 * (number + 2)
    twin = classifier_of(224, digest="e")
    assert LIME.run(*asked_lime(twin, twin.prepare(cat), store=store, **few)).passes == 60
    assert LIME.run(*request_of()).passes == 0


def test_a_box_seen_through_another_filter_is_another_picture(cat: Picture) -> None:
    """Models that crop differently must not share superpixels or samples."""
    plain = classifier_of(224)
    preprocess = replace(plain.card.preprocess, interpolation="bicubic")
    other = Classifier(small_net(), replace(plain.card, preprocess=preprocess))
    (one, subject), (two, another) = (
        asked_lime(each, each.prepare(cat, "crop"), segments="grid") for each in (plain, other)
    )
    assert subject.prepared.box == another.prepared.box
    assert not np.array_equal(subject.prepared.view, another.prepared.view)
    assert superpixels_key(one.samples.superpixels) != superpixels_key(two.samples.superpixels)
    assert neighbourhood_key(one.samples, subject) != neighbourhood_key(two.samples, another)


def test_models_that_see_the_same_share_superpixels(
    request_of: Callable[..., tuple[LimeRequest, Subject]], cat: Picture, store: Once
) -> None:
    request, subject = request_of(segments="slic")
    twin = classifier_of(224, digest="e")
    other, another = asked_lime(twin, twin.prepare(cat), store=store, segments="slic")
    assert superpixels_of(request.samples.superpixels, subject) is superpixels_of(
        other.samples.superpixels, another
    )


def test_cost_is_the_samples_and_what_is_kept_is_known(
    request_of: Callable[..., tuple[LimeRequest, Subject]], model: Classifier
) -> None:
    def there(*given: int, **options: Value) -> int:
        request, subject = request_of(*given, **options)
        return kept_samples(request.samples, subject)

    for count in (60, 100):
        request, _ = request_of(samples=count)
        assert LIME.cost(request, model) == count
    assert there() == 0
    LIME.run(*request_of())
    assert there() == there(5) == there(samples=100) == 60
    assert there(samples=50) == 50
    assert there(seed=2) == 0


def test_four_threads_give_the_serial_result(
    request_of: Callable[..., tuple[LimeRequest, Subject]], store: Once
) -> None:
    many = [request_of(index % 6, samples=50 * (1 + index % 4)) for index in range(16)]
    serial = [LIME.run(*one) for one in many]
    store.clear()
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda one: LIME.run(*one), many))
    for one, other in zip(serial, parallel, strict=True):
        assert np.array_equal(one.heat, other.heat)
        assert np.array_equal(one.superpixels.fit.weights, other.superpixels.fit.weights)
    assert sum(each.passes for each in parallel) == 200


def test_a_stop_keeps_the_samples(
    request_of: Callable[..., tuple[LimeRequest, Subject]], passes: list[int]
) -> None:
    def stop(fraction: float, stage: str = "") -> None:
        if fraction > 0.4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        LIME.run(*request_of(samples=200), stop)
    done = sum(passes)
    assert 80 <= done < 200
    request, subject = request_of(samples=200)
    assert kept_samples(request.samples, subject) == done
    assert LIME.run(request, subject).passes == 200 - done


def test_the_record_is_whole(
    request_of: Callable[..., tuple[LimeRequest, Subject]], model: Classifier
) -> None:
    request, subject = request_of(2, superpixels=3, sign="any")
    made = LIME.run(request, subject)
    parts = superpixels_of(request.samples.superpixels, subject)
    weights, segments = made.superpixels.fit.weights, made.superpixels.segments
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
    assert made.probability == model.probabilities(subject.prepared)[2]
    assert made.superpixels.fit.model == pytest.approx(made.probability, abs=1e-5)
    assert made.superpixels.outlined == tuple(np.argsort(-np.abs(weights), kind="stable")[:3])
    assert made.superpixels.fit.order[0] == np.abs(weights).argmax()
    assert made.superpixels.fit.r2 == fitted(request, neighbourhood_of(request.samples, subject)).r2
    assert f"R² {made.superpixels.fit.r2:.2f}" in made.notes[-1]
    assert made.options == lime_values(lime_settings_of(request))
    assert set(made.options) == {option.name for option in LIME.options}
    assert made.seconds > 0


def test_a_small_model_gives_a_large_map_and_a_shown_one_of_its_size(
    cat: Picture, store: Once
) -> None:
    model = classifier_of(64)
    request, subject = asked_lime(model, model.prepare(cat), 1, store, samples=200)
    made = LIME.run(request, subject)
    assert made.heat.shape == made.superpixels.segments.shape == (224, 224)
    assert made.shown.shape == (64, 64)
    assert made.probability == model.probabilities(subject.prepared)[1]
    assert (
        superpixels_of(request.samples.superpixels, subject).count > 15
    )  # at 64 pixels there would be 2 to 7
    answers = neighbourhood_of(request.samples, subject).first(200)[1]
    assert np.abs(answers[0] - made.probability).min() < 0.05


def test_a_label_image_is_a_segmentation(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
    model: Classifier,
    cat: Picture,
    store: Once,
) -> None:
    image = np.zeros((30, 45, 3), np.uint8)
    image[10:20, 10:30] = 255
    drawn: dict[str, Value] = {"segments": "mask", "drawn": encode_labels(image)}
    whole = request_of(**drawn)
    assert len(LIME.run(*whole).superpixels.fit.weights) == 2
    crop = asked_lime(model, model.prepare(cat, "crop"), store=store, samples=60, **drawn)
    inside = [(LIME.run(*one).superpixels.segments == 1).mean() for one in (whole, crop)]
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
        ({"colour": "red"}, "no setting 'colour'"),
        ({"segments": "mask"}, "needs a label image"),
        ({"segments": "mask", "drawn": encode_labels(np.zeros((4, 4), np.uint8))}, "a single"),
    ],
)
def test_refusals(
    request_of: Callable[..., tuple[LimeRequest, Subject]], options: dict[str, Value], words: str
) -> None:
    with pytest.raises(BadOption, match=words):
        LIME.run(*request_of(**options))


def test_a_fill_that_is_none_is_refused_before_anything_takes_time(
    request_of: Callable[..., tuple[LimeRequest, Subject]], store: Once
) -> None:
    with pytest.raises(BadOption, match="fill is 'plaid'"):
        LIME.run(*request_of(fill="plaid"))
    assert len(store) == 0


def test_smoothing_is_refused(model: Classifier, cat: Picture) -> None:
    with pytest.raises(BadOption, match="no smoothing"):
        LIME.run(*asked(model, model.prepare(cat), method="lime", smooth="eigen"))


def test_fast_is_told_where_there_is_none(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
    model: Classifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = LIME.run(*request_of())
    monkeypatch.setattr(model, "effective_precision", lambda asked: "exact")
    fast = LIME.run(*request_of(precision="fast"))
    assert (fast.precision, fast.passes) == ("exact", 0)
    assert "no fast bfloat16" in fast.notes[-1]
    assert np.array_equal(fast.heat, exact.heat)


def test_two_seeds_are_compared(
    request_of: Callable[..., tuple[LimeRequest, Subject]], passes: list[int]
) -> None:
    shares: list[float] = []
    request, subject = request_of(samples=200)
    share = between_seeds(request, 1, subject, lambda fraction, stage="": shares.append(fraction))
    assert sum(passes) == 400
    assert shares == sorted(shares)
    one, two = (
        set(LIME.run(*request_of(samples=200, seed=seed)).superpixels.outlined) for seed in (0, 1)
    )
    assert share == len(one & two) / max(len(one), len(two))
    assert between_seeds(request, 0, subject) == 1.0


def test_memory_is_given_back(
    request_of: Callable[..., tuple[LimeRequest, Subject]], store: Once
) -> None:
    """A neighbourhood is counted again after it has grown, else the limit would mean nothing."""
    LIME.run(*request_of(samples=50))
    before = store.size
    LIME.run(*request_of(samples=400))
    assert store.size - before == 350 * len(CLASSES) * 4


def test_it_fits_any_model_and_layer(model: Classifier) -> None:
    assert LIME.fits(model, "anything") == ""


def test_what_is_kept_is_explained_without_a_pass(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
    model: Classifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request, subject = request_of(2, samples=80)
    kept = neighbourhood_of(request.samples, subject)
    with pytest.raises(BadOption, match="80 samples were requested, but only 0 exist"):
        explained(request, model, kept)
    whole = LIME.run(request, subject)
    monkeypatch.setattr(Classifier, "logits", None)
    again = explained(request, model, kept)
    assert np.array_equal(again.heat, whole.heat)
    assert (again.notes, again.options, again.passes) == (whole.notes, whole.options, 0)
    fewer, more = (request_of(2, samples=count)[0] for count in (50, 90))
    assert explained(fewer, model, kept).superpixels.fit.samples == 50
    with pytest.raises(BadOption, match="90 samples were requested, but only 80 exist"):
        fitted(more, kept)


def test_a_fit_is_had_back_from_its_explanation(
    request_of: Callable[..., tuple[LimeRequest, Subject]],
) -> None:
    request, subject = request_of(samples=80)
    back = weighted_superpixels(LIME.run(request, subject)).fit
    fit = fitted(request, neighbourhood_of(request.samples, subject))
    assert np.array_equal(back.weights, fit.weights)
    names = ("order", "intercept", "r2", "local", "model", "samples", "effective")
    assert all(getattr(back, name) == getattr(fit, name) for name in names)
    assert back.sentence() == fit.sentence()


def test_trust_makes_no_pass(
    request_of: Callable[..., tuple[LimeRequest, Subject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, subject = request_of(samples=120)
    made = LIME.run(request, subject)
    monkeypatch.setattr(Classifier, "logits", None)
    kept = neighbourhood_of(request.samples, subject)
    trusted = trust(request, kept, top=3)
    assert trusted.convergence.samples[-1] == 120
    assert np.allclose(
        trusted.convergence.weights[-1], made.superpixels.fit.weights[list(trusted.convergence.top)]
    )
    assert (trusted.interval.low <= trusted.interval.high).all()
    assert 0 <= halves_of(request, kept) <= 1
