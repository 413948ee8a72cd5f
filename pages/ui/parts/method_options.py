"""Settings of methods that other controls or the link give."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import SeeWhyError
from core.explain.combine.mean_map import FEWEST, OF, split
from core.explain.methods import METHODS, combines, get, options_against, parse_label
from core.requests.options import Value, fill_defaults
from core.requests.settings_text import LIME_OPTIONS, lime_from_text, lime_of, option_of
from core.requests.studies import LimeSettings
from pages.ui.parts import links
from pages.ui.parts.pickers import BIND

Settings = tuple[tuple[str, str, Value], ...]
OPTION = "option"
"""Parameter of the address: `method.name=value`, as often as there are settings."""


def given(labels: Sequence[str], classes: Sequence[int]) -> Settings:
    """Return what methods are set to; what a link asks for in vain is said.

    Args:
        labels: of the methods.
        classes: indices of the explained classes, which some methods tell from each other.
    """
    names = {parse_label(label)[0] for label in labels}
    found: dict[tuple[str, str], Value] = {}
    for text in st.query_params.get_all(OPTION):
        try:
            method, name, value = _checked(text)
        except SeeWhyError as error:
            links.say(f"A setting of this link is left out. {error}")
            continue
        if method in names:
            found[method, name] = value
    for name in filter(combines, names):
        chosen = _chosen()
        if len(chosen) >= FEWEST:
            found[name, OF] = ",".join(chosen)
        if set(chosen) == set(combines(name)):
            found.pop((name, OF))
    found |= {(method, name): value for method, name, value in options_against(labels, classes)}
    return tuple((method, name, value) for (method, name), value in found.items())


def lime() -> LimeSettings:
    """Return the settings of superpixels that a link gives; what it asks for in vain is said.

    Each is a parameter of its own: `lime_samples=500`.
    """
    values: dict[str, Value] = {}
    for name in LIME_OPTIONS:
        for text in st.query_params.get_all(f"lime_{name}")[:1]:
            try:
                values |= lime_from_text([(name, text)])
            except SeeWhyError as error:
                links.say(f"A setting of this link is left out. {error}")
    return lime_of(values)


def forget() -> None:
    """Say no more of settings that the link asks for in vain: a person has chosen methods."""
    asked = st.query_params.get_all(OPTION)
    good = [text for text in asked if _is_good(text)]
    if good != asked:
        st.query_params[OPTION] = good


def combined(labels: Sequence[str]) -> None:
    """Pick the methods whose maps are combined, where a chosen method combines others.

    Args:
        labels: of the chosen methods.
    """
    combining = next(filter(combines, labels), None)
    if combining is None:
        return
    titles = {name: method.title for name, method in METHODS.items() if not combines(name)}
    asked = [text for text in st.query_params.get_all(OPTION) if text.startswith(f"{combining}.")]
    linked = [split(text.partition("=")[2]) for text in asked if text.split("=")[0].endswith(OF)]
    default = [name for name in (linked or [combines(combining)])[-1] if name in titles]
    links.adopt(OF, titles, several=True)
    chosen = st.multiselect(
        f"{METHODS[combining].title} of",
        tuple(titles),
        default=default,
        format_func=titles.__getitem__,
        key=OF,
        select_all=False,
        **BIND,
    )
    if len(chosen) < FEWEST:
        st.caption(f"Choose {FEWEST} at least; until then it is the usual ones.")


def _checked(text: str) -> tuple[str, str, Value]:
    """Return method, name and value of a setting in the address.

    Raises:
        SeeWhyError: no method takes it.
    """
    method, name, value = option_of(text)
    return method, name, fill_defaults(get(method).options, {name: value})[name]


def _is_good(text: str) -> bool:
    """Return whether some method takes a setting."""
    try:
        _checked(text)
    except SeeWhyError:
        return False
    return True


def _chosen() -> tuple[str, ...]:
    """Return the methods that are combined, in the order of the table."""
    chosen = st.session_state.get(OF, ())
    return tuple(name for name in METHODS if name in chosen)
