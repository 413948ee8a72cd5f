"""What a link asks for and a control does not offer.

Streamlit takes such a value from the address and goes on with the control's default, as if nobody
had asked: the page has to say so, until something else is chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import streamlit as st

from pages.ui.parts.text import escape

T = TypeVar("T", bound=Hashable)

_WAITING = "sentences_about_the_link"
LONGEST = 80
"""Characters of a value that are repeated."""


def unknown(key: str, offered: Collection[str]) -> tuple[str, ...]:
    """Return the values of the link that are not offered; call it before the control is drawn.

    Args:
        key: of the control, which is the name of its parameter in the address.
        offered: what stands in the address for each option.
    """
    place = _place(key)
    if key not in st.session_state and not st.session_state.pop(f"{place}_stays", False):
        asked = st.query_params.get_all(key)
        st.session_state[place] = tuple(value for value in asked if value not in offered)
    values: tuple[str, ...] = st.session_state.get(place, ())
    return values


def adopt(key: str, labels: Mapping[T, str], *, several: bool = False) -> None:
    """Let a control take from the address what a request calls its options.

    Streamlit knows an option by its label only, and takes another spelling out of the address: it
    is written there by its label, so that a reload keeps it. Call it before the control is drawn.

    Args:
        key: of the control.
        labels: of the options.
        several: whether several may be chosen.
    """
    if key in st.session_state:
        return
    asked = st.query_params.get_all(key)
    spelled = {str(option): option for option in labels} | {
        label: option for option, label in labels.items()
    }
    if all(value in labels.values() for value in asked):
        return
    options = [spelled[value] for value in asked if value in spelled]
    if options:
        rewrite(key, [labels[option] for option in (options if several else options[:1])])


def rewrite(key: str, values: Sequence[str]) -> NoReturn:
    """Run the page again with other values in the address, and say then what was not offered.

    A control that knows one of the address's values takes those it knows and drops the rest,
    whatever the state of the visit says.

    Args:
        key: of the control, after `unknown` has looked at it.
        values: as the control labels its options.
    """
    st.session_state[f"{_place(key)}_stays"] = True
    st.query_params[key] = list(values)
    st.rerun()


def enter(key: str, values: Sequence[str]) -> None:
    """Put into the address what a control is given before it is first drawn.

    Streamlit does so for controls that it has drawn before, and not for new ones.

    Args:
        key: of the control, which is new.
        values: as the control labels its options.
    """
    if st.query_params.get_all(key) != list(values):
        st.query_params[key] = list(values)


def present(key: str, labels: Mapping[T, str], default: T) -> T:
    """Return the option that a control is about to have, before it is drawn.

    Args:
        key: of the control.
        labels: of the options.
        default: what it has where nobody chose.
    """
    if key in st.session_state:
        value = st.session_state[key]
        return value if value in labels else default
    asked = st.query_params.get(key, "")
    spelled = (option for option, label in labels.items() if asked in {label, str(option)})
    return next(spelled, default)


def forget(key: str) -> None:
    """Say no more of what the link asked for: a person has chosen."""
    st.session_state.pop(_place(key), None)


def warn(values: Sequence[str], what: str, instead: str) -> None:
    """Say in one sentence each what is not there; nothing without values.

    Within `warnings_below` it is said below, because a control may be out of sight.

    Args:
        values: from `unknown`.
        what: the link asks for, with its article.
        instead: what is used.
    """
    for value in values:
        say(
            f"This link asks for {what} {value[:LONGEST]!r}, which is not offered here: "
            f"{instead} is used instead."
        )


def say(sentence: str) -> None:
    """Draw a sentence about the link, as `warn` does."""
    waiting = st.session_state.get(_WAITING)
    if waiting is None:
        st.warning(escape(sentence))
    else:
        waiting.append(sentence)


@contextmanager
def warnings_below() -> Iterator[None]:
    """Draw at the end what is said about the link meanwhile."""
    st.session_state[_WAITING] = []
    try:
        yield
    finally:
        sentences = st.session_state.pop(_WAITING)
    for sentence in sentences:
        st.warning(escape(sentence))


def _place(key: str) -> str:
    return f"lost_{key}"
