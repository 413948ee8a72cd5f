"""Models are loaded once and the least lately used is dropped."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import BadWeights
from core.models.cache import Models
from core.models.classifier import Classifier
from tests.conftest import classifier_of, tiny_net


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


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
    assert not models._loading


def test_the_least_lately_used_goes_and_its_memory_too() -> None:
    models = Models(2)
    gone = weakref.ref(models.load("a", tiny_classifier))
    models.load("b", tiny_classifier)
    kept = weakref.ref(models.load("a", tiny_classifier))
    models.load("c", tiny_classifier)
    assert models.get("b") is None
    assert kept() is models.get("a") is gone()
    models.load("d", tiny_classifier)
    models.load("e", tiny_classifier)
    assert kept() is None


def test_a_failed_load_is_tried_again() -> None:
    models = Models()

    def fail() -> Classifier:
        raise BadWeights("net.pth is damaged: fetch it again.")

    with pytest.raises(BadWeights):
        models.load("a", fail)
    assert models.get("a") is None
    assert models.load("a", tiny_classifier) is models.get("a")


def test_loading_freezes_what_is_alive() -> None:
    before = gc.get_freeze_count()
    Models().load("a", tiny_classifier)
    assert gc.get_freeze_count() > before


def test_the_limit_is_positive() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Models(0)
