"""How maps are drawn: the controls of the look, none of which computes."""

from __future__ import annotations

import streamlit as st

from core.figures.charts.maps import HeatmapLook
from core.figures.drawing import palette
from pages.ui.parts import links, toolbar
from pages.ui.parts.pickers import BIND


def look(default_per_row: int) -> HeatmapLook:
    """Pick how maps are drawn; nothing of it computes."""
    scales = palette.sequential()
    named = {name: name for name in scales}
    value = links.present("colours", named, palette.DEFAULT)
    if st.session_state.get("signed"):
        value = "signed"
    with toolbar.tool("Look", value):
        rows = st.segmented_control(
            "Per row",
            ("auto", "1", "2", "3", "4"),
            default="auto",
            required=True,
            key="row",
            **BIND,
        )
        opacity = st.slider("Opacity", 0.0, 1.0, 0.5, 0.05, key="opacity", **BIND)
        contour = st.slider(
            "Contour",
            0.0,
            0.95,
            0.0,
            0.05,
            key="contour",
            help="Draw a contour at this value (0 = off).",
            **BIND,
        )
        scale = st.selectbox(
            "Colours",
            scales,
            key="colours",
            help="; ".join(f"{name}: {palette.get(name).note}" for name in scales),
            **BIND,
        )
        signed = st.toggle(
            "Signed",
            key="signed",
            help="Signed methods: red supports the class, blue opposes it.",
            **BIND,
        )
    per_row = default_per_row if rows == "auto" else int(rows)
    return HeatmapLook(per_row, opacity, scale, contour, signed)
