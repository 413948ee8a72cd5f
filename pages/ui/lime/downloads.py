"""Files of an explanation by LIME; each is made on the click."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.explain.base import Explanation
from core.export import bundle, lime_files
from core.export.lime_params import JSON_NAME, PICKLE_NAME, LimeParameters
from core.export.reading import SeenPicture
from core.figures.charts.superpixels import LimeLook
from core.figures.print.superpixels import superpixels_file
from core.files.names import download_name
from core.pictures.picture import Picture
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.lime import show
from pages.ui.lime.jobs import PlannedLime
from pages.ui.parts import downloads as take_away

_SAME = "What stock lime needs for the same explanation."


def downloads(
    plan: PlannedLime,
    picture: Picture,
    model: ModelSummary,
    prediction: Prediction,
    look: LimeLook,
) -> None:
    """Offer the figure and the files of what is there."""
    st.header("Download", anchor=False)
    superpixels, explanation = plan.superpixels, plan.explanation
    if superpixels is None:
        st.caption("Files are offered as soon as the superpixels are there.")
        return
    parts = picture.stem, "superpixels", model.id

    def named(what: str, ending: str) -> str:
        return download_name(*parts, what, ending=ending)

    region = SeenPicture(picture, plan.samples.fit, prediction.box)
    offers: list[tuple[str, Callable[[], bytes], str, str, str]] = []
    if explanation is not None:
        interval = plan.trust.interval if plan.trust else None
        offers = [
            (
                "Outlines (PNG)",
                partial(bundle.map_png, region, explanation),
                named("outlines", "png"),
                "image/png",
                "",
            ),
            (
                "Tint (PNG)",
                partial(lime_files.tinted_png, region, explanation, look.opacity),
                named("tint", "png"),
                "image/png",
                "",
            ),
            (
                "Weights (CSV)",
                partial(lime_files.weights_csv, explanation, interval),
                named("weights", "csv"),
                "text/csv",
                "",
            ),
            (
                "Arrays (NPZ)",
                partial(bundle.raw_npz, [explanation]),
                named("", "npz"),
                "application/octet-stream",
                "",
            ),
            (
                "Parameters (JSON)",
                partial(_parameters, picture.stem, explanation, JSON_NAME),
                named("parameters", "json"),
                "application/json",
                _SAME,
            ),
            (
                "Parameters (pickle)",
                partial(_parameters, picture.stem, explanation, PICKLE_NAME),
                named("parameters", "pkl"),
                "application/octet-stream",
                _SAME,
            ),
        ]
    offers.append(
        (
            "Superpixels (PNG)",
            partial(lime_files.segments_png, superpixels.segments),
            named("segments", "png"),
            "image/png",
            "",
        )
    )
    shown = show.view(plan, picture, prediction)
    bars = show.weights(plan)
    classes = (explanation.class_name,) if explanation else ()
    caption = take_away.stated(picture.name, model.title, classes, fit=plan.samples.fit)
    title = f"Superpixels of {picture.name} by LIME"
    with st.container(horizontal=True, gap="small"):
        take_away.figure(
            "lime-figure",
            lambda kind: superpixels_file(shown, look, bars, title, caption, kind),
            *parts,
            primary=True,
        )
        for label, make, name, kind, text in offers:
            st.download_button(
                label, make, name, kind, on_click="ignore", key=f"get-{label}", help=text or None
            )


def _parameters(stem: str, explanation: Explanation, name: str) -> bytes:
    """Return the parameters for stock lime as one of their two files."""
    collected = LimeParameters()
    collected.add(stem, [explanation])
    return dict(collected.files())[name]
