"""Values that are made once and once."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.caching.once import Once


def test_a_value_is_made_once_for_all_threads() -> None:
    once, made = Once(1 << 20), []

    def make() -> list[int]:
        made.append(threading.get_ident())
        time.sleep(0.05)
        return made

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: once.get("a", make), range(8)))
    assert len(made) == 1
    assert all(value is values[0] for value in values)


def test_different_keys_do_not_wait_for_each_other() -> None:
    once, inside = Once(1 << 20), threading.Barrier(2, timeout=10)

    def make() -> bool:
        inside.wait()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(lambda key: once.get(key, make), "ab"))


def test_a_fault_goes_to_who_asked_and_the_next_tries_again() -> None:
    once = Once(1 << 20)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once.get("a", fail)
    assert once.get("a", lambda: 3) == 3


def test_find_makes_nothing() -> None:
    once = Once(1 << 20)
    assert once.find("a") is None
    once.get("a", lambda: 5)
    assert once.find("a") == 5
    once.clear()
    assert once.find("a") is None


def test_the_longest_unused_goes_first_and_growth_counts_once_weighed() -> None:
    once = Once(100_000)
    grown: list[np.ndarray] = []
    once.get("old", lambda: np.zeros(60_000, np.uint8))
    once.get("new", lambda: grown)
    grown.append(np.zeros(60_000, np.uint8))
    assert once.find("old") is not None
    once.find("new")
    once.weigh("new")
    assert once.find("old") is None
    assert once.find("new") is grown
    assert once.size >= 60_000
    once.weigh("absent")


def test_after_a_fault_one_of_those_who_wait_tries_and_no_newcomer_beside_it() -> None:
    once, making, most = Once(1 << 20), 0, 0
    waiting, lock = threading.Barrier(9, timeout=20), threading.Lock()
    tries: list[int] = []

    def make() -> int:
        nonlocal making, most
        with lock:
            making += 1
            most = max(most, making)
            tries.append(making)
            number = len(tries)
        if number == 1:
            waiting.wait()
        time.sleep(0.05)
        with lock:
            making -= 1
        if number < 4:
            raise ValueError(f"try {number}")
        return number

    def ask() -> int:
        while True:  # who has failed is a newcomer beside those who still wait
            with contextlib.suppress(ValueError):
                return once.get("a", make)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(ask)
        while not tries:
            time.sleep(0.001)
        waiters = [pool.submit(lambda: (waiting.wait(), ask())[1]) for _ in range(8)]
        answers = [one.result(20) for one in (first, *waiters)]
    assert most == 1
    assert answers == [4] * 9


def test_a_failed_value_leaves_no_circle_that_keeps_it_alive() -> None:
    once = Once(1 << 20)

    class Half:
        pass

    alive: list[weakref.ref[Half]] = []

    def make() -> int:
        half = Half()
        alive.append(weakref.ref(half))
        raise ValueError("no")

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            once.get("a", make)
        assert alive[0]() is None
    finally:
        gc.enable()


def test_a_dropped_value_stays_with_who_holds_it_and_is_made_again_for_the_next() -> None:
    once = Once(100, weigher=len)
    held = once.get("a", lambda: "x" * 80)
    once.get("b", lambda: "y" * 80)
    assert "a" not in once
    assert held == "x" * 80
    assert once.get("a", lambda: "z" * 10) == "z" * 10
    assert (once.size, len(once), once.limit) == (90, 2, 100)


@pytest.mark.parametrize("replaced", [False, True])
def test_weighing_brings_nothing_back_and_undoes_nothing(replaced: bool) -> None:
    """Another thread drops or replaces the value between the reading and the weighing."""
    weighing, go = threading.Event(), threading.Event()

    def weigher(value: str) -> int:
        if value == "slow" and once_made:
            weighing.set()
            assert go.wait(20)
        return len(value)

    once_made: list[bool] = []
    once = Once(1 << 20, weigher)
    once.get("a", lambda: "slow")
    once_made.append(True)
    with ThreadPoolExecutor(1) as pool:
        weighed = pool.submit(once.weigh, "a")
        assert weighing.wait(20)
        once.clear()
        if replaced:
            once.get("a", lambda: "another")
        go.set()
        weighed.result(20)
    assert once.find("a") == ("another" if replaced else None)
    assert once.size == (7 if replaced else 0)


def test_many_threads_that_weigh_leave_the_true_size() -> None:
    once, lock = Once(1 << 30, weigher=len), threading.Lock()
    grown: list[int] = []
    once.get("a", lambda: grown)

    def grow(_: int) -> None:
        for _ in range(100):
            with lock:
                grown.append(1)
            once.weigh("a")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(grow, range(8)))
    assert once.size == 800
