"""The kept samples: lime's own rows, grown in any order, by any thread, stopped at any time."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core.errors import BadOption, Cancelled
from core.explain.perturb.answers import BATCH
from core.explain.perturb.composition import Composer, base_view, filled
from core.explain.perturb.rows import rows_of
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import Superpixels, segment
from core.models.classifier import Classifier
from core.models.input import Prepared
from tests.conftest import classifier_of, tiny_net


@pytest.fixture(name="parts")
def parts_fixture(tiny: Classifier, prepared: Prepared) -> Superpixels:
    return segment(base_view(prepared, tiny.input_size), "grid", {"cells": 4})


@pytest.fixture(name="passes")
def passes_fixture(tiny: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of every batch that goes through the model."""
    real, sizes = tiny.logits, list[int]()

    def counted(batch: torch.Tensor, *given: object) -> torch.Tensor:
        sizes.append(len(batch))
        return real(batch, *given)

    monkeypatch.setattr(tiny, "logits", counted)
    return sizes


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("superpixels", [2, 33, 64])
def test_rows_are_limes_and_more_begin_with_the_same(seed: int, superpixels: int) -> None:
    lime = np.random.RandomState(seed).randint(0, 2, 500 * superpixels).reshape(500, superpixels)
    lime[0, :] = 1
    rows = rows_of(seed, 500, superpixels)
    assert rows.dtype == np.uint8
    assert np.array_equal(rows, lime)
    assert np.array_equal(rows_of(seed, 1337, superpixels)[:500], rows)


def test_answers_are_the_models_for_each_row(
    tiny: Classifier, prepared: Prepared, parts: Superpixels
) -> None:
    kept = Neighbourhood(tiny, prepared, parts, seed=2)
    assert kept.grow(tiny, 57) == 57 == len(kept)
    rows, answers = kept.first(57)
    assert np.array_equal(rows, rows_of(2, 57, parts.count))
    view = base_view(prepared, tiny.input_size)
    pictures = Composer(tiny, view, filled(view, parts, "mean"), parts)(rows)
    alone = torch.cat([tiny.logits(one[None]) for one in pictures]).softmax(1).numpy()
    assert answers.dtype == np.float32
    assert np.abs(answers - alone).max() < 1e-5
    assert np.abs(kept.prediction - tiny.probabilities(prepared)).max() == 0


def test_only_what_is_missing_is_computed(
    tiny: Classifier, prepared: Prepared, parts: Superpixels, passes: list[int]
) -> None:
    kept = Neighbourhood(tiny, prepared, parts)
    assert passes == [1]  # the picture's own prediction
    assert kept.grow(tiny, 500) == 500
    assert sum(passes) == 501
    assert kept.grow(tiny, 1000) == 500
    assert sum(passes) == 1001
    assert kept.grow(tiny, 1000) == kept.grow(tiny, 60) == 0
    assert sum(passes) == 1001


def test_the_way_there_does_not_matter(
    tiny: Classifier, prepared: Prepared, parts: Superpixels
) -> None:
    once, steps, odd = (Neighbourhood(tiny, prepared, parts) for _ in range(3))
    once.grow(tiny, 200)
    for count in (50, 100, 150, 200):
        steps.grow(tiny, count)
    for count in (3, 64, 65, 131, 200):
        odd.grow(tiny, count)
    assert np.array_equal(once.first(200)[1], steps.first(200)[1])
    assert np.abs(once.first(200)[1] - odd.first(200)[1]).max() < 1e-5
    assert np.array_equal(once.first(50)[1], once.first(200)[1][:50])


def test_four_threads_grow_one_neighbourhood(
    tiny: Classifier, prepared: Prepared, parts: Superpixels, passes: list[int]
) -> None:
    serial = Neighbourhood(tiny, prepared, parts)
    serial.grow(tiny, 300)
    before = sum(passes)
    for _ in range(5):
        shared = Neighbourhood(tiny, prepared, parts)
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(shared.grow, tiny, count) for count in (300, 100, 200, 300)]
            made = [job.result() for job in jobs]
        assert sum(made) == 300
        assert sum(passes) - before == 301
        before = sum(passes)
        rows, answers = shared.first(300)
        assert np.array_equal(rows, serial.first(300)[0])
        assert np.array_equal(answers, serial.first(300)[1])


def test_readers_see_whole_batches_while_it_grows(
    tiny: Classifier, prepared: Prepared, parts: Superpixels
) -> None:
    kept, seen = Neighbourhood(tiny, prepared, parts), list[int]()

    def look(count: int) -> None:
        rows, answers = kept.first(count)
        assert len(rows) == len(answers) == count
        seen.append(count)

    kept.grow(tiny, 65, grown=look)
    assert seen == [*range(BATCH, 65, BATCH), 65]


def test_answers_are_one_array_that_nobody_can_change(
    tiny: Classifier, prepared: Prepared, parts: Superpixels
) -> None:
    kept = Neighbourhood(tiny, prepared, parts)
    kept.grow(tiny, 50)
    early = kept.first(50)[1]
    copy = early.copy()
    kept.grow(tiny, 100)
    assert np.array_equal(early, copy)
    late = kept.first(100)[1]
    assert np.shares_memory(late, kept.first(50)[1])
    with pytest.raises(ValueError, match="read-only"):
        late[0] = 0


def test_a_stop_keeps_what_was_computed(
    tiny: Classifier, prepared: Prepared, parts: Superpixels, passes: list[int]
) -> None:
    kept = Neighbourhood(tiny, prepared, parts)

    def stop(fraction: float, stage: str = "") -> None:
        if fraction >= 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        kept.grow(tiny, 200, stop)
    assert len(kept) == 100
    assert kept.grow(tiny, 200) == 100
    assert sum(passes) == 201


def test_progress_tells_the_share(tiny: Classifier, prepared: Prepared, parts: Superpixels) -> None:
    said: list[tuple[float, str]] = []
    Neighbourhood(tiny, prepared, parts).grow(tiny, 40, lambda f, s="": said.append((f, s)))
    assert said[0] == (0.0, "0 of 40 samples")
    assert said[-1] == (0.75, "30 of 40 samples")


@pytest.mark.parametrize("count", [-1, 0, 21])
def test_samples_that_are_not_there_are_refused(
    tiny: Classifier, prepared: Prepared, parts: Superpixels, count: int
) -> None:
    kept = Neighbourhood(tiny, prepared, parts)
    kept.grow(tiny, 20)
    with pytest.raises(BadOption, match=f"{count} samples were requested, but only 20 exist"):
        kept.first(count)


def test_memory_is_counted_and_the_model_is_let_go(prepared: Prepared, parts: Superpixels) -> None:
    model = classifier_of(tiny_net(4))
    kept = Neighbourhood(model, prepared, parts)
    empty = kept.nbytes
    kept.grow(model, 500)
    assert kept.nbytes - empty == 500 * len(model.names) * 4
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
