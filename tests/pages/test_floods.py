"""A flood of requests from one browser becomes a few runs, the last of which counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from pages.ui.parts import floods


class Session:
    """A session that notes what it is asked for."""

    def __init__(self) -> None:
        self._event_loop, self.later, self.asked = self, list[Any](), list[str]()
        self.states: list[Any] = []

    def call_later(self, _: float, function: Any, *arguments: object) -> None:
        self.later.append((function, arguments))

    def ask(self, query: str, fragment: str = "") -> None:
        method: Any = AppSession.request_rerun
        method(self, ClientState(query_string=query, fragment_id=fragment))

    def wait(self) -> None:
        function, arguments = self.later.pop()
        function(*arguments)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that a test moves, and sessions whose own method only notes."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.delattr(AppSession, floods._MARK, raising=False)

    def note(self: Any, state: ClientState | None) -> None:
        self.asked.append(state.query_string if state else "file")
        self.states.append(list(state.widget_states.widgets) if state else [])

    monkeypatch.setattr(AppSession, "request_rerun", note)
    floods.dam()
    floods.dam()
    yield now
    delattr(AppSession, floods._MARK)


def test_a_thousand_requests_become_a_few(clock: list[float]) -> None:
    session = Session()
    for number in range(1000):
        session.ask(str(number))
    assert session.asked == [str(number) for number in range(floods.RUNS)]
    assert len(session.later) == 1
    clock[0] += floods.BREAK
    session.wait()
    assert session.asked[-1] == "999"
    session.ask("again")
    assert session.asked[-1] == "999", "the second is not over"
    session.wait()
    assert session.asked[-1] == "again"


def test_a_person_waits_for_nothing(clock: list[float]) -> None:
    session = Session()
    for number in range(50):
        session.ask(str(number))
        clock[0] += 1 / floods.RUNS
    assert len(session.asked) == 50
    assert not session.later


def test_fragments_do_not_hold_up_the_page_nor_another_visit(clock: list[float]) -> None:
    session, other = Session(), Session()
    for number in range(200):
        session.ask(f"look {number}", "look")
    assert len(session.asked) == floods.LOOKS
    session.ask("page")
    other.ask("look", "look")
    assert session.asked[-1] == "page"
    assert other.asked == ["look"]


def test_a_press_in_a_flood_is_not_lost(clock: list[float]) -> None:
    session = Session()
    method: Any = AppSession.request_rerun
    for _ in range(floods.RUNS):
        session.ask("")
    pressed = ClientState(query_string="pressed")
    pressed.widget_states.widgets.add(id="button", trigger_value=True)
    method(session, pressed)
    last = ClientState(query_string="last")
    last.widget_states.widgets.add(id="slider", int_value=3)
    method(session, last)
    session.wait()
    assert session.asked[-1] == "last"
    assert {each.id for each in session.states[-1]} == {"button", "slider"}


def test_each_fragment_that_waits_runs(clock: list[float]) -> None:
    session = Session()
    for number in range(floods.LOOKS):
        session.ask(str(number), "look")
    session.ask("one", "one")
    session.ask("other", "other")
    session.wait()
    assert session.asked[-2:] == ["one", "other"]


def test_what_the_server_itself_asks_for_passes(clock: list[float]) -> None:
    session = Session()
    method: Any = AppSession.request_rerun
    for _ in range(20):
        method(session, None)
    assert session.asked == ["file"] * 20
