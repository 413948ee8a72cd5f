"""Models are loaded once, bounded by bytes, the least recently used dropped."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from core.errors import BadWeights
from core.models.cache import Models, default_limit
from core.models.classifier import Classifier
from tests.conftest import classifier_of, tiny_net


def tiny_classifier() -> Classifier:
    return classifier_of(tiny_net())


def test_who_asks_meanwhile_waits_for_the_one_load() -> None:
    models, loads, together = Models(), [], threading.Barrier(8)
    go = threading.Event()

    def loader() -> Classifier:
        loads.append(1)
        assert go.wait(20)
        return tiny_classifier()

    def ask(number: int) -> Classifier:
        together.wait(20)
        if number == 0:
            go.set()
        return models.load("a", loader)

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(8)))
    assert len(loads) == 1
    assert {id(one) for one in got} == {id(models.get("a"))}


def test_the_longest_unused_goes_when_the_bytes_are_too_many_and_its_memory_too() -> None:
    models = Models(2 * tiny_classifier().nbytes)
    held = models.load("a", tiny_classifier)
    models.load("b", tiny_classifier)
    assert models.load("a", tiny_classifier) is held
    models.load("c", tiny_classifier)
    assert models.get("b") is None
    assert models.get("a") is held
    alive = weakref.ref(held)
    models.load("d", tiny_classifier)
    models.load("e", tiny_classifier)
    assert alive() is held, "who holds a model may go on using it"
    del held
    gc.collect()
    assert alive() is None


def test_a_model_counts_with_its_faster_forms() -> None:
    one = tiny_classifier()
    plain = one.nbytes
    tensors = [*one._model.parameters(), *one._model.buffers()]
    assert plain == sum(tensor.nbytes for tensor in tensors)
    one.logits(torch.zeros(8, 3, 32, 32))  # folds the batch norms
    folded = one.nbytes
    assert plain < folded <= 2 * plain

    models = Models(2 * plain)
    models.load("old", tiny_classifier)
    models.load("new", tiny_classifier).logits(torch.zeros(8, 3, 32, 32))
    assert models.get("new") is not None
    assert models.get("old") is None, "the new one has grown since it was loaded"


def test_shared_weights_count_once() -> None:
    net = tiny_net()
    net.again = net.fc
    assert classifier_of(net).nbytes == tiny_classifier().nbytes


def test_a_failed_load_is_tried_again() -> None:
    models = Models()

    def fail() -> Classifier:
        raise BadWeights("net.pth is damaged: fetch it again.")

    with pytest.raises(BadWeights):
        models.load("a", fail)
    assert models.get("a") is None
    assert models.load("a", tiny_classifier) is models.get("a")


def test_loading_freezes_nothing() -> None:
    """What is frozen is never collected: the server freezes its libraries once, at its start."""
    before = gc.get_freeze_count()
    Models().load("a", tiny_classifier)
    assert gc.get_freeze_count() == before


def test_the_limit_is_positive_and_has_a_default() -> None:
    with pytest.raises(ValueError, match="positive"):
        Models(0)
    assert 1 << 30 <= default_limit() <= 16 << 30
