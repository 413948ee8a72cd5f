"""The gallery's other mode: what its pictures tell of the model, where their classes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.errors import SeeWhyError
from core.models.class_names import find_index
from core.models.true_class import folder_class
from core.requests.address import AUDIT, AUDITED
from core.requests.audits import WORST, AuditRequest
from core.requests.flags import AUDITED as DEFAULT
from core.requests.keys import key_of
from core.requests.references import DissectionRef, ModelRef, PictureRef
from core.requests.studies import StudyRequest
from core.work.handlers.audited import audit_cost
from core.work.handlers.models import ModelSummary
from pages.ui.concepts import kept
from pages.ui.gallery import audit_result
from pages.ui.gallery.pictures import Truths
from pages.ui.parts import jobs as work
from pages.ui.parts import links, toolbar, visit_pictures
from pages.ui.parts.method_picker import several
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import counted, escape

MODES = {"agreement": "Agreement", AUDIT: "Audit"}
"""What the gallery shows, and what that is called."""
MOST = 4
"""Methods at most: the others explain single errors."""
NONE = "none"
LINKED = "true_class"
"""Parameter of the address, one for each picture, in their order."""
TYPED, EDITED = "typed_classes", "typed_rows"
"""Classes that a person typed, by picture; and the rows of the table in which that is done."""


def is_on() -> bool:
    """Pick what the gallery shows; return whether it is the audit."""
    links.adopt("mode", MODES)
    chosen = st.segmented_control(
        "Show",
        tuple(MODES),
        default="agreement",
        format_func=MODES.__getitem__,
        required=True,
        key="mode",
        label_visibility="collapsed",
        **BIND,
    )
    return bool(chosen == AUDIT)


def methods(model: ModelSummary, layers: Sequence[str]) -> tuple[str, ...]:
    """Pick the methods: the first explains every picture, the others single errors."""
    return several("Methods", AUDITED, DEFAULT, model, layers, MOST)


def worst() -> int:
    """Pick how many errors of each kind are looked at closely."""
    value = st.session_state.get("worst", st.query_params.get("worst", WORST))
    with toolbar.tool("Errors", f"{value} of each kind"):
        text = "Worst errors, and most confident errors, to look at closely"
        count = st.number_input(text, 0, 30, WORST, key="worst", **BIND)
        st.caption("Each gets maps by all methods, of the predicted and of the true class.")
    return int(count)


def dissection(model: ModelRef) -> DissectionRef | None:
    """Pick whose words say which concepts drive errors."""
    own = {
        name: each
        for name, each in kept.listed().items()
        if (each.request.model.id, each.request.model.weights) == (model.id, model.weights)
    }
    options = (*own, NONE)
    if st.session_state.get("words") not in (None, *options):  # that of another model
        del st.session_state["words"]
    linked = st.query_params.get("dissection", "")
    if "words" not in st.session_state and linked in own:
        st.session_state["words"] = linked
    present = st.session_state.get("words", options[0])
    with toolbar.tool("Concepts", "none" if present == NONE else "on"):
        name = st.selectbox("Words of a dissection", options, key="words")
        if not own:
            st.caption("This model has no dissection yet: make one on the page Concepts.")
    return DissectionRef(key_of(own[name].request), name) if name in own else None


def typed_before() -> int:
    """Return how many true classes were typed, before the table of them is drawn."""
    known: dict[str, str] = st.session_state.get(TYPED, {})
    return sum(map(bool, known.values()))


def typed(pictures: Sequence[str], truths: Truths, names: Sequence[str]) -> tuple[str, ...]:
    """Take the true class of each picture, from the table that was uploaded or typed here.

    Args:
        pictures: names, as they were picked.
        truths: of the table.
        names: of the classes, by index.

    Returns:
        The index of the class of each, as text; empty where it is not known.
    """
    if TYPED not in st.session_state:
        linked = [text.removeprefix("=") for text in st.query_params.get_all(LINKED)]
        is_whole = len(linked) == len(pictures)
        st.session_state[TYPED] = dict(zip(pictures, linked, strict=True)) if is_whole else {}
    known: dict[str, str] = st.session_state[TYPED]
    base = st.session_state.get(EDITED)
    if base is None or base[0] != (tuple(pictures), truths):
        rows = [
            {"Picture": visit_pictures.title(name), "True class": known.get(name) or given}
            for name in pictures
            for given in [_given(name, truths, names)]
        ]
        base = st.session_state[EDITED] = ((tuple(pictures), truths), rows)
    # It stays as it was at first: a control that opens otherwise is another one, and closes.
    is_open = st.session_state.setdefault("typed_open", not any(known.values()))
    with st.expander("True classes, picture by picture", expanded=is_open):
        edited = st.data_editor(
            base[1],
            column_config={
                "Picture": st.column_config.TextColumn(disabled=True),
                "True class": st.column_config.TextColumn(
                    help="A name of a class or its index; empty where it is not known."
                ),
            },
            hide_index=True,
            key=f"true_classes_{hash(base[0][0])}",
            width="stretch",
        )
    found: list[str] = []
    for name, row in zip(pictures, edited, strict=True):
        text = str(row["True class"] or "").strip()
        known[name] = text
        found.append(_index(text, names))
    if any(found):
        links.enter(LINKED, [f"={text}" for text in found])
    return tuple(found)


def _given(name: str, truths: Truths, names: Sequence[str]) -> str:
    """Return the class that the table says, or the picture's folder in its ZIP file; else empty."""
    truth = truths.of(visit_pictures.title(name)) or truths.of(name)
    if truth is not None:
        return truth.name
    place = visit_pictures.places().get(name, "")
    index = folder_class(Path("/", place), names) if place else None
    return "" if index is None else names[index]


def _index(text: str, names: Sequence[str]) -> str:
    """Return the index of a class as text, and say so where there is none of that name."""
    if not text:
        return ""
    try:
        return str(find_index(text, names))
    except SeeWhyError as error:
        st.warning(escape(str(error)))
        return ""


def shown(
    study: StudyRequest,
    model: ModelSummary,
    classes: tuple[str, ...],
    many: int,
    of: DissectionRef | None,
    width: int,
) -> None:
    """Show the audit; it is started by a button.

    Args:
        study: the maps, of pictures that are named and not looked at yet.
        model: that is audited.
        classes: true class of each picture, empty where it is not known.
        many: errors of each kind that are looked at closely.
        of: the dissection; None for no concepts.
        width: of the content in pixels.
    """
    pictures, own = _read(study.pictures, classes)
    if not pictures:
        return
    request = AuditRequest(
        study=replace(study, pictures=pictures), classes=own, worst=many, dissection=of
    )
    key = key_of(request)
    pressed: set[str] = st.session_state.setdefault("audits", set())
    if key not in pressed and work.runner().find(key) is None:
        work.drop_all_but()
        _offer(request, sum(map(bool, own)), key, pressed)
        return
    job = work.submit(request)
    work.drop_all_but([job.key])
    if work.watch([job]):
        audit_result.shown(job.result(), model, width)


def _offer(request: AuditRequest, known: int, key: str, pressed: set[str]) -> None:
    """Draw the button that starts it, with what it costs and what is known."""
    count = len(request.study.pictures)
    passes = round(audit_cost(request, work.resources()))
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Audit {counted(count, 'picture')}"
        st.button(label, key="audit_start", type="primary", on_click=pressed.add, args=(key,))
        st.caption(f"{known} of {count} with a known class, about {counted(passes, 'pass')}")
    if not known:
        st.info(
            "No picture has a known class yet: shortcuts and copies are found all the same, right "
            "and wrong needs classes."
        )


def _read(
    pictures: Sequence[PictureRef], classes: Sequence[str]
) -> tuple[tuple[PictureRef, ...], tuple[str, ...]]:
    """Return the pictures that can be read, with their classes; say why others cannot."""
    found: list[tuple[PictureRef, str]] = []
    for picture, text in zip(pictures, classes, strict=True):
        try:
            found.append((visit_pictures.reference(picture.name), text))
        except SeeWhyError as error:
            st.warning(escape(str(error)))
    return tuple(each for each, _ in found), tuple(text for _, text in found)
