"""Where work must not be paused, and how long it took without its pauses."""

from __future__ import annotations

import threading

import pytest

from core.caching import pauses
from core.caching.once import Once
from core.caching.pauses import may_pause, no_pause, paused, working_seconds


def test_pauses_are_open_again_after_what_must_not_be_paused() -> None:
    with no_pause():
        with pytest.raises(KeyError), no_pause():
            raise KeyError
        assert not may_pause()
    assert may_pause()


def test_each_thread_has_its_own() -> None:
    seen: list[bool] = []
    with no_pause():
        thread = threading.Thread(target=lambda: seen.append(may_pause()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_what_is_made_for_all_is_made_without_a_pause() -> None:
    assert Once(100).get("a", may_pause) is False
    assert may_pause()


def test_the_clock_stands_still_in_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pauses, "perf_counter", lambda: now[0])
    start = working_seconds()
    now[0] = 5.0
    with paused():
        now[0] = 65.0
    now[0] = 67.0
    assert working_seconds() - start == 7.0
