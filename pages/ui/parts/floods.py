"""One browser that asks for very many runs: they are put together, so that others notice nothing.

Streamlit ends the run of a page and starts a thread for every such request. A script can send a
thousand a second; a person does not come near what is let through here.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from functools import wraps

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import _coalesce_widget_states

_MARK = "puts_floods_together"
RUNS, LOOKS = 8, 40
"""Runs of a page and of fragments in a second after which further ones wait."""
BREAK = 0.3
"""Seconds that they wait; of those that come meanwhile the last one counts, with every press."""


@dataclass(slots=True)
class Asked:
    """What a session has been asked for lately.

    Attributes:
        times: of the last requests, in seconds; as many as pass in one.
        waits: the last request for each fragment that has not been passed on.
    """

    times: deque[float]
    waits: dict[str, ClientState] = field(default_factory=dict)

    def passes(self, now: float) -> bool:
        """Return whether a request passes at once, and note it then."""
        if self.waits or (len(self.times) == self.times.maxlen and now - self.times[0] < 1):
            return False
        self.times.append(now)
        return True


def dam() -> None:
    """Let every session put them together; calling it again changes nothing."""
    if hasattr(AppSession, _MARK):
        return
    setattr(AppSession, _MARK, True)
    asked = AppSession.request_rerun

    @wraps(asked)
    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        """Ask for a run, or keep the request for a moment."""
        if client_state is None:
            asked(self, client_state)
            return
        both = self.__dict__.setdefault(
            "_asked_lately", (Asked(deque(maxlen=RUNS)), Asked(deque(maxlen=LOOKS)))
        )
        kind = both[bool(client_state.fragment_id)]
        if kind.passes(time.monotonic()):
            asked(self, client_state)
            return
        if not kind.waits:
            self._event_loop.call_later(BREAK, later, self, kind)
        before = kind.waits.pop(client_state.fragment_id, None)
        states = _coalesce_widget_states(
            before.widget_states if before else None, client_state.widget_states
        )
        if states is not None:  # with a press that came before
            client_state.widget_states.CopyFrom(states)
        kind.waits[client_state.fragment_id] = client_state

    def later(self: AppSession, kind: Asked) -> None:
        """Ask for what has waited."""
        states, kind.waits = kind.waits, {}
        for state in states.values():
            kind.times.append(time.monotonic())
            asked(self, state)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]
