"""What a page's fragments ask for after it was left is dropped, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)

from pages.ui.parts import late_fragments

OLD, NEW = "old page", "new page"


@pytest.fixture(autouse=True)
def dropping() -> None:
    late_fragments.drop()
    late_fragments.drop()


def fragment(page: str) -> RerunData:
    return RerunData(page_script_hash=page, fragment_id="look", is_auto_rerun=True)


def waiting(requests: ScriptRequests) -> tuple[str, list[str]]:
    return requests._rerun_data.page_script_hash, requests._rerun_data.fragment_id_queue


def test_a_page_that_was_asked_for_is_not_lost_to_the_one_that_is_left() -> None:
    requests = ScriptRequests()
    assert requests.request_rerun(RerunData(page_script_hash=NEW))
    assert requests.request_rerun(fragment(OLD))
    assert waiting(requests) == (NEW, [])


def test_a_late_fragment_does_not_run_after_the_new_page() -> None:
    requests = ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash=NEW))
    assert requests.on_scriptrunner_ready().type == ScriptRequestType.RERUN
    assert requests.request_rerun(fragment(OLD))
    assert requests._state == ScriptRequestType.CONTINUE
    assert requests.request_rerun(fragment(NEW))
    assert waiting(requests) == (NEW, ["look"])


def test_fragments_of_the_page_that_is_there_run(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = ScriptRequests()
    assert requests.request_rerun(fragment(OLD))
    assert waiting(requests) == (OLD, ["look"])
    stopped = ScriptRequests()
    stopped.request_stop()
    assert not stopped.request_rerun(fragment(OLD))


@pytest.mark.parametrize(
    ("runs", "page", "part", "taken"),
    [
        (NEW, OLD, "look", False),
        (NEW, NEW, "look", True),
        (NEW, OLD, "", True),
        ("", OLD, "look", True),
        (None, OLD, "look", True),
    ],
)
def test_a_session_drops_what_another_page_than_its_own_asks_for(
    runs: str | None, page: str, part: str, taken: bool
) -> None:
    class Reached(Exception):
        """Streamlit's own method has gone on."""

    def fail(*_: object) -> Any:
        raise Reached

    session: Any = SimpleNamespace(
        _pages_manager=SimpleNamespace(intended_page_script_hash=runs),
        _state="running",
        has_fragment=fail,
        _client_state=SimpleNamespace(context_info=SimpleNamespace(CopyFrom=fail)),
        _scriptrunner=SimpleNamespace(request_rerun=fail, request_stop=fail),
    )
    state = ClientState(page_script_hash=page, fragment_id=part)
    if taken:
        with pytest.raises(Reached):
            AppSession.request_rerun(session, state)
    else:
        AppSession.request_rerun(session, state)


class Thread:
    """A thread that runs pages, or has ended."""

    def __init__(self, *, ended: bool) -> None:
        self.ended, self.asked = ended, list[RerunData]()

    def request_rerun(self, data: RerunData) -> bool:
        if not self.ended:
            self.asked.append(data)
        return not self.ended


class Session:
    """A session whose thread is the given one."""

    def __init__(self, thread: Thread | None) -> None:
        self._scriptrunner, self._state = thread, AppSessionState.APP_NOT_RUNNING
        self._event_loop, self.later = self, list[tuple[Any, ...]]()

    def call_later(self, _: float, function: Any, *arguments: object) -> None:
        self.later.append((function, arguments))

    def _create_scriptrunner(self, data: RerunData) -> None:
        AppSession._create_scriptrunner(cast(Any, self), data)

    def go_on(self) -> None:
        function, arguments = self.later.pop()
        function(*arguments)


def test_a_fragment_waits_until_what_the_thread_before_sent_is_handled() -> None:
    ended, new = Thread(ended=True), Thread(ended=False)
    session = Session(ended)
    late_fragments.hand(cast(Any, session), fragment(NEW))
    assert session._scriptrunner is ended  # its messages would be dropped
    session.go_on()
    assert session._scriptrunner is ended
    session._scriptrunner = new
    session.go_on()
    assert [each.fragment_id for each in new.asked] == ["look"]
    assert not session.later


def test_a_session_that_ended_meanwhile_starts_no_thread() -> None:
    session = Session(Thread(ended=True))
    late_fragments.hand(cast(Any, session), fragment(NEW))
    session._state = AppSessionState.SHUTDOWN_REQUESTED
    session.go_on()
    assert not session.later
