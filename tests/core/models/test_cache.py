"""Models are loaded once, bounded by bytes, the least recently used dropped."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from core.caching.once import Once
from core.models import cache
from core.models.cache import FALLBACK, LEAST, MOST, default_limit
from core.models.classifier import Classifier
from tests.conftest import classifier_of, tiny_net


def tiny_classifier() -> Classifier:
    return classifier_of(tiny_net())


def test_the_longest_unused_goes_when_the_bytes_are_too_many_and_its_memory_too() -> None:
    models = Once(2 * tiny_classifier().nbytes)
    held = models.get("a", tiny_classifier)
    models.get("b", tiny_classifier)
    assert models.get("a", tiny_classifier) is held
    models.get("c", tiny_classifier)
    assert models.find("b") is None
    assert models.find("a") is held
    alive = weakref.ref(held)
    models.get("d", tiny_classifier)
    models.get("e", tiny_classifier)
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

    models = Once(2 * plain)
    models.get("old", tiny_classifier)
    models.get("new", tiny_classifier).logits(torch.zeros(8, 3, 32, 32))
    models.weigh("new")
    assert models.find("new") is not None
    assert models.find("old") is None, "the new one has grown since it was loaded"


def test_shared_weights_count_once() -> None:
    net = tiny_net()
    net.again = net.fc
    assert classifier_of(net).nbytes == tiny_classifier().nbytes


def test_the_default_limit_is_a_share_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for memory, limit in ((1 << 30, LEAST), (12 << 30, 4 << 30), (1 << 40, MOST), (None, FALLBACK)):
        monkeypatch.setattr(cache, "machine_memory", lambda memory=memory: memory)
        assert default_limit() == limit
