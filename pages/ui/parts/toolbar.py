"""The line of controls above a figure: each says its present value and opens on a press."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.files.names import shorten
from pages.ui.parts import links
from pages.ui.parts.text import escape

LONGEST = 26
"""Characters of a value that a button shows."""
HEIGHT = 46
"""Pixels of the line below the buttons: how far the work is, or what it took."""


@contextmanager
def line() -> Iterator[None]:
    """Draw the buttons in one line, and below it what a link asks for in vain."""
    place = st.container(horizontal=True, gap="small", vertical_alignment="center", key="toolbar")
    with links.warnings_below(), place:
        yield


def tool(name: str, value: str, *, icon: str | None = None) -> DeltaGenerator:
    """Draw the button of one control; draw the control itself in what is returned.

    Args:
        name: of the control.
        value: that it is about to have.
        icon: before the name.
    """
    label = f"{name}: **{escape(shorten(value, LONGEST))}**"
    return st.popover(label, icon=icon, key=f"tool_{name.lower()}")


def status() -> DeltaGenerator:
    """Return the line under the buttons; it is as high whatever it says, so nothing jumps."""
    return st.container(
        horizontal=True,
        vertical_alignment="center",
        height=HEIGHT,
        border=False,
        key="status",
    )
