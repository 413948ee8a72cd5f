"""As many samples as are needed: until the outlined superpixels and their order are settled."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from core.caching.once import Once
from core.errors import Cancelled
from core.explain.base import Explanation, Subject, weighted_superpixels
from core.explain.methods import METHODS
from core.explain.perturb import sampled_method
from core.explain.perturb.lime import LIME
from core.explain.perturb.settling import DRAWS, is_settled, looks, times_drawn
from core.explain.superpixel_weights import LinearFit
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.command_line import command_of
from core.requests.maps import AUTO_SAMPLES, Outline
from core.requests.options import Value
from core.requests.references import PictureRef
from core.requests.settings_text import LIME_OPTIONS, lime_of, spelled, value_of
from core.requests.studies import StudyRequest

TWO = Outline(superpixels=2)


def fit_of(weights: list[float], samples: int = 1000) -> LinearFit:
    array = np.array(weights)
    order = tuple(np.argsort(-np.abs(array)).tolist())
    return LinearFit(array, order, 0.0, 0.9, 0.5, 0.5, samples, 100.0)


def settled(
    weights: list[float], spread: float, outline: Outline = TWO, samples: int = 1000
) -> bool:
    rng = np.random.default_rng(0)
    draws = np.array(weights) + spread * rng.normal(size=(DRAWS, len(weights)))
    return is_settled(fit_of(weights, samples), outline, lambda: draws)


def study_of(picture: PictureRef, model: Classifier, method: str, **options: Value) -> StudyRequest:
    settings = {"segments": "grid", "samples": AUTO_SAMPLES, **options}
    return StudyRequest(
        pictures=(picture,), model=model.reference, methods=(method,), lime=lime_of(settings)
    )


def auto(
    model: Classifier, prepared: Prepared, store: Once, method: str = "lime", **options: Value
) -> Explanation:
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    request = study_of(picture, model, method, **options).map_of(method, picture, 1)
    return METHODS[method].run(request, Subject(model, prepared, store))


def test_looks_are_half_as_many_again_each() -> None:
    found = list(looks())
    assert (found[0], found[-1]) == (100, 5000)
    assert all(count % 10 == 0 for count in found)
    assert all(1.2 < b / a < 1.6 for a, b in pairwise(found))


def test_what_is_outlined_must_outweigh_all_others() -> None:
    assert settled([0.3, 0.2, 0.1, -0.5], 0.01)
    assert not settled([0.3, 0.2, 0.19, -0.5], 0.01), "the third may be the second"
    assert not settled([0.3, 0.2, 0.1, -0.5], 0.1)
    assert not settled([0.3, 0.2, 0.1, -0.5], 0.01, samples=7), "two for each superpixel at least"


def test_the_order_counts_unless_both_are_nearly_equal() -> None:
    assert not settled([0.3, 0.25, 0.05], 0.03)
    assert settled([0.300, 0.299, 0.05], 0.003), "within a tenth of the largest weight"


def test_the_sign_and_the_threshold_of_the_outline_count() -> None:
    negative = Outline(superpixels=1, sign="negative")
    assert settled([0.3, 0.29, -0.2], 0.03, negative)
    assert not settled([0.3, -0.21, -0.2], 0.03, negative)
    assert not settled([0.3, -0.29, 0.01], 0.03, Outline(superpixels=1, sign="any"))
    assert not settled([0.3, 0.2, 0.0], 0.03, Outline(superpixels=2, min_weight=0.19))
    assert not settled([-0.3, -0.2, -0.1], 0.001), "nothing supports the class yet"
    assert settled([0.0, 0.0, 0.0], 0.1), "nothing counts: more samples change nothing"


@pytest.mark.parametrize(("sampling", "alone"), [("random", 0), ("balanced", 1), ("shapley", 2)])
def test_complements_are_drawn_together(sampling: str, alone: int) -> None:
    draws = list(times_drawn(101, sampling, 0))
    assert len(draws) == DRAWS
    for times in draws:
        assert len(times) == 101
        assert (times[:alone] == 1).all()
        if alone:
            pairs = times[alone : alone + 2 * ((101 - alone) // 2)].reshape(-1, 2)
            assert np.array_equal(pairs[:, 0], pairs[:, 1])
    assert np.mean(draws) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("method", ["lime", "kernel-shap"])
def test_the_note_says_how_many_it_took_and_why(
    method: str, tiny: Classifier, prepared: Prepared
) -> None:
    store = Once(64 << 20)
    made = auto(tiny, prepared, store, method, cells=3, superpixels=1)
    count = int(made.options["samples"])
    there = min(count, 2**9) if method == "kernel-shap" else count
    assert count in set(looks())
    assert made.passes == there
    assert made.superpixels is not None
    assert made.superpixels.fit.samples == there
    assert any(note.startswith(f"{there:,} samples were enough") for note in made.notes)
    again = auto(tiny, prepared, store, method, cells=3, superpixels=1)
    assert again.passes == 0
    assert np.array_equal(again.heat, made.heat)
    fixed = auto(tiny, prepared, store, method, cells=3, superpixels=1, samples=count)
    assert fixed.passes == 0
    assert np.array_equal(fixed.heat, made.heat), "as if that many had been asked for"


def test_combinations_that_run_out_are_said(tiny: Classifier, prepared: Prepared) -> None:
    made = auto(tiny, prepared, Once(64 << 20), "kernel-shap", cells=2, superpixels=3)
    assert made.passes == 16
    assert "All 16 combinations were tried" in " ".join(made.notes)


def test_a_stop_loses_nothing_and_progress_rises(tiny: Classifier, prepared: Prepared) -> None:
    store, seen = Once(64 << 20), list[float]()
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    request = study_of(picture, tiny, "lime", superpixels=9, sign="any", cells=3).map_of(
        "lime", picture, 0
    )
    subject = Subject(tiny, prepared, store)

    def stop(share: float, stage: str = "") -> None:
        seen.append(share)
        if share > 0.05:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        METHODS["lime"].run(request, subject, stop)
    assert seen == sorted(seen)
    made = METHODS["lime"].run(request, subject)
    assert made.passes <= int(made.options["samples"]) - 200


def test_what_there_is_so_far_is_published_where_more_are_needed(
    tiny: Classifier, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Once(64 << 20)
    monkeypatch.setattr(sampled_method, "is_settled", lambda fit, *others: fit.samples >= 230)
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    request = study_of(picture, tiny, "lime", cells=3).map_of("lime", picture, 1)
    told: list[Explanation] = []
    stages: list[str] = []
    made = LIME.run(
        request,
        Subject(tiny, prepared, store),
        lambda share, stage="": stages.append(stage),
        told.append,
    )
    every = [weighted_superpixels(each).fit for each in (*told, made)]
    assert [fit.samples for fit in every] == [100, 150, 230]
    assert [each.passes for each in (*told, made)] == [100, 150, 230]
    assert "100 of 150 samples, 5,000 at most" in stages
    fixed = auto(tiny, prepared, store, cells=3, samples=150)
    assert np.array_equal(every[1].weights, weighted_superpixels(fixed).fit.weights)


def test_auto_has_a_word_in_commands_and_addresses(tiny: Classifier) -> None:
    study = study_of(PictureRef("0" * 64, "cat.png"), tiny, "lime")
    command = command_of(study)
    assert command[command.index("--samples") + 1] == "auto"
    option = LIME_OPTIONS["samples"]
    assert value_of(option, " Auto ") == value_of(option, "0") == AUTO_SAMPLES
    assert spelled(option, AUTO_SAMPLES) == "auto"
    assert spelled(option, 60) == "60"
