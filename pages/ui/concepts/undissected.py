"""A model that is not dissected yet: how long one takes, and the button that starts it."""

from __future__ import annotations

import streamlit as st

from core.concepts.run import library
from core.models import catalog
from core.requests.dissections import DissectionRequest
from core.requests.loading import PlanRequest
from core.work.handlers.concepts import Plan
from pages.ui.concepts import chooser, kept, running
from pages.ui.parts import jobs, models
from pages.ui.parts.text import counted, escape


def offer(model: str, shown: chooser.Chosen) -> None:
    """Say in one sentence that the model in use is not dissected, and offer to do it.

    Args:
        model: in use, as the picker of models returns it.
        shown: the dissection that is shown instead.
    """
    own = models.own_models()
    title = model if model in own else catalog.find(model).title
    instead = f"Shown below: {kept.model_title(shown.about)}."
    if running.is_dissecting(model):
        st.info(escape(f"{title} is being dissected. {instead}"))
        return
    reference = None if running.model() == model else models.reference(model)
    if reference is None:  # what lacks is said already
        st.info(escape(f"{title} is not dissected. {instead}"))
        return
    job = jobs.submit(PlanRequest(model=reference, tries=running.tries()))
    words, press = st.columns([5, 1], vertical_alignment="center")
    plan: Plan | None = job.result() if jobs.watch([job], quiet=True) else None
    takes = takes_of(plan) if plan else "how long one takes here is being measured"
    words.info(escape(f"{title} is not dissected; {takes}. {instead}"))
    with press:
        start_button("Dissect it", plan, running.Then(model=model))


def takes_of(plan: Plan) -> str:
    """Say what a dissection takes."""
    estimate, layers = plan.estimate, plan.request.layers
    through = layers[0] if len(layers) == 1 else counted(len(layers), "layer")
    return (
        f"{counted(estimate.of, 'picture')} through {through} take "
        f"{jobs.seconds(estimate.seconds)} on this machine"
    )


def start_button(label: str, plan: Plan | None, then: running.Then) -> None:
    """Draw the button that starts a dissection at once; there is one at a time.

    Args:
        label: of the button.
        plan: of the dissection; None while its estimate is not there.
        then: what follows when it is done.
    """
    request: DissectionRequest | None = plan.request if plan else None
    other = running.name() and (request is None or running.name() != library.name_of(request))
    st.button(
        label,
        key=f"start {then}",
        type="primary",
        width="stretch",
        disabled=plan is None or bool(other),
        help="Another dissection is under way: wait for it, or stop it." if other else None,
        on_click=running.start,
        args=(request, then),
    )
