"""Showing LIME: the figure, the bars, what to trust, downloads."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import streamlit as st

from core.explain.perturb.lime_fit import fit_of
from core.export import bundle, lime_files
from core.export.lime_params import LimeParameters
from core.figures.browser import lime as figures
from core.figures.browser import lime_bars
from core.figures.browser.lime import LimeLook, LimeView
from core.figures.browser.predictions import percent
from pages.ui.lime import jobs
from pages.ui.lime.jobs import State
from pages.ui.maps import show
from pages.ui.parts import frame

_PLAIN = {"displayModeBar": False}
_BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]
_FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
ROWS = 12


def _lit(state: State) -> int | None:
    """Return the superpixel whose bar was picked, or None; other superpixels have none."""
    digest, number = st.session_state.get("lime_lit", ("", None))
    return number if state.parts and state.parts.digest == digest else None


def _pick(digest: str) -> None:
    """Remember the picked bar: the chart forgets it as soon as it is drawn another way."""
    points = st.session_state["weights"]["selection"]["points"]
    if points:
        picked = points[0]["customdata"]
        number = int(picked[0] if isinstance(picked, list) else picked)
        st.session_state["lime_lit"] = (digest, number)
    else:
        _put_out()


def _put_out() -> None:
    st.session_state.pop("lime_lit", None)


def pictures(state: State, look: LimeLook, width: int) -> None:
    """Show superpixels, outlines and tint in one figure."""
    prepared, found, parts = state.request.prepared, state.found, state.parts
    picked = _lit(state)
    seen = LimeView(
        prepared.picture.pixels,
        prepared.box,
        parts.segments if parts else None,
        fit_of(found).weights if found else None,
        cast("tuple[int, ...]", found.extras["outlined"]) if found else (),
        picked,
        _details(state),
        "computing" if state.wanted else "press Explain",
    )
    figure = figures.pictures(seen, look, width, prepared.picture.sha256)
    buttons = _FEW if frame.is_phone(width) else _BUTTONS
    st.plotly_chart(
        figure,
        key="superpixels",
        config={**show.CONFIG, "modeBarButtons": [buttons]},
        alt=_spoken(state),
    )


def _details(state: State) -> tuple[str, str, str]:
    """Return the quiet line above each panel."""
    parts, found = state.parts, state.found
    first = (
        f"{parts.count} by {state.request.options['segments']}"
        if parts
        else "being found"
        if state.jobs
        else "none yet"
    )
    if not found:
        return first, "", ""
    outlined = cast("tuple[int, ...]", found.extras["outlined"])
    second = f"{len(outlined)} outlined for {found.class_name}"
    return first, second, f"{found.extras['samples']} samples · R² {found.extras['r2']:.2f}"


def _spoken(state: State) -> str:
    name = state.request.prepared.picture.name
    found = state.found
    if not state.parts or not found:
        return f"{name}, cut into superpixels"
    numbers = ", ".join(str(k) for k in cast("tuple[int, ...]", found.extras["outlined"]))
    return f"{name}: superpixels {numbers} count most for {found.class_name}"


def bars(state: State) -> None:
    """Show the heaviest superpixels; picking a bar lights its superpixel."""
    found = state.found
    fit = fit_of(found) if found else None
    st.header("Weights", anchor=False)
    figure = lime_bars.weight_bars(
        fit.weights if fit else None,
        fit.order if fit else (),
        cast("tuple[int, ...]", found.extras["outlined"]) if found else (),
        state.trust.interval if state.trust else None,
        rows=ROWS,
        lit=_lit(state),
    )
    st.plotly_chart(
        figure,
        key="weights",
        on_select=partial(_pick, state.parts.digest if state.parts else ""),
        selection_mode="points",
        config=_PLAIN,
        alt=f"Weights of superpixels {', '.join(map(str, fit.order[:ROWS]))}"
        if fit
        else "No weights yet",
    )
    st.caption(
        "Pick a bar to light its superpixel; its number is on the picture and under the mouse. "
        "Red speaks for the class, blue against it; faint bars are not outlined. Whiskers hold "
        "95 % of bootstrap refits."
    )
    st.button("Put the light out", key="dark", on_click=_put_out, disabled=_lit(state) is None)


def trust(state: State) -> None:
    """Say how far the explanation can be trusted."""
    found = state.found
    st.header("Can this be trusted?", anchor=False)
    if found is None:
        st.caption("The answer comes with the first samples.")
        return
    fit = fit_of(found)
    with st.container(height=62, border=False):
        st.markdown(f"**{fit.sentence()}**")
    row = st.container(horizontal=True, gap="medium", wrap=False)
    row.metric(
        "Fit R²",
        f"{fit.r2:.2f}",
        help="1: the linear model gives the "
        "classifier's answers around this picture; 0: it tells nothing.",
    )
    row.metric(
        "Linear model",
        percent(min(1.0, max(0.0, fit.local))),
        help=f"Its probability of {found.class_name} for the whole picture.",
    )
    row.metric("Classifier", percent(fit.model), help="Its own probability.")
    st.plotly_chart(
        lime_bars.settling(state.trust.convergence if state.trust else None),
        key="settling",
        config=_PLAIN,
        alt="Weights and R² against the number of samples",
    )
    _stability(state)


def _stability(state: State) -> None:
    """Say whether two halves, and another seed, outline the same superpixels."""
    request = state.request
    top = request.options["superpixels"]
    with st.container(height=124, border=False):
        if state.halves is not None:
            st.markdown(f"Two halves of the samples: {_share(state.halves, top)}.")
        if state.growth is None:
            return
        seed = jobs.other_seed(request)
        if state.seeds is not None:
            st.markdown(f"Seeds {request.seed} and {seed}: {_share(state.seeds, top)}.")
            return
        passes = jobs.passes_for(request)
        st.button(
            f"Compare with seed {seed}: {passes} passes",
            key="compare",
            on_click=jobs.compare,
            args=(request,),
            disabled=bool(state.open),
        )


def _share(share: float, top: object) -> str:
    """Return an overlap in words; it is NaN where nothing is outlined."""
    if share != share:
        return "nothing is outlined in either"
    return f"{share:.0%} of the outlined superpixels (at most {top}) are the same"


def downloads(state: State, look: LimeLook) -> None:
    """Offer the files; they are made on the click."""
    st.header("Take it home", anchor=False)
    parts, found, prepared = state.parts, state.found, state.request.prepared
    stem = prepared.picture.stem
    if parts is None:
        return
    offers: list[tuple[str, Any, str, str]] = []
    if found is not None:
        interval = state.trust.interval if state.trust else None
        offers = [
            ("Outlines (PNG)", partial(bundle.map_png, prepared, found), "_lime.png", "image/png"),
            ("Tint (PNG)", partial(lime_files.tinted_png, prepared, found, look.opacity),
             "_lime_tint.png", "image/png"),
            ("Weights (CSV)", partial(lime_files.weights_csv, found, interval),
             "_lime_weights.csv", "text/csv"),
            ("Arrays (NPZ)", partial(bundle.raw_npz, [found]), ".npz", "application/octet-stream"),
        ]  # fmt: skip
    offers.append(
        ("Superpixels (PNG)", partial(lime_files.segments_png, parts.segments),
         "_segments.png", "image/png")
    )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for label, make, ending, kind in offers:
            st.download_button(
                label, make, f"{stem}{ending}", kind, on_click="ignore", key=f"get{ending}"
            )
        if found is not None:
            _parameters(state, stem)


def _parameters(state: State, stem: str) -> None:
    """Offer the parameters as JSON and as a pickle for stock lime."""
    collected = LimeParameters()
    assert state.found is not None
    collected.add(stem, [state.found])
    for name, data in collected.files():
        st.download_button(
            f"Parameters ({'JSON' if name.endswith('json') else 'pickle'})", data, name,
            on_click="ignore", key=f"get-{name}",
            help="What stock lime needs for the same explanation.",
        )  # fmt: skip
