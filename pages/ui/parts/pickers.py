"""The pickers. Each draws one control, keeps its value in the address and returns it.

The key of a control is the name of its parameter in the address; its label is the value there,
so labels must not depend on anything but the option itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from core.explain.methods import METHODS, parse_label
from core.models import device
from core.models.card import Guess
from core.pictures.picture import Picture
from core.requests.maps import SUFFIX, Fit, Precision
from pages.ui.parts import frame, links, visit_pictures
from pages.ui.parts.text import counted, escape

AUTO = "predicted class"
NONE = "none"
FITS: dict[str, Fit] = {"whole picture": "squash", "as trained": "crop"}
PRECISIONS: dict[str, Precision] = {"exact": "exact", "fast": "fast"}
SMOOTHING = {"none": "", "eigen": ", eigen-smoothed", "aug": ", augmented", "both": ", both"}
SHOWN_FIRST = 5
"""Maps at the start; all of them from a layer, which costs less than sampling the whole model."""
Visibility = Literal["visible", "collapsed"]
BIND: dict[str, Any] = {"bind": "query-params"}


def before(key: str, options: Sequence[str], default: str | None = None) -> bool:
    """Give a control the value that a button wants for it, or that it had on another page.

    Returns:
        Whether it got one; Streamlit then wants no default beside it, and without a default the
        value stands in the address. So a control that has its default already gets none.
    """
    value = st.session_state.pop(f"wanted_{key}", None)
    if value is None and (key not in st.session_state or frame.just_arrived()):
        value = st.session_state.get(f"kept_{key}")
    if value not in options or value == st.session_state.get(key, default) == default:
        return False
    st.session_state[key] = value
    return True


def picture(visible: Visibility = "visible") -> Picture:
    """Pick one picture by name."""
    titles, names = visit_pictures.titles(), visit_pictures.names()
    before("picture", names)
    linked = st.query_params.get("picture", "")
    if linked and "picture" not in st.session_state and linked not in {*titles.values(), *names}:
        st.session_state["lost"] = linked
    name = st.selectbox(
        "Picture",
        names,
        format_func=lambda key: titles.get(key, key),
        key="picture",
        label_visibility=visible,
        **BIND,
    )
    if lost := st.session_state.get("lost"):
        st.info(f"{escape(lost[:80])} belongs to another session. Upload it again to use it here.")
    st.session_state["kept_picture"] = name
    return visit_pictures.load(name)


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


def precision() -> Precision:
    """Pick exact or fast numbers."""
    unknown = links.unknown("precision", PRECISIONS)
    name = st.segmented_control(
        "Precision",
        tuple(PRECISIONS),
        default="exact",
        required=True,
        key="precision",
        width="stretch",
        help="Exact: float32. Fast: bfloat16 where the hardware supports it.",
        on_change=links.forget,
        args=("precision",),
        **BIND,
    )
    links.warn(unknown, "the precision", "exact")
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
    unknown = links.unknown("class", labels.values())
    first = st.selectbox(
        "Explain",
        [-1, *options],
        format_func=labels.__getitem__,
        key="class",
        help="Type to search all classes; the top predictions come first.",
        on_change=links.forget,
        args=("class",),
        **BIND,
    )
    links.warn(unknown, "the class", f"the {AUTO}")
    second = -2
    if versus:
        unknown = links.unknown("versus", labels.values())
        second = st.selectbox(
            "Compare with",
            [-2, *options],
            format_func=labels.__getitem__,
            key="versus",
            help="Show a second class side by side: why this one and not that one?",
            on_change=links.forget,
            args=("versus",),
            **BIND,
        )
        links.warn(unknown, "the class", NONE)
    chosen = top[0] if first == -1 and top else first
    return tuple(dict.fromkeys(index for index in (chosen, second) if index >= 0))


def method_labels() -> dict[str, str]:
    """Return every method with every smoothing that it allows: label and words."""
    plain = {name: method.title for name, method in METHODS.items()}
    return plain | {
        f"{name}{SUFFIX[smooth]}": f"{method.title}{SMOOTHING[smooth]}"
        for name, method in METHODS.items()
        for smooth in method.smooths
        if smooth != "none"
    }


def methods() -> tuple[str, ...]:
    """Pick the maps; a method may stand several times with different smoothing."""
    first = [name for name, method in METHODS.items() if method.layered][:SHOWN_FIRST]
    return several("Maps", "maps", first, "You can add a method twice, with and without smoothing.")


def several(
    title: str, key: str, default: Sequence[str], text: str, most: int | None = None
) -> tuple[str, ...]:
    """Pick methods by their labels, in the order of the table of methods.

    The control drops what it does not know from the address, so that is said here.
    """
    words = method_labels()
    lost = len(links.unknown(key, words.values()))
    chosen = st.multiselect(
        title,
        tuple(words),
        default=default,
        format_func=words.__getitem__,
        max_selections=most,
        key=key,
        help=text,
        on_change=links.forget,
        args=(key,),
        **BIND,
    )
    if lost:
        skipped = "It was" if lost == 1 else "They were"
        st.warning(
            escape(
                f"This link asks for {'a method' if lost == 1 else counted(lost, 'method')} that "
                f"this version does not have. {skipped} skipped; choose methods below."
            )
        )
    order = list(METHODS)
    return tuple(sorted(chosen, key=lambda label: order.index(parse_label(label)[0])))
