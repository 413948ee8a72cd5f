"""The server asks for a fragment in the visits that are meant, and in no others."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import runtime
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.app_session import AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from pages.ui.parts import push


class Session:
    """A visit with a fragment, or without."""

    def __init__(self, name: str, place: str | None, *, has: bool = True) -> None:
        self.id, self.session_state = name, {} if place is None else {"place": place}
        self._has, self.asked = has, list[RerunData]()
        self._state: AppSessionState = AppSessionState.APP_IS_RUNNING
        self._scriptrunner: Session | None = self
        self._fragment_storage = self
        self._client_state = SimpleNamespace(query_string="room=BKRT", page_script_hash="page")

    def resolve_target(self, key: str) -> list[str]:
        if not self._has:
            raise StreamlitAPIException(key)
        return [f"{key} here"]

    def request_rerun(self, data: RerunData) -> bool:
        self.asked.append(data)
        return True

    def _create_scriptrunner(self, data: RerunData) -> None:
        self.asked.append(data)

    @staticmethod
    def _call_soon_on_event_loop(callback: Any) -> None:
        callback()


def is_here(state: Any) -> bool:
    return bool(state.get("place") == "here")


def never(_: object) -> bool:
    return False


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a server have the sessions that are given."""

    def these(*sessions: Session) -> None:
        infos = [SimpleNamespace(session=one) for one in sessions]
        manager = SimpleNamespace(list_active_sessions=lambda: infos)
        monkeypatch.setattr(runtime, "exists", lambda: True)
        monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))

    return these


def test_only_the_visits_that_are_meant_look(serve: Callable[..., None]) -> None:
    meant, other = Session("a", "here"), Session("b", "there")
    nowhere, bare = Session("c", None), Session("d", "here", has=False)
    serve(meant, other, nowhere, bare)
    push.run("look", is_here, never)
    assert [other.asked, nowhere.asked, bare.asked] == [[], [], []]
    (asked,) = meant.asked
    assert (asked.fragment_id, asked.page_script_hash) == ("look here", "page")
    assert asked.query_string == "room=BKRT"
    assert asked.widget_states is None  # what somebody chooses just now is not taken back


def test_a_page_that_rests_is_run_and_one_that_runs_is_not_stopped(
    serve: Callable[..., None],
) -> None:
    rests, runs = Session("a", "here"), Session("b", "here")
    rests._scriptrunner = None
    serve(rests, runs)
    push.run("look", is_here, is_here)
    assert [(each.fragment_id, each.widget_states) for each in rests.asked] == [(None, None)]
    assert [each.fragment_id for each in runs.asked] == ["look here"]


def test_nothing_happens_without_a_server() -> None:
    assert not runtime.exists()
    push.run("look", is_here, never)


def test_what_streamlit_is_asked_for_is_there() -> None:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.fragment import MemoryFragmentStorage
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    for owner, name in (
        (WebsocketSessionManager, "list_active_sessions"),
        (MemoryFragmentStorage, "resolve_target"),
        (AppSession, "_call_soon_on_event_loop"),
        (AppSession, "session_state"),
    ):
        assert hasattr(owner, name)
