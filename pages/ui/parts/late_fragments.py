"""Fragments of a page that is left: what they still ask for is dropped.

A page's fragments ask for their next runs by a clock in the browser. Such a request may reach the
server after another page was asked for, by a link, a key or the server itself, and before the
browser has heard of it. Streamlit then takes the address of the old page from it: the new page is
not opened, or it is opened and the browser is told that it shows the old one, and ends with
"Bad delta path index". A run of the new page draws all that such a request could.

And a request may reach the server when the thread of the run before has ended, but what that run
sent still waits to be handled: Streamlit then starts another thread, and drops what waits. A busy
server loses whole pages so, with the clocks of their fragments, and nothing on the page moves any
more. So a fragment waits until everything is handled.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

_MARK = "drops_late_fragments"
AGAIN = 0.01
"""Seconds until it is looked again whether what the run before sent has been handled."""


def drop() -> None:
    """Let every session drop them; calling it again changes nothing."""
    if hasattr(AppSession, _MARK):
        return
    setattr(AppSession, _MARK, True)
    asked, folded = AppSession.request_rerun, ScriptRequests.request_rerun
    created = AppSession._create_scriptrunner

    @wraps(asked)
    def request_rerun(self: AppSession, client_state: Any) -> None:  # noqa: ANN401 - protobuf's
        """Drop what a page asks for that is no longer the one that runs."""
        runs = self._pages_manager.intended_page_script_hash
        if client_state is not None and client_state.fragment_id:
            page = client_state.page_script_hash
            if runs and page and page != runs:
                return
        asked(self, client_state)

    @wraps(folded)
    def fold(self: ScriptRequests, new_data: RerunData) -> bool:
        """Drop what a page asks for while another one waits to be run."""
        waits, page = self._rerun_data.page_script_hash, new_data.page_script_hash
        if new_data.fragment_id and waits and page and page != waits:
            return True
        return folded(self, new_data)

    @wraps(created)
    def create(self: AppSession, initial_rerun_data: RerunData) -> None:
        """Start a thread; for a fragment, once everything from the thread before is handled."""
        if initial_rerun_data.fragment_id and self._scriptrunner is not None:
            self._event_loop.call_later(AGAIN, hand, self, initial_rerun_data)
        else:
            created(self, initial_rerun_data)

    AppSession._create_scriptrunner = create  # type: ignore[method-assign]
    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]
    ScriptRequests.request_rerun = fold  # type: ignore[method-assign]


def hand(session: AppSession, data: RerunData) -> None:
    """Give a fragment's request to the thread that runs, or to a new one.

    Call it on the session's event loop.
    """
    if session._state == AppSessionState.SHUTDOWN_REQUESTED:
        return
    if session._scriptrunner is None or not session._scriptrunner.request_rerun(data):
        session._create_scriptrunner(data)
