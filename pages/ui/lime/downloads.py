"""Files of an explanation by LIME; each is made on the click."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.explain.base import Explanation
from core.export import bundle, lime_files
from core.export.lime_params import JSON_NAME, PICKLE_NAME, LimeParameters
from core.export.reading import SeenPicture
from core.figures.browser.lime import LimeLook
from core.pictures.picture import Picture
from core.work.handlers.maps import Prediction
from pages.ui.lime.jobs import PlannedLime

_SAME = "What stock lime needs for the same explanation."


def downloads(plan: PlannedLime, picture: Picture, prediction: Prediction, look: LimeLook) -> None:
    """Offer the files; those of what is there."""
    st.header("Download", anchor=False)
    superpixels, explanation = plan.superpixels, plan.explanation
    if superpixels is None:
        st.caption("Files are offered as soon as the superpixels are there.")
        return
    region = SeenPicture(picture, plan.samples.fit, prediction.box)
    offers: list[tuple[str, Callable[[], bytes], str, str, str]] = []
    if explanation is not None:
        interval = plan.trust.interval if plan.trust else None
        offers = [
            (
                "Outlines (PNG)",
                partial(bundle.map_png, region, explanation),
                f"{picture.stem}_lime.png",
                "image/png",
                "",
            ),
            (
                "Tint (PNG)",
                partial(lime_files.tinted_png, region, explanation, look.opacity),
                f"{picture.stem}_lime_tint.png",
                "image/png",
                "",
            ),
            (
                "Weights (CSV)",
                partial(lime_files.weights_csv, explanation, interval),
                f"{picture.stem}_lime_weights.csv",
                "text/csv",
                "",
            ),
            (
                "Arrays (NPZ)",
                partial(bundle.raw_npz, [explanation]),
                f"{picture.stem}.npz",
                "application/octet-stream",
                "",
            ),
            (
                "Parameters (JSON)",
                partial(_parameters, picture.stem, explanation, JSON_NAME),
                JSON_NAME,
                "application/json",
                _SAME,
            ),
            (
                "Parameters (pickle)",
                partial(_parameters, picture.stem, explanation, PICKLE_NAME),
                PICKLE_NAME,
                "application/octet-stream",
                _SAME,
            ),
        ]
    offers.append(
        (
            "Superpixels (PNG)",
            partial(lime_files.segments_png, superpixels.segments),
            f"{picture.stem}_segments.png",
            "image/png",
            "",
        )
    )
    with st.container(horizontal=True, gap="small"):
        for label, make, name, kind, text in offers:
            st.download_button(
                label, make, name, kind, on_click="ignore", key=f"get-{label}", help=text or None
            )


def _parameters(stem: str, explanation: Explanation, name: str) -> bytes:
    """Return the parameters for stock lime as one of their two files."""
    collected = LimeParameters()
    collected.add(stem, [explanation])
    return dict(collected.files())[name]
