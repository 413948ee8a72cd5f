"""Fragments of a page that is left: what they still ask for is dropped.

A page's fragments ask for their next runs by a clock in the browser. Such a request may reach the
server after another page was asked for, by a link, a key or the server itself, and before the
browser has heard of it. Streamlit then takes the address of the old page from it: the new page is
not opened, or it is opened and the browser is told that it shows the old one, and ends with
"Bad delta path index". A run of the new page draws all that such a request could.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

_MARK = "drops_late_fragments"


def drop() -> None:
    """Let every session drop them; calling it again changes nothing."""
    if hasattr(AppSession, _MARK):
        return
    setattr(AppSession, _MARK, True)
    asked, folded = AppSession.request_rerun, ScriptRequests.request_rerun

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

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]
    ScriptRequests.request_rerun = fold  # type: ignore[method-assign]
