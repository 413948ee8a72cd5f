"""The pickers. Each draws one control, keeps its value in the address and returns it.

The key of a control is the name of its parameter in the address; its label is the value there,
so labels must not depend on anything but the option itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from core.errors import BadPicture
from core.models import device
from core.models.card import Guess
from core.pictures.picture import Picture
from core.requests.maps import Fit, Precision
from core.work.handlers.models import ModelSummary
from pages.ui.parts import history, links, share, toolbar, visit_pictures
from pages.ui.parts.text import escape

AUTO = "predicted class"
NONE = "none"
FITS: dict[str, Fit] = {"whole picture": "squash", "as trained": "crop"}
PRECISIONS: dict[str, Precision] = {"exact": "exact", "fast": "fast"}
Visibility = Literal["visible", "collapsed"]
BIND: dict[str, Any] = {"bind": "query-params"}


def before(key: str, options: Sequence[str], default: str | None = None) -> bool:
    """Give a control the value that a button wants for it, or that it had on another page.

    Returns:
        Whether it got one; Streamlit then wants no default beside it, and without a default the
        value stands in the address. So a control that has its default already gets none.
    """
    value = st.session_state.pop(f"wanted_{key}", None)
    if value is None and (key not in st.session_state or history.just_arrived()):
        value = st.session_state.get(f"kept_{key}")
    if value not in options or value == st.session_state.get(key, default) == default:
        return False
    st.session_state[key] = value
    return True


def picture(visible: Visibility = "visible") -> Picture:
    """Pick one picture by name; `visit_pictures.notice` says what a link asked for in vain."""
    visit_pictures.follow_link()
    titles, names = visit_pictures.titles(), visit_pictures.names()
    is_new = "picture" not in st.session_state
    if before("picture", names) and is_new and st.session_state["picture"] != names[0]:
        links.enter("picture", [visit_pictures.title(st.session_state["picture"])])
    name = st.selectbox(
        "Picture",
        names,
        format_func=lambda key: titles.get(key, key),
        key="picture",
        label_visibility=visible,
        on_change=visit_pictures.forget_notice,
        **BIND,
    )
    visit_pictures.warn_unreadable()
    share.button(name)
    st.session_state["kept_picture"] = name
    try:
        return visit_pictures.load(name)
    except BadPicture as error:
        st.error(escape(str(error)))
        st.stop()


def fit() -> Fit:
    """Pick how a picture is fitted to the model's input."""
    default = next(iter(FITS))
    unknown = links.unknown("fit", FITS)
    value = before("fit", tuple(FITS), default)
    name = st.segmented_control(
        "Input",
        tuple(FITS),
        default=None if value else default,
        required=True,
        key="fit",
        width="stretch",
        help="Resize the whole picture, or prepare it as in training (mostly the centre crop).",
        on_change=links.forget,
        args=("fit",),
        **BIND,
    )
    links.warn(unknown, "the input", default)
    name = name or default
    st.session_state["kept_fit"] = name
    return FITS[name]


def device_name() -> str:
    """Pick where to compute; one device needs no picker."""
    names = ("auto", *device.choices())
    if len(names) <= 2:
        return "auto"
    name: str = st.selectbox("Device", names, key="device", **BIND)
    return name


def precision(model: ModelSummary, default: str = "exact", key: str = "precision") -> Precision:
    """Pick exact or fast numbers; a device without fast ones has no choice.

    Args:
        model: the loaded model.
        default: where nobody chose.
        key: of the control.
    """
    if not model.is_fast:
        st.caption("Precision: float32 (this device has no faster format).")
        return "exact"
    unknown = links.unknown(key, PRECISIONS)
    name = st.segmented_control(
        "Precision",
        tuple(PRECISIONS),
        default=default,
        required=True,
        key=key,
        width="stretch",
        help="Exact: float32. Fast: bfloat16, which differs in the third digit.",
        on_change=links.forget,
        args=(key,),
        **BIND,
    )
    links.warn(unknown, "the precision", default)
    return PRECISIONS[name]


def classes(
    names: Sequence[str], guesses: Sequence[Guess], *, versus: bool = True
) -> tuple[int, ...]:
    """Pick the explained class and one to compare with; top predictions come first.

    Args:
        names: of all classes.
        guesses: top predictions.
        versus: whether a second class may stand next to the first.

    Returns:
        One or two indices; none while the predicted class is not known.
    """
    twice = {name for name, count in Counter(names).items() if count > 1}
    labels = {
        index: f"{name} ({index})" if name in twice or name in (AUTO, NONE) else name
        for index, name in enumerate(names)
    }
    top = [guess.index for guess in guesses]
    options = [*top, *(index for index in labels if index not in set(top))]
    labels |= {-1: AUTO, -2: NONE}
    predicted = labels[top[0]] if top else AUTO
    shown = links.present("class", labels, -1)
    other = links.present("versus", labels, -2) if versus else -2
    value = predicted if shown == -1 else labels[shown]
    if other >= 0:
        value += f" and {labels[other]}"
    with toolbar.tool("Class", value):
        first = _class("Explain", "class", [-1, *options], labels, f"the {AUTO}")
        second = -2
        if versus:
            second = _class("Compare with", "versus", [-2, *options], labels, NONE)
    chosen = top[0] if first == -1 and top else first
    return tuple(dict.fromkeys(index for index in (chosen, second) if index >= 0))


def _class(
    title: str, key: str, options: Sequence[int], labels: Mapping[int, str], instead: str
) -> int:
    unknown = links.unknown(key, {*labels.values(), *map(str, labels)})
    links.adopt(key, labels)
    index: int = st.selectbox(
        title,
        options,
        format_func=labels.__getitem__,
        key=key,
        help="Type to search all classes; the top predictions come first."
        if key == "class"
        else "Show a second class side by side: why this one and not that one?",
        on_change=links.forget,
        args=(key,),
        **BIND,
    )
    links.warn(unknown, "the class", instead)
    return index
