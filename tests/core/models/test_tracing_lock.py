"""The gate: many readers, one tracing, no starving, no waiting for oneself."""

from __future__ import annotations

import threading

import pytest

from core.caching.pauses import may_pause
from core.models.tracing_lock import Gate

LONG = 10.0


def in_thread(work) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_shared_sides_go_together() -> None:
    gate, together = Gate(), threading.Barrier(3, timeout=LONG)

    def read() -> None:
        with gate.shared():
            together.wait()

    threads = [in_thread(read) for _ in range(3)]
    for thread in threads:
        thread.join(LONG)
    assert not together.broken


def test_exclusive_side_waits_for_readers_and_goes_before_new_ones() -> None:
    gate, order = Gate(), []
    reading, leave, waiting = threading.Event(), threading.Event(), threading.Event()

    def read_first() -> None:
        with gate.shared():
            reading.set()
            leave.wait(LONG)
            order.append("first reader")

    def write() -> None:
        reading.wait(LONG)
        waiting.set()
        with gate.exclusive():
            order.append("writer")

    def read_last() -> None:
        while not gate._waiting:
            waiting.wait(0.001)
        threading.Timer(0.05, leave.set).start()
        with gate.shared():
            order.append("last reader")

    for thread in [in_thread(work) for work in (read_first, write, read_last)]:
        thread.join(LONG)
    assert order == ["first reader", "writer", "last reader"]


def test_reader_may_enter_again_while_a_writer_waits() -> None:
    gate = Gate()
    with gate.shared():
        writer = in_thread(lambda: gate.exclusive().__enter__())
        while not gate._waiting:
            pass
        with gate.shared():
            assert writer.is_alive()
    writer.join(LONG)
    assert not writer.is_alive()


def test_exclusive_side_allows_own_passes_but_not_itself() -> None:
    gate = Gate()
    with gate.exclusive():
        with gate.shared():
            pass
        with pytest.raises(RuntimeError, match="inside the gate"), gate.exclusive():
            pass
    with gate.shared(), pytest.raises(RuntimeError, match="inside the gate"), gate.exclusive():
        pass


def test_gate_opens_after_an_error() -> None:
    gate = Gate()
    with pytest.raises(ValueError, match="one"), gate.exclusive():
        raise ValueError("one")
    with pytest.raises(ValueError, match="two"), gate.shared():
        raise ValueError("two")
    with gate.exclusive():
        pass


def test_work_is_not_paused_on_either_side() -> None:
    gate = Gate()
    with gate.shared(), gate.shared():
        assert not may_pause()
    with gate.exclusive():
        assert not may_pause()
    assert may_pause()
