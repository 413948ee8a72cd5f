"""Picking the layers whose maps are shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.requests.command_line import words
from core.work.handlers.models import ModelSummary
from pages.ui.parts import links
from pages.ui.parts.pickers import BIND

LONG = 24
"""Characters of a module path that fill a strip of layers too fast."""


def layers(model: ModelSummary, aside: DeltaGenerator) -> tuple[str, ...]:
    """Pick layers on a strip from shallow to deep, or name any module.

    Args:
        model: the loaded model.
        aside: where the name of another module is asked for.
    """
    with aside:
        typed = _modules()
    offered = model.layers
    if not offered:
        st.caption("This model has no layer with a map.")
        return typed
    names = _short([layer.path for layer in offered])
    labels = {
        layer.path: "{} {}x{}".format(name, *layer.shape[1:])
        for layer, name in zip(offered, names, strict=True)
    }
    unknown = links.unknown("layer", labels.values())
    picked = st.pills(
        "Layer, from shallow to deep, with the size of its map",
        tuple(labels),
        selection_mode="multi",
        default=[model.default_layer],
        format_func=labels.__getitem__,
        key="layer",
        wrap=True,
        help="Select several layers to average their maps.",
        on_change=links.forget,
        args=("layer",),
        **BIND,
    )
    chosen = typed or tuple(layer for layer in labels if layer in picked) or (model.default_layer,)
    links.warn(unknown, "the layer", ", ".join(chosen))
    return chosen


def _modules() -> tuple[str, ...]:
    """Name modules to use instead of the strip's layers; none for these.

    It is drawn before the strip, because only then it takes its value from the address.
    """
    return words(
        st.text_input(
            "Another layer",
            key="module",
            placeholder="layer4.1.conv2",
            help="Enter any module path to use it instead of the layers above. "
            "Separate several with commas.",
            **BIND,
        )
    )


def _short(paths: Sequence[str]) -> list[str]:
    """Return the last two parts of module paths that are long, where these tell them apart."""
    tails = [".".join(path.split(".")[-2:]) if len(path) > LONG else path for path in paths]
    return tails if len(set(tails)) == len(tails) else list(paths)
