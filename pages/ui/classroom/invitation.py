"""How others come into a room: code, link and QR code."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from core.figures.drawing.qr import qr_png
from core.files.network import network_address
from pages.ui.parts.figures import drawn

HERE = ("localhost", "127.0.0.1", "::1", "[::1]")
ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
LARGE = 560
"""Side of the enlarged code in pixels."""
ALONE = (
    "Only this computer can open the page. To let others in, stop SeeWhy and start it with "
    "`./run.sh --share`; the room stays."
)


def link(code: str) -> str:
    """Return the address of a room as others in the network open it."""
    parts = urlsplit(st.context.url or "")
    host = parts.hostname or "localhost"
    if host in HERE and is_shared():
        host = network_address() or host
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    path = f"/{base}/classroom" if base else "/classroom"
    return f"{parts.scheme or 'http'}://{host}{port}{path}?room={code}"


def is_shared() -> bool:
    """Return whether the server listens to others than this computer."""
    return (st.get_option("server.address") or "") not in HERE


def small(code: str) -> None:
    """Draw the code, the link and a QR code that can be enlarged."""
    address = link(code)
    with st.container(key="invitation"):
        st.markdown(f"## {code}")
        st.image(
            drawn("qr", lambda: qr_png(address), address),
            width=168,
            alt=f"QR code of {address}",
        )
        st.code(address, language=None, wrap_lines=True)
        if st.button("Enlarge", key="enlarge_code", icon=":material/qr_code_2:"):
            _large(code, address)
        host = urlsplit(address).hostname
        if host in HERE:
            st.warning(ALONE, icon=":material/wifi_off:")


@st.dialog("Join the room", width="large")
def _large(code: str, address: str) -> None:
    """Show the code across the window."""
    with st.container(key="large_invitation", horizontal_alignment="center"):
        st.markdown(f"# {code}")
        st.image(
            drawn("qr", lambda: qr_png(address), address), width=LARGE, alt=f"QR code of {address}"
        )
        st.markdown(f"`{address}`")
