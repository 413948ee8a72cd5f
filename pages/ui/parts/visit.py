"""A visit: what a person brought along, found again after a reload by a cookie of the browser.

The cookie holds a token that nobody guesses and says nothing else. It is set once there is
something to find again, and never stands in an address, so that a copied link shares nothing.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from core.files.uploads import HOURS
from core.work.visits import Visit, Visits, is_token, new_token

COOKIE = "seewhy-visit-"
"""What the cookie's name begins with. Its port follows: cookies are shared by all ports of a
computer, and another dashboard there has other visits."""
_LOOKED_AT = 20
"""Cookies that are looked at: anybody may send as many as a request holds."""

# Where another tab of this browser has begun a visit in the meantime, both go on with that one.
_JS = """
export default function({data, setStateValue}) {
  const name = data.cookie + (location.port || location.protocol.slice(0, -1));
  const start = `${name}=`;
  const pair = document.cookie.split("; ").find((each) => each.startsWith(start));
  const present = pair ? pair.slice(start.length) : "";
  if (/^[\\w-]{43}$/.test(present) && present !== data.token && !data.unknown.includes(present)) {
    setStateValue("other", present);
    return;
  }
  const secure = location.protocol === "https:" ? "; secure" : "";
  const path = location.pathname.startsWith(`${data.path}/`) ? data.path : "";
  document.cookie = `${start}${data.token}; path=${path || "/"}; max-age=${data.seconds}; ` +
    `samesite=strict${secure}`;
}
"""


@st.cache_resource(show_spinner=False)
def visits() -> Visits:
    """Return the visits of this process."""
    return Visits()


def current() -> Visit:
    """Return this visit; that of the browser's cookie where it is known."""
    if "visit" not in st.session_state:
        tokens = _tokens()
        st.session_state["visit"] = Visit()
        st.session_state["visit_unknown"] = tokens
        for token in tokens:
            if (known := visits().find(token)) is not None:
                st.session_state["visit"], st.session_state["visit_token"] = known, token
    visit: Visit = st.session_state["visit"]
    return visit


def remember() -> None:
    """Let the browser find this visit again, once it has brought something along.

    Call it once in each run; it draws nothing that can be seen.
    """
    visit = current()
    if not visit:
        return
    token: str = st.session_state.setdefault("visit_token", new_token())
    visits().keep(token, visit)
    draw = st.components.v2.component("seewhy.visit", html="<i></i>", js=_JS)
    data: dict[str, Any] = {
        "cookie": COOKIE,
        "token": token,
        "unknown": st.session_state.get("visit_unknown", []),
        "path": f"/{st.get_option('server.baseUrlPath') or ''}".rstrip("/"),
        "seconds": round(HOURS * 3600),
        "hour": int(time.time() // 3600),  # so that the cookie's end moves on with the visit
    }
    draw(key="visit_cookie", data=data, on_other_change=_join)


def tokens() -> list[str]:
    """Return the tokens by which somebody may know this visit: its own, and those of cookies."""
    own = st.session_state.get("visit_token")
    return [*([own] if own else []), *_tokens()]


def enter(code: str, token: str = "") -> str:
    """Note that this visit is in a room, and return the token by which the room knows it.

    Args:
        code: of the room.
        token: that the room knows already, from `tokens`; another server's, or an earlier one's.
    """
    current().enter(code)
    known: str = st.session_state.setdefault("visit_token", token or new_token())
    return known


def _join() -> None:
    """Go on with the visit that another tab began, and bring what this one has."""
    token = st.session_state["visit_cookie"]["other"]
    if not is_token(token):
        return
    other = visits().find(token)
    if other is None:
        st.session_state["visit_unknown"] = [*st.session_state.get("visit_unknown", []), token]
        return
    names = other.take(current())
    st.session_state["visit"], st.session_state["visit_token"] = other, token
    chosen = st.session_state.get("kept_picture", "")
    if names.get(chosen, chosen) != chosen:
        st.session_state["wanted_picture"] = names[chosen]


def _tokens() -> list[str]:
    """Return the tokens that the browser came with; what is none is ignored."""
    cookies = [value for name, value in st.context.cookies.items() if name.startswith(COOKIE)]
    return [value for value in cookies[:_LOOKED_AT] if is_token(value)]
