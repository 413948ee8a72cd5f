"""Values that are made once and kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.caching.once import Kept


def test_a_value_is_made_once_for_all_threads() -> None:
    kept, made = Kept(1 << 20), []

    def make() -> list[int]:
        made.append(threading.get_ident())
        time.sleep(0.05)
        return made

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.get("a", make), range(8)))
    assert len(made) == 1
    assert all(value is found[0] for value in found)


def test_different_keys_do_not_wait_for_each_other() -> None:
    kept, inside = Kept(1 << 20), threading.Barrier(2, timeout=10)

    def make() -> bool:
        inside.wait()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(lambda key: kept.get(key, make), "ab"))


def test_a_fault_goes_to_who_asked_and_the_next_tries_again() -> None:
    kept = Kept(1 << 20)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get("a", fail)
    assert kept._making == {}
    assert kept.get("a", lambda: 3) == 3


def test_find_makes_nothing() -> None:
    kept = Kept(1 << 20)
    assert kept.find("a") is None
    kept.get("a", lambda: 5)
    assert kept.find("a") == 5
    kept.clear()
    assert kept.find("a") is None


def test_the_longest_unused_goes_first_and_growth_counts_once_weighed() -> None:
    kept = Kept(100_000)
    grown: list[np.ndarray] = []
    kept.get("old", lambda: np.zeros(60_000, np.uint8))
    kept.get("new", lambda: grown)
    grown.append(np.zeros(60_000, np.uint8))
    assert kept.find("old") is not None
    kept.find("new")
    kept.weigh("new")
    assert kept.find("old") is None
    assert kept.find("new") is grown
    assert kept.size >= 60_000
    kept.weigh("absent")
