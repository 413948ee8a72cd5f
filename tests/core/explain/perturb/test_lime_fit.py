"""The local linear model: lime's own numbers, and the sentences about them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from lime.lime_base import LimeBase
from sklearn.linear_model import Lasso
from sklearn.metrics import pairwise_distances

from core.explain.perturb.answers import Probabilities
from core.explain.perturb.composition import Rows
from core.explain.perturb.lime_fit import Recipe, distances_of, fit
from core.explain.perturb.rows import rows_of
from core.explain.superpixel_weights import LinearFit

PARTS, COUNT, CLASSES = 12, 200, 3
TRUE = np.array([0.3, -0.2, 0.1, 0, 0, 0, 0.05, 0, 0, -0.05, 0, 0.02])


def samples(noise: float = 0.01, count: int = COUNT) -> tuple[Rows, Probabilities]:
    """Switches, and answers of which class 1 is almost linear in them."""
    rows = rows_of(1, count, PARTS)
    rng = np.random.default_rng(0)
    answers = rng.uniform(0.2, 0.4, (count, CLASSES))
    answers[:, 1] = 0.4 + rows @ TRUE + rng.normal(0, noise, count)
    return rows, answers.astype(np.float32)


def stock(rows: Rows, answers: Probabilities, recipe: Recipe, label: int = 1) -> tuple[float, ...]:
    """lime's own call, written out as in lime_image."""

    def kernel(d: np.ndarray, kernel_width: float) -> np.ndarray:
        return np.sqrt(np.exp(-(d**2) / kernel_width**2))

    data = rows.astype(np.int64)
    distances = pairwise_distances(data, data[0].reshape(1, -1), metric=recipe.distance).ravel()
    base = LimeBase(partial(kernel, kernel_width=recipe.kernel_width), False, random_state=0)
    regressor = Lasso(alpha=recipe.penalty) if recipe.regressor == "lasso" else None
    return base.explain_instance_with_data(
        data, answers, distances, label, recipe.features, recipe.selection, regressor
    )


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(distance="euclidean", kernel_width=5.0),
        Recipe(kernel_width=1.0),
        Recipe(regressor="lasso", penalty=0.01),
        Recipe(features=4),
        Recipe(features=8),
        Recipe(features=5, selection="lasso_path"),
        Recipe(selection="none"),
        Recipe(features=5, selection="highest_weights"),
        Recipe(features=3, selection="forward_selection"),
    ],
    ids=str,
)
def test_numbers_are_limes(recipe: Recipe) -> None:
    rows, answers = samples()
    found = fit(rows, answers, 1, recipe)
    intercept, pairs, r2, local = stock(rows, answers, recipe)
    weights = np.zeros(PARTS)
    for number, weight in pairs:
        weights[number] = weight
    assert found.weights.dtype == np.float64
    assert np.abs(found.weights - weights).max() < 1e-12
    assert found.order == tuple(number for number, _ in pairs)
    assert found.intercept == pytest.approx(intercept, abs=1e-12)
    assert found.r2 == pytest.approx(r2, abs=1e-12)
    assert found.local == pytest.approx(local[0], abs=1e-12)
    assert found.model == answers[0, 1]


def test_the_weights_are_those_of_the_linear_truth() -> None:
    rows, answers = samples(noise=0.0, count=2000)
    found = fit(rows, answers, 1)
    assert np.abs(found.weights - TRUE).max() < 0.005
    assert found.r2 > 0.99
    assert found.local == pytest.approx(found.model, abs=0.01)


def test_weights_of_one_class_do_not_depend_on_the_others() -> None:
    rows, answers = samples()
    changed = answers.copy()
    changed[:, [0, 2]] = 0
    assert np.array_equal(fit(rows, answers, 1).weights, fit(rows, changed, 1).weights)


def test_cosine_distance_counts_what_is_shown() -> None:
    rows = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]], np.uint8)
    assert distances_of(rows, Recipe()) == pytest.approx([0, 0.5, 1, 0])
    assert distances_of(rows, Recipe(distance="euclidean")) == pytest.approx([0, 3**0.5, 2, 0])


def made(**given: object) -> LinearFit:
    base = LinearFit(
        weights=np.array([0.2, -0.3, 0.05, -0.01, 0.0]),
        order=(1, 0, 2, 3, 4),
        intercept=0.0,
        r2=0.9,
        local=0.5,
        model=0.5,
        samples=1000,
        effective=800.0,
    )
    return replace(base, **given)


@pytest.mark.parametrize(
    ("count", "sign", "least", "chosen"),
    [
        (5, "positive", 0.0, (0, 2)),
        (1, "positive", 0.0, (0,)),
        (5, "positive", 0.05, (0,)),
        (5, "negative", 0.0, (1, 3)),
        (5, "negative", 0.02, (1,)),
        (3, "any", 0.0, (1, 0, 2)),
        (5, "any", 0.05, (1, 0, 2)),
        (2, "any", 0.25, (1,)),
    ],
)
def test_top_superpixels_are_chosen_as_lime_chooses(
    count: int, sign: str, least: float, chosen: tuple[int, ...]
) -> None:
    from lime.lime_image import ImageExplanation

    found = made()
    assert found.top(count, sign, least) == chosen
    image = np.full((1, 5, 3), 9, np.uint8)
    stock_one = ImageExplanation(image, np.arange(5)[None])
    stock_one.local_exp[1] = [(k, found.weights[k]) for k in found.order]
    _, mask = stock_one.get_image_and_mask(
        1, sign == "positive", sign == "negative", num_features=count, min_weight=least
    )
    assert set(np.flatnonzero(mask[0])) == set(chosen)


def test_a_superpixel_of_weight_zero_is_never_chosen() -> None:
    assert made().top(5, "any") == (1, 0, 2, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "R² 0.90: the linear model follows"),
        ({"r2": 0.12}, "R² 0.12 is low, so do not trust this explanation; more samples"),
        ({"weights": np.zeros(5), "r2": 1.0}, "No superpixel changes the probability of the class"),
        (
            {"samples": 20, "r2": 0.99},
            "R² 0.99 is optimistic: 20 samples are too few for 5 superpixels",
        ),
        ({"effective": 1.2}, "only about 1 of 1,000 samples carries weight, so do not trust"),
        ({"effective": 4.2}, "only about 4 of 1,000 samples carry weight, so do not trust"),
    ],
)
def test_the_sentence_is_honest(given: dict[str, object], words: str) -> None:
    assert words in made(**given).sentence()


def test_a_kernel_too_narrow_is_told() -> None:
    rows, answers = samples()
    assert (
        "choose a larger kernel width"
        in fit(rows, answers, 1, Recipe(kernel_width=0.02)).sentence()
    )
    assert fit(rows, answers, 1, Recipe(kernel_width=10.0)).effective == pytest.approx(COUNT, 0.01)


def test_a_class_that_never_moves_is_told() -> None:
    rows, answers = samples()
    answers[:, 0] = 0.25
    found = fit(rows, answers, 0)
    assert not found.weights.any()
    assert found.sentence().startswith("Nothing in the picture changes")


@pytest.mark.parametrize("probability", [1e-7, 0.3, 0.999])
def test_rounding_is_not_fitted(probability: float) -> None:
    """Answers that differ by rounding alone: a line through them says nothing."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, (200, 12)).astype(np.uint8)
    rows[0] = 1
    noise = probability * (1 + 4e-6 * (rows @ rng.standard_normal(12) / 12))
    answers = np.stack([noise, 1 - noise], axis=1).astype(np.float32)
    fitted = fit(rows, answers, 0)
    assert not fitted.weights.any()
    assert fitted.top(5, "any") == ()
    assert np.isnan(fitted.r2)
    assert "rounding" in fitted.sentence()
    clear = answers + np.float32([0.01, 0]) * rows[:, :1]
    assert fit(rows, clear, 0).order[0] == 0
