"""The store keeps the newest results within its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.caching.store import Store, size_of


@dataclass(frozen=True, slots=True)
class Result:
    heat: object
    extras: Mapping[str, object] = field(default_factory=dict)


def test_size_counts_arrays_inside_dataclasses_and_mappings() -> None:
    heat, weights = np.zeros((100, 100), np.float32), np.zeros(1000)
    small = size_of(Result(None))
    size = size_of(Result(heat, {"weights": weights, "parts": [b"x" * 5000]}))
    assert 40_000 + 8_000 + 5_000 <= size - small < 40_000 + 8_000 + 5_000 + 1_000


def test_size_counts_a_shared_array_once_and_a_view_whole() -> None:
    base = np.zeros(100_000, np.uint8)
    assert size_of((base, base, base[:10])) < 101_000
    assert size_of(base[:10]) >= 100_000


def test_size_counts_tensors() -> None:
    assert size_of([torch.zeros(1000)]) >= 4000


def test_the_longest_unused_goes_first() -> None:
    store = Store(3000)
    for name in "abc":
        store.put(name, b"x" * 900)
    assert store.get("a") == b"x" * 900
    store.put("d", b"x" * 900)
    assert [name in store for name in "abcd"] == [True, False, True, True]


def test_a_value_above_the_limit_stays_until_the_next() -> None:
    store = Store(1000)
    store.put("small", b"x")
    store.put("large", b"x" * 5000)
    assert "large" in store
    assert len(store) == 1
    store.put("small", b"x")
    assert "large" not in store
    assert store.size < 1000


def test_putting_again_replaces() -> None:
    store = Store(10_000)
    store.put("a", b"x" * 5000)
    store.put("a", b"y" * 100)
    assert store.get("a") == b"y" * 100
    assert store.size == size_of(b"y" * 100)


def test_absent_gives_the_default_and_none_is_a_value() -> None:
    store, mark = Store(1000), object()
    assert store.get("a", mark) is mark
    store.put("a", None)
    assert store.get("a", mark) is None


def test_clear_and_bad_limit() -> None:
    store = Store(1000)
    store.put("a", b"x")
    store.clear()
    assert (len(store), store.size) == (0, 0)
    with pytest.raises(ValueError, match="positive"):
        Store(0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000)), max_size=60))
def test_bytes_stay_within_the_limit(puts: list[tuple[int, int]]) -> None:
    store = Store(4000)
    for name, size in puts:
        store.put(str(name), b"x" * size)
        assert str(name) in store
        assert store.size <= 4000 or len(store) == 1
    kept = [store.get(str(name)) for name in range(10) if str(name) in store]
    assert store.size == sum(size_of(value) for value in kept)


def test_many_threads_leave_a_true_count() -> None:
    store = Store(20_000)

    def use(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(200):
            name = str(rng.integers(30))
            store.put(name, b"x" * int(rng.integers(3000)))
            store.get(str(rng.integers(30)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    kept = [store.get(str(name)) for name in range(30) if str(name) in store]
    assert store.size == sum(size_of(value) for value in kept) <= 20_000
