"""Showing LIME: the figure, the bars, what to trust."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.explain.base import Explanation, weighted_superpixels
from core.figures.browser import lime as figures
from core.figures.browser import lime_bars
from core.figures.charts.superpixels import LimeLook, LimeView, WeightBars
from core.models.card import percent
from core.pictures.picture import Picture
from core.requests.studies import LIME
from core.work.handlers.maps import Prediction
from pages.ui.checks import line as trust_line
from pages.ui.checks.asked import Cell
from pages.ui.lime import jobs
from pages.ui.lime.jobs import PlannedLime
from pages.ui.maps import how, show
from pages.ui.parts import frame
from pages.ui.parts.figures import drawn
from pages.ui.parts.method_picker import method_labels
from pages.ui.parts.text import escape

_PLAIN = {"displayModeBar": False}
_BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]
ROWS = 12


def _lit(plan: PlannedLime) -> int | None:
    """Return the superpixel whose bar was picked, or None; other superpixels have none."""
    digest, number = st.session_state.get("lime_lit", ("", None))
    return number if plan.superpixels and plan.superpixels.digest == digest else None


def _pick(digest: str) -> None:
    """Remember the picked bar: the chart forgets it as soon as it is drawn another way."""
    points = st.session_state["weights"]["selection"]["points"]
    if points:
        picked = points[0]["customdata"]
        number = int(picked[0] if isinstance(picked, list) else picked)
        st.session_state["lime_lit"] = (digest, number)
    else:
        _clear()


def _clear() -> None:
    st.session_state.pop("lime_lit", None)


def _outlined(explanation: Explanation | None) -> tuple[int, ...]:
    return weighted_superpixels(explanation).outlined if explanation else ()


def pictures(
    plan: PlannedLime, picture: Picture, prediction: Prediction | None, look: LimeLook, width: int
) -> None:
    """Show superpixels, outlines and tint in one figure.

    Args:
        plan: what is there.
        picture: the explained picture.
        prediction: says where the superpixels lie; without one there are none to see.
        look: how they are drawn.
        width: of the page in pixels.
    """
    seen = view(plan, picture, prediction)
    figure = drawn(
        "superpixels",
        lambda: figures.pictures(seen, look, width, picture.sha256),
        plan.samples.superpixels,
        seen.segments is None,
        plan.shown if seen.weights is not None else None,
        seen.box,
        seen.lit,
        seen.details,
        seen.waiting,
        look,
        width,
    )
    buttons = show.FEW if frame.is_phone(width) else _BUTTONS
    st.plotly_chart(
        figure,
        key="superpixels",
        config={**show.CONFIG, "modeBarButtons": [buttons]},
        alt=_spoken(plan, picture),
    )


def checked(plan: PlannedLime, width: int) -> None:
    """Draw the line of checks under the figure, once no more samples are to come, and the steps.

    Args:
        plan: what is there.
        width: of the page in pixels.
    """
    if plan.shown is None or plan.growth is None or plan.open:
        cells: tuple[Cell, ...] = ()
    else:
        cells = trust_line.ask([plan.shown])
    with st.container(key="captions"):
        trust_line.line(cells[0] if cells else None, method_labels()[LIME])
    if cells and plan.shown is not None:
        how.steps(method_labels()[LIME], plan.shown, width)


def view(plan: PlannedLime, picture: Picture, prediction: Prediction | None) -> LimeView:
    """Return what the three pictures show."""
    superpixels = plan.superpixels if prediction else None
    explanation = plan.explanation if superpixels else None
    return LimeView(
        picture.pixels,
        prediction.box if prediction else (0, 0, *picture.pixels.shape[1::-1]),
        superpixels.segments if superpixels else None,
        weighted_superpixels(explanation).fit.weights if explanation else None,
        _outlined(explanation),
        _lit(plan),
        _details(plan),
        "computing" if plan.asked else "press Explain",
    )


def weights(plan: PlannedLime, lit: int | None = None) -> WeightBars:
    """Return what the bars show.

    Args:
        plan: what is there.
        lit: number of the picked superpixel.
    """
    if plan.explanation is None:
        return WeightBars(None, rows=ROWS)
    fit = weighted_superpixels(plan.explanation).fit
    interval = plan.trust.interval if plan.trust else None
    return WeightBars(fit.weights, fit.order, _outlined(plan.explanation), interval, ROWS, lit)


def _details(plan: PlannedLime) -> tuple[str, str, str]:
    """Return the quiet line above each panel."""
    algorithm = plan.samples.superpixels.segmentation.algorithm
    first = "being computed" if plan.jobs else "none yet"
    if plan.superpixels:
        first = f"{plan.superpixels.count} by {algorithm}"
    explanation = plan.explanation
    if not explanation or not plan.shown:
        return first, "", ""
    second = f"{len(_outlined(explanation))} outlined for {explanation.class_name}"
    fit = weighted_superpixels(explanation).fit
    return first, second, f"{fit.samples:,} samples · R² {fit.r2_text}"


def _spoken(plan: PlannedLime, picture: Picture) -> str:
    if not plan.superpixels or not plan.explanation:
        return f"{picture.name}, cut into superpixels"
    numbers = ", ".join(map(str, _outlined(plan.explanation)))
    return f"{picture.name}: superpixels {numbers} count most for {plan.explanation.class_name}"


def bars(plan: PlannedLime) -> None:
    """Show the heaviest superpixels; picking a bar lights its superpixel."""
    explanation, interval = plan.explanation, plan.trust.interval if plan.trust else None
    fit = weighted_superpixels(explanation).fit if explanation else None
    lit = _lit(plan)
    st.header("Weights", anchor=False)
    if not fit and not plan.asked:
        st.caption("Available once the first samples are in.")
        return
    figure = drawn(
        "weights",
        lambda: lime_bars.weight_bars(weights(plan, lit)),
        plan.shown,
        interval is None,
        lit,
    )
    numbers = ", ".join(map(str, fit.order[:ROWS])) if fit else ""
    st.plotly_chart(
        figure,
        key="weights",
        on_select=partial(_pick, plan.superpixels.digest if plan.superpixels else ""),
        selection_mode="points",
        config=_PLAIN,
        alt=f"Weights of superpixels {numbers}" if fit else "No weights yet",
    )
    st.caption(
        "Click a bar to highlight its superpixel; the number is on the picture and in the "
        "tooltip. Red supports the class, blue opposes it; faint bars are not outlined. Whiskers "
        "are 95 % bootstrap intervals."
    )
    st.button("Clear highlight", key="dark", on_click=_clear, disabled=lit is None)


def trust(plan: PlannedLime) -> None:
    """Say how far the explanation can be trusted."""
    explanation, trust = plan.explanation, plan.trust
    st.header("Can this be trusted?", anchor=False)
    if explanation is None:
        st.caption("Available once the first samples are in.")
        return
    fit, name = weighted_superpixels(explanation).fit, escape(explanation.class_name)
    settled = plan.until_settled and plan.growth
    with st.container(height="content" if settled else 62, border=False):
        st.markdown(f"**{fit.sentence()}**")
        if settled:
            st.markdown(escape(explanation.notes[-1]))  # why there are no more samples
    row = st.container(horizontal=True, gap="medium", wrap=False)
    row.metric(
        "Fit R²",
        fit.r2_text,
        help="1: the linear model reproduces the classifier around this picture; 0: it explains "
        "nothing.",
    )
    row.metric(
        "Linear model",
        percent(min(1.0, max(0.0, fit.local))),
        help=f"Probability of {name} for the whole picture, from the linear model.",
    )
    row.metric(
        "Classifier",
        percent(fit.model),
        help=f"Probability of {name} for the whole picture, from the classifier itself.",
    )
    st.plotly_chart(
        drawn(
            "settling",
            lambda: lime_bars.settling(trust.convergence if trust else None),
            plan.shown if trust else None,
        ),
        key="settling",
        config=_PLAIN,
        alt="Weights and R² against the number of samples",
    )
    _stability(plan)


def _stability(plan: PlannedLime) -> None:
    """Say whether two halves, and another seed, outline the same superpixels."""
    samples = plan.counted
    with st.container(height=124, border=False):
        if plan.halves is not None:
            st.markdown(f"Two halves of the samples: {_share(plan.halves, plan)}.")
        if plan.growth is None:
            return
        seed = jobs.other_seed(samples)
        if plan.seeds is not None:
            st.markdown(f"Seeds {samples.seed} and {seed}: {_share(plan.seeds, plan)}.")
            return
        st.button(
            f"Compare with seed {seed}: {jobs.passes_for(samples):,} passes",
            key="compare",
            on_click=jobs.compare,
            args=(samples,),
            disabled=bool(plan.open),
        )


def _share(share: float, plan: PlannedLime) -> str:
    """Return an overlap in words; it is NaN where nothing is outlined."""
    if share != share:
        return "neither outlines any superpixel"
    most = plan.lime.outline.superpixels if plan.lime else 0
    return f"{share * 100:.0f} % of the outlined superpixels (at most {most}) are the same"
