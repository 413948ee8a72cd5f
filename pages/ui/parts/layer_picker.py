"""Picking the layer whose maps are shown, or several whose mean is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.requests.command_line import words
from core.work.handlers.models import ModelSummary
from pages.ui.parts import links, present, toolbar
from pages.ui.parts.pickers import BIND

_TEXT = "From shallow to deep, with the size of the map"
LONG = 24
"""Characters of a module path that fill the list of layers too fast."""
ONE, SEVERAL, AVERAGE, MODULE = "layer", "layers", "average", "module"
"""Keys of the controls."""


def layers(model: ModelSummary) -> tuple[str, ...]:
    """Pick a layer from shallow to deep, several for the mean of their maps, or name any module.

    Args:
        model: the loaded model.
    """
    labels = labelled(model)
    _follow(model, labels)
    unknown = links.unknown(ONE, {*labels, *labels.values()})
    is_set = _adopt(labels)
    with toolbar.tool("Layer", ", ".join(_present(model, labels)) or "none"):
        typed = _modules()
        if not labels:
            st.caption("This model has no layer with a map.")
            return typed
        several = st.toggle(
            "Mean of several layers",
            key=AVERAGE,
            help="Choose layers whose maps are averaged, each scaled first.",
            on_change=_change_kind,
            args=(tuple(labels),),
            **BIND,
        )
        default = None if is_set else model.default_layer
        chosen = _several(labels, default) if several else _one(labels, default)
    chosen = typed or chosen or (model.default_layer,)
    links.warn(unknown, "the layer", ", ".join(chosen))
    return chosen


def labelled(model: ModelSummary) -> dict[str, str]:
    """Return the offered layers with their names and the sizes of their maps."""
    names = _short([layer.path for layer in model.layers])
    return {
        layer.path: "{} {}x{}".format(name, *layer.shape[1:])
        for layer, name in zip(model.layers, names, strict=True)
    }


def _follow(model: ModelSummary, labels: dict[str, str]) -> None:
    """Let go of a layer that nobody chose, or that this model does not have.

    It would stay by its name where another model has a layer of the same name.
    """
    before, default = st.session_state.get("layer_of", (model.id, ""))
    st.session_state["layer_of"] = (model.id, model.default_layer)
    if before == model.id:
        return
    for key in (ONE, SEVERAL):
        value = st.session_state.get(key) or []
        chosen = {value} if isinstance(value, str) else set(value)
        if default in chosen or not chosen <= set(labels):
            st.session_state.pop(key, None)


def _adopt(labels: dict[str, str]) -> bool:
    """Take layers from the address by their paths too; return whether the control has its value."""
    asked = st.query_params.get_all(ONE)
    if ONE not in st.session_state and len(asked) > 1:
        paths = {**{label: path for path, label in labels.items()}, **{p: p for p in labels}}
        del st.query_params[ONE]
        st.query_params[AVERAGE] = "true"
        links.rewrite(SEVERAL, [labels[paths[text]] for text in asked if text in paths])
    changed = bool(st.session_state.pop("layer_changed", False))
    if steps := present.layer_steps():
        offered, now = list(labels), links.present(ONE, labels, next(reversed(labels), ""))
        if now in offered:
            at = min(max(offered.index(now) + steps, 0), len(offered) - 1)
            st.session_state[ONE] = offered[at]
            changed = True
    if not st.session_state.get(AVERAGE, AVERAGE in st.query_params):
        links.adopt(ONE, labels)
        return changed
    # The mean begins with the one layer, which then is all that the address has.
    one = links.present(ONE, labels, "")
    if one and not {SEVERAL} & {*st.session_state, *st.query_params}:
        st.session_state[SEVERAL] = [one]
        return True
    links.adopt(SEVERAL, labels, several=True)
    return changed


def _present(model: ModelSummary, labels: dict[str, str]) -> tuple[str, ...]:
    """Return what is about to be chosen."""
    typed = st.session_state.get(MODULE, st.query_params.get(MODULE, ""))
    if typed:
        return words(typed)
    if st.session_state.get(AVERAGE, "average" in st.query_params):
        asked = st.query_params.get_all(SEVERAL)
        linked = [path for path, label in labels.items() if label in asked]
        chosen = st.session_state.get(SEVERAL, linked)
        return tuple(layer for layer in labels if layer in chosen) or (model.default_layer,)
    return (links.present(ONE, labels, model.default_layer),)


def _one(labels: dict[str, str], default: str | None) -> tuple[str, ...]:
    """Draw the layers to choose one of."""
    one = st.pills(
        _TEXT,
        tuple(labels),
        default=default,
        format_func=labels.__getitem__,
        key=ONE,
        wrap=True,
        on_change=links.forget,
        args=(ONE,),
        **BIND,
    )
    return (one,) if one else ()


def _several(labels: dict[str, str], default: str | None) -> tuple[str, ...]:
    """Draw the layers to choose several of."""
    many = st.pills(
        _TEXT,
        tuple(labels),
        selection_mode="multi",
        default=default,
        format_func=labels.__getitem__,
        key=SEVERAL,
        wrap=True,
        **BIND,
    )
    return tuple(layer for layer in labels if layer in many)


def _change_kind(offered: Sequence[str]) -> None:
    """Start several layers with the one, or the one with the deepest of several; for the toggle."""
    st.session_state["layer_changed"] = True
    if st.session_state[AVERAGE]:
        one = st.session_state.get(ONE)
        st.session_state[SEVERAL] = [one] if one else list(offered[-1:])
    else:
        chosen = [layer for layer in offered if layer in st.session_state.get(SEVERAL, ())]
        st.session_state[ONE] = next(reversed(chosen), offered[-1])


def _modules() -> tuple[str, ...]:
    """Name modules to use instead of the offered layers; none for these.

    It is drawn before the layers, because only then it takes its value from the address.
    """
    return words(
        st.text_input(
            "Another module",
            key=MODULE,
            placeholder="layer4.1.conv2",
            help="Enter any module path to use it instead of the layers below. "
            "Separate several with commas.",
            **BIND,
        )
    )


def _short(paths: Sequence[str]) -> list[str]:
    """Return the last two parts of module paths that are long, where these tell them apart."""
    tails = [".".join(path.split(".")[-2:]) if len(path) > LONG else path for path in paths]
    return tails if len(set(tails)) == len(tails) else list(paths)
