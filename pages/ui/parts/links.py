"""What a link asks for and a control does not offer.

Streamlit takes such a value from the address and goes on with the control's default, as if nobody
had asked: the page has to say so, until something else is chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from pages.ui.parts.text import escape

LONGEST = 80
"""Characters of a value that are repeated."""


def unknown(key: str, offered: Collection[str]) -> tuple[str, ...]:
    """Return the values of the link that are not offered; call it before the control is drawn.

    Args:
        key: of the control, which is the name of its parameter in the address.
        offered: what stands in the address for each option.
    """
    place = _place(key)
    if key not in st.session_state:
        asked = st.query_params.get_all(key)
        st.session_state[place] = tuple(value for value in asked if value not in offered)
    values: tuple[str, ...] = st.session_state.get(place, ())
    return values


def forget(key: str) -> None:
    """Say no more of what the link asked for: a person has chosen."""
    st.session_state.pop(_place(key), None)


def warn(values: Sequence[str], what: str, instead: str) -> None:
    """Say in one sentence each what is not there; nothing without values.

    Args:
        values: from `unknown`.
        what: the link asks for, with its article.
        instead: what is used.
    """
    for value in values:
        st.warning(
            escape(
                f"This link asks for {what} {value[:LONGEST]!r}, which is not offered here: "
                f"{instead} is used instead."
            )
        )


def _place(key: str) -> str:
    return f"lost_{key}"
