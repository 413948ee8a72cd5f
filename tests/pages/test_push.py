"""The server asks for a fragment in the visits that are meant, and in no others."""

from __future__ import annotations

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
        self._state, self._scriptrunner = AppSessionState.APP_IS_RUNNING, self
        self._fragment_storage = self
        self._client_state = SimpleNamespace(query_string="room=BKRT", page_script_hash="page")

    def resolve_target(self, key: str) -> list[str]:
        if not self._has:
            raise StreamlitAPIException(key)
        return [f"{key} here"]

    def request_rerun(self, data: RerunData) -> bool:
        self.asked.append(data)
        return True

    @staticmethod
    def _call_soon_on_event_loop(callback: Any) -> None:
        callback()


def test_only_the_visits_that_are_meant_look(monkeypatch: pytest.MonkeyPatch) -> None:
    meant, other = Session("a", "here"), Session("b", "there")
    nowhere, bare = Session("c", None), Session("d", "here", has=False)
    sessions = [SimpleNamespace(session=one) for one in (meant, other, nowhere, bare)]
    manager = SimpleNamespace(list_active_sessions=lambda: sessions)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    push.run("look", "place", lambda place: place == "here")
    assert [other.asked, nowhere.asked, bare.asked] == [[], [], []]
    (asked,) = meant.asked
    assert (asked.fragment_id, asked.page_script_hash) == ("look here", "page")
    assert asked.query_string == "room=BKRT"
    assert asked.widget_states is None  # what somebody chooses just now is not taken back


def test_nothing_happens_without_a_server() -> None:
    assert not runtime.exists()
    push.run("look", "place", lambda place: True)


def test_what_streamlit_is_asked_for_is_there() -> None:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.fragment import MemoryFragmentStorage
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert WebsocketSessionManager.list_active_sessions
    assert MemoryFragmentStorage.resolve_target
    assert AppSession._call_soon_on_event_loop
    assert AppSession.session_state
