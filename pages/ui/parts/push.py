"""Runs of a fragment in other visits, which the server asks for when there is news.

Thirty phones that ask every moment whether there is any would keep the server busy, and still hear
of it late. Streamlit has no way to do this; what is used here is what it does itself when a file
changes or a browser's clock asks for a fragment.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from streamlit import runtime
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from pages.ui.parts import late_fragments


def run(fragment: str, state: str, wanted: Callable[[Any], bool]) -> None:
    """Have a fragment run in all other visits that have a certain state.

    Args:
        fragment: its key; visits without such a fragment are left alone.
        state: name in the session's state.
        wanted: tells from its value whether the visit is meant.
    """
    if not runtime.exists():
        return
    context = get_script_run_ctx(suppress_warning=True)
    mine = context.session_id if context else ""
    for info in runtime.get_instance()._session_mgr.list_active_sessions():
        session = info.session
        if session.id == mine or state not in session.session_state:
            continue
        if wanted(session.session_state[state]):
            session._call_soon_on_event_loop(partial(_ask, session, fragment))


def _ask(session: AppSession, fragment: str) -> None:
    """Ask for a run as the fragment's clock does; the visit's controls stay as they are."""
    try:
        queue = session._fragment_storage.resolve_target(fragment)
    except StreamlitAPIException:  # the page that is drawn just now has not come to it
        return
    state = session._client_state
    for each in queue:
        asked = RerunData(
            query_string=state.query_string,
            page_script_hash=state.page_script_hash,
            fragment_id=each,
            is_auto_rerun=True,
        )
        late_fragments.hand(session, asked)
