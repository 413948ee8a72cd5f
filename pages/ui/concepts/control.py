"""The comparison that every student should see first: the same network, untrained."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.concepts.run.library import Finished
from core.models.catalog_entry import RANDOM
from core.models.reference import control_of
from core.requests.loading import PlanRequest
from core.work.handlers.concepts import Plan
from pages.ui.concepts import kept, running, undissected
from pages.ui.parts import jobs
from pages.ui.parts.text import counted, escape

CONTROL = (
    "The control of {} is the same network, untrained. What it shares with the trained one comes "
    "from the pictures and words."
)


def offer(name: str, second: str, found: Mapping[str, Finished]) -> None:
    """Offer to compare a model with the same network, untrained.

    Args:
        name: of the model's dissection.
        second: name of what it is compared with.
        found: from `kept.listed`.
    """
    trained = found[name]
    if trained.request.model.weights == RANDOM:
        return
    title = kept.model_title(trained)
    if there := kept.control_in(name, found):
        if there != second:
            words, press = _row()
            words.caption(escape(CONTROL.format(title)))
            press.button(
                "Compare with the control",
                key="control_show",
                width="stretch",
                on_click=_take,
                args=(there,),
            )
        return
    reference = control_of(trained.request.model)
    if reference is None:
        st.caption(escape(f"{title} has no untrained control: only its own code builds it."))
        return
    made = kept.load(name)
    units = tuple(len(layer) for layer in made.layers) if made else ()
    asked = PlanRequest(model=reference, like=trained.request, units=units, tries=running.tries())
    job = jobs.submit(asked)
    words, press = _row()
    plan: Plan | None = job.result() if jobs.watch([job], quiet=True) else None
    takes = "How long its dissection takes is being measured."
    if plan:
        takes = f"{undissected.takes_of(plan)}."
        if plan.left_out:
            takes += (
                f" {counted(len(plan.left_out), 'layer')} with another number of units untrained "
                f"({', '.join(plan.left_out)}) will be left out."
            )
    words.caption(escape(f"{CONTROL.format(title)} {takes}"))
    with press:
        undissected.start_button("Dissect the control", plan, running.Then(second=True))


def _row() -> list[DeltaGenerator]:
    """Return the places of the sentence and of the button beside it."""
    return st.columns([4, 1.2], vertical_alignment="center", gap="medium")


def _take(name: str) -> None:
    st.session_state["second_chosen"] = name
