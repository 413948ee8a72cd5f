"""Sharing a picture of one's own: who has the copied link can open it, and nobody else."""

from __future__ import annotations

import streamlit as st

from core.files.uploads import HOURS
from pages.ui.parts import visit


def button(name: str) -> None:
    """Offer to share a picture, or to end it; nothing for a picture that all have.

    Args:
        name: of the picture in this visit.
    """
    mine = visit.current()
    if name not in mine.pictures() or name in mine.received():
        return
    if name not in mine.shared():
        st.button(
            "Share this picture",
            key="share",
            icon=":material/share:",
            type="tertiary",
            help="A link to your picture opens it for you alone until you share it.",
            on_click=_share,
            args=(name,),
        )
        return
    st.caption(
        f"Shared: whoever gets the link from *Copy link* can open it, for {HOURS:.0f} hours after "
        "its last use."
    )
    st.button(
        "Stop sharing",
        key="unshare",
        icon=":material/lock:",
        type="tertiary",
        on_click=_end,
        args=(name,),
    )


def _share(name: str) -> None:
    mine = visit.current()
    if picture := mine.pictures().get(name):
        mine.set_shared(name, visit.visits().share(picture))


def _end(name: str) -> None:
    mine = visit.current()
    visit.visits().end_sharing(mine.shared().get(name, ""))
    mine.set_shared(name, "")
