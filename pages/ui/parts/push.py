"""Runs of a fragment in other visits, which the server asks for when there is news.

Thirty phones that ask every moment whether there is any would keep the server busy, and still hear
of it late. Streamlit has no way to do this; what is used here is what it does itself when a file
changes or a browser's clock asks for a fragment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from streamlit import runtime
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.state import SessionState

from pages.ui.parts import late_fragments


def run(
    fragment: str, wanted: Callable[[SessionState], bool], whole: Callable[[SessionState], bool]
) -> None:
    """Have a fragment run in other visits.

    Args:
        fragment: its key; visits without such a fragment are left alone.
        wanted: tells from a visit's state whether it is meant.
        whole: tells likewise whether the page is to be run where it rests: a fragment that would
            only ask for that costs a run more.
    """
    if not runtime.exists():
        return
    context = get_script_run_ctx(suppress_warning=True)
    mine = context.session_id if context else ""
    for info in runtime.get_instance()._session_mgr.list_active_sessions():
        session = info.session
        if session.id != mine and wanted(session.session_state):
            at_once = whole(session.session_state)
            session._call_soon_on_event_loop(partial(_ask, session, fragment, whole=at_once))


def _ask(session: AppSession, fragment: str, *, whole: bool) -> None:
    """Ask for a run as the fragment's clock does; the visit's controls stay as they are."""
    try:
        queue = session._fragment_storage.resolve_target(fragment)
    except StreamlitAPIException:  # the page that is drawn just now has not come to it
        return
    state = session._client_state
    asked = RerunData(query_string=state.query_string, page_script_hash=state.page_script_hash)
    if whole and session._scriptrunner is None:
        late_fragments.hand(session, asked)
        return
    for each in queue:
        late_fragments.hand(session, replace(asked, fragment_id=each, is_auto_rerun=True))
