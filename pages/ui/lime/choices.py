"""The pickers of the superpixel page; each keeps its value in the address.

The key of a control is the name of its parameter in the address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.figures.browser.lime import LimeLook
from core.figures.drawing import palette
from core.requests.maps import (
    ALGORITHMS,
    MAX_SEED,
    LimeRequest,
    Precision,
    PredictionRequest,
    SamplesRequest,
)
from core.requests.options import Option, Value
from core.requests.settings_text import LIME_OPTIONS, lime_of
from core.requests.studies import LIME, StudyRequest
from core.work.handlers.models import ModelSummary
from pages.ui.lime import label_file
from pages.ui.parts.pickers import BIND, PRECISIONS

PRESETS = {"Quick": 200, "LIME's default": 1000, "Careful": 3000}
FILLS = {"mean": "mean colour", "blur": "blurred", "black": "black", "colour": "a colour"}
SIGNS = {"positive": "for the class", "negative": "against it", "any": "both"}
FITTING = ("regressor", "penalty", "selection", "distance", "kernel_width", "features")
NARROW = 135
"""Width in pixels of a slider."""
ENOUGH = 10
"""Samples for each superpixel below which the page warns."""


def precision(model: ModelSummary) -> Precision:
    """Pick the precision of the samples; a device without a fast one has no choice."""
    if not model.is_fast:
        st.caption("Precision: float32 (this device has no faster format).")
        return "exact"
    name = st.segmented_control(
        "Precision",
        tuple(reversed(PRECISIONS)),
        default="fast",
        required=True,
        key="numbers",
        help="Exact: float32, as lime computes. Fast: bfloat16 where the hardware supports it.",
        width="stretch",
        **BIND,
    )
    return PRECISIONS[name]


def segmentation() -> dict[str, Value]:
    """Pick the superpixels and what hides one; a change needs new samples."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        algorithm = st.segmented_control(
            "Segmentation",
            tuple(ALGORITHMS),
            default=next(iter(ALGORITHMS)),
            required=True,
            key="segments",
            wrap=True,
            help=LIME_OPTIONS["segments"].help,
            **BIND,
        ) or next(iter(ALGORITHMS))
        values: dict[str, Value] = {"segments": algorithm}
        for name in ALGORITHMS[algorithm]:
            if name != "drawn":
                values[name] = _control(LIME_OPTIONS[name], NARROW)
        fill: str = st.selectbox(
            "Hidden superpixels are filled with",
            tuple(FILLS),
            key="fill",
            format_func=FILLS.__getitem__,
            help="What replaces a hidden superpixel.",
            width=235,
            **BIND,
        )
        if fill == "colour":
            fill = st.color_picker("Colour", palette.QUIET, key="fill_colour", **BIND)
    if "drawn" in ALGORITHMS[algorithm]:
        values["drawn"] = label_file.labels()
    return {**values, "fill": fill}


def seed() -> int:
    """Pick the seed of the random samples."""
    return int(
        st.number_input(
            "Seed",
            0,
            MAX_SEED,
            0,
            key="seed",
            width=120,
            help="Decides which superpixels each sample hides; equal seeds give equal samples.",
            **BIND,
        )
    )


def samples() -> int:
    """Pick how many samples; existing ones are reused."""
    option = LIME_OPTIONS["samples"]
    preset = st.session_state.pop("wanted_samples", None)
    if preset is not None:
        st.session_state["samples"] = preset
    low, high = int(option.low or 0), int(option.high or 0)
    return int(
        st.slider(
            "Samples",
            low,
            high,
            None if preset else int(option.default),
            50,
            key="samples",
            help="Perturbed pictures. More samples give more stable weights. "
            "Existing samples are reused.",
            **BIND,
        )
    )


def outlines() -> tuple[dict[str, Value], LimeLook]:
    """Pick what is outlined and how it is drawn; nothing of it needs samples."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        text = LIME_OPTIONS["superpixels"].help
        count = st.slider("Outlined", 1, 30, 5, key="top", width=150, help=text, **BIND)
        sign = st.segmented_control(
            "Outline superpixels",
            tuple(SIGNS),
            default="positive",
            required=True,
            key="sign",
            format_func=SIGNS.__getitem__,
            help="Against the class: superpixels that lower its probability.",
            **BIND,
        )
        opacity = st.slider("Tint", 0.0, 1.0, 0.75, 0.05, key="tint", width=130, **BIND)
        borders = st.toggle("All borders", True, key="borders", **BIND)
        rest = st.toggle("Hide the rest", key="rest", help=LIME_OPTIONS["hide_rest"].help, **BIND)
        fitting = _fitting()
    options: dict[str, Value] = {
        "superpixels": count,
        "sign": sign or "positive",
        "hide_rest": rest,
        **fitting,
    }
    return options, LimeLook(borders, rest, opacity)


def _fitting() -> dict[str, Value]:
    """Pick the linear model, out of sight because lime's defaults are what papers use."""
    text = "Settings of the linear model; the defaults are lime's."
    with st.popover("Fit", icon=":material/tune:", help=text):
        values = {name: _control(LIME_OPTIONS[name]) for name in FITTING}
        values["min_weight"] = _control(LIME_OPTIONS["min_weight"])
    return values


def _control(option: Option, width: int | None = None) -> Value:
    """Draw the control that fits an option."""
    label = option.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"key": option.name, "help": option.help, **BIND}
    if option.choices:
        at = option.choices.index(str(option.default))
        chosen: str = st.selectbox(label, option.choices, at, **common)
        return chosen
    if isinstance(option.default, int):
        return _whole(option, label, width, common)
    return _real(option, label, width, common)


def _whole(option: Option, label: str, width: int | None, common: dict[str, Any]) -> int:
    low, high, default = int(option.low or 0), int(option.high or 0), int(option.default)
    if width is None:
        return int(st.number_input(label, low, high, default, 1, **common))
    return int(st.slider(label, low, high, default, 1, width=width, **common))


def _real(option: Option, label: str, width: int | None, common: dict[str, Any]) -> float:
    low, high, default = float(option.low or 0), float(option.high or 0), float(option.default)
    if width is None:
        step = default / 10 or 0.001
        return float(st.number_input(label, low, high, default, step, format="%g", **common))
    step = _round_step(high - low)
    return float(st.slider(label, low, high, default, step, format="%g", width=width, **common))


def _round_step(span: float) -> float:
    """Return a step of 1, 0.5, 0.1 ... that gives some hundred places."""
    return next((step for step in (1.0, 0.5, 0.1, 0.05) if span / step >= 90), 0.01)


def requests(
    page: PredictionRequest,
    classes: Sequence[int],
    precision: Precision,
    seed: int,
    values: Mapping[str, Value],
) -> tuple[SamplesRequest, LimeRequest | None]:
    """Return what was picked as requests.

    Args:
        page: the picture and the model.
        classes: index of the explained class; empty while it is not known.
        precision: of the samples.
        seed: of the samples.
        values: LIME's settings by name.

    Returns:
        The samples, and the explanation; None instead of it while the class is not known.

    Raises:
        BadOption: a value is outside its range.
    """
    study = StudyRequest(
        pictures=(page.picture,),
        model=page.model,
        fit=page.fit,
        methods=(LIME,),
        precision=precision,
        seed=seed,
        lime=lime_of(values),
    )
    request = study.map_of(LIME, page.picture, classes[0] if classes else 0)
    assert isinstance(request, LimeRequest)
    return request.samples, request if classes else None
