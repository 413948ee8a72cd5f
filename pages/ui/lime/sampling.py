"""How many samples there are to be, and how they are drawn; the address keeps both."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.explain.perturb.settling import FIRST
from core.requests.maps import AUTO_SAMPLES, MAX_SEED
from core.requests.options import Value
from core.requests.settings_text import LIME_OPTIONS
from pages.ui.parts import links, toolbar
from pages.ui.parts.pickers import BIND

PRESETS = {"LIME's default": 1000, "Careful": 3000}
SETTLED = "Until settled"
"""What it is called to take as many samples as are needed."""
STEP = 50
"""Between two numbers of samples."""
QUICK = 200
"""Samples of the quick preset, as long as they are enough for the superpixels."""
DRAWN = {"random": "random, as lime", "balanced": "balanced"}
"""What samplings are called."""
LINKED = {*LIME_OPTIONS, "outlined", "class", "seed", "numbers", "explain"}
"""Parameters of a link to LIME: without a sampling it means random samples."""
ENOUGH = 10
"""Samples for each superpixel below which the page warns."""


def samples(*, balanced: bool = False) -> tuple[dict[str, Value], int, DeltaGenerator]:
    """Pick how many samples, how they are drawn, and the seed; existing samples are reused.

    Args:
        balanced: whether they are balanced where nobody chose, and no link.

    Returns:
        Settings, the seed, and the place of the presets.
    """
    option, word = LIME_OPTIONS["samples"], "auto"
    preset = st.session_state.pop("wanted_samples", None)
    if preset is not None:
        st.session_state["samples"] = preset
        st.session_state["settle"] = False
    settle = links.present("settle", {True: "true"}, False)
    if not settle and "settle" not in st.session_state and st.query_params.get("samples") == word:
        st.session_state["settle"] = settle = True
        del st.query_params["samples"]
        links.enter("settle", ["true"])
    low, high, default = int(option.low or 0), int(option.high or 0), int(option.default)
    lost = links.unknown("samples", {str(count) for count in range(low, high + 1)})
    value = st.session_state.get("samples", st.query_params.get("samples", default))
    value = default if lost else value
    with toolbar.tool("Samples", SETTLED.lower() if settle else str(value)):
        presets = st.container(horizontal=True, gap="small")
        wanted = "Stops when the outlined superpixels and their order are settled."
        if st.toggle(SETTLED, key="settle", help=wanted, **BIND):
            count = AUTO_SAMPLES
            st.caption(f"From {FIRST} to {high:,} samples. Existing samples are reused.")
        else:
            count = st.slider(
                "Samples",
                low,
                high,
                None if preset else default,
                STEP,
                key="samples",
                help="Perturbed pictures. More samples give more stable weights. "
                "Existing samples are reused.",
                on_change=links.forget,
                args=("samples",),
                **BIND,
            )
        drawn = _sampling(balanced=balanced)
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            0,
            key="seed",
            help="Decides which superpixels each sample hides; equal seeds give equal samples.",
            **BIND,
        )
    links.warn(lost, "the number of samples", str(default))
    return {"samples": int(count), "sampling": drawn}, int(seed), presets


def _sampling(*, balanced: bool) -> str:
    """Pick how samples are drawn."""
    key, asked = "sampling", {*st.query_params}
    if balanced and key not in {*st.session_state, *asked} and not LINKED & asked:
        st.session_state[key] = "balanced"
        links.enter(key, [DRAWN["balanced"]])
    links.adopt(key, DRAWN)
    # What has its default keeps it, or the control shows none when its button is opened later.
    has_default = st.session_state.get(key, "random") == "random"
    name = st.segmented_control(
        "Sampling",
        tuple(DRAWN),
        default="random" if has_default else None,
        required=True,
        key=key,
        format_func=DRAWN.__getitem__,
        help=LIME_OPTIONS[key].help,
        **BIND,
    )
    return name or "random"
