"""Settings of methods that other controls or the link give."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import SeeWhyError
from core.explain.methods import METHODS, options_against, parse_label
from core.requests.options import Value, fill_defaults
from core.requests.settings_text import option_of
from pages.ui.parts.text import escape

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
            method, name, value = option_of(text)
            if method in names:
                found[method, name] = fill_defaults(METHODS[method].options, {name: value})[name]
        except SeeWhyError as error:
            st.warning(escape(f"A setting of this link is left out. {error}"))
    found |= {(method, name): value for method, name, value in options_against(labels, classes)}
    return tuple((method, name, value) for (method, name), value in found.items())
