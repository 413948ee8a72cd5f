"""The pickers of the superpixel page; each keeps its value in the address.

The key of a control is the name of its parameter in the address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.figures.charts.superpixels import LimeLook
from core.figures.drawing import palette
from core.requests.maps import (
    ALGORITHMS,
    LimeRequest,
    Precision,
    PredictionRequest,
    SamplesRequest,
)
from core.requests.options import Option, Value
from core.requests.settings_text import LIME_OPTIONS, lime_of
from core.requests.studies import LIME, StudyRequest
from pages.ui.lime import label_file
from pages.ui.parts import links, toolbar
from pages.ui.parts.pickers import BIND

FILLS = {"mean": "mean colour", "blur": "blurred", "black": "black", "colour": "a colour"}
SIGNS = {"positive": "for the class", "negative": "against it", "any": "both"}
FITTING = ("regressor", "penalty", "selection", "distance", "kernel_width", "features")


def segmentation() -> dict[str, Value]:
    """Pick the superpixels and what hides one; a change needs new samples."""
    first = next(iter(ALGORITHMS))
    value = links.present("segments", {name: name for name in ALGORITHMS}, first)
    with toolbar.tool("Superpixels", value):
        algorithm = (
            st.segmented_control(
                "Segmentation",
                tuple(ALGORITHMS),
                default=first,
                required=True,
                key="segments",
                wrap=True,
                help=LIME_OPTIONS["segments"].help,
                **BIND,
            )
            or first
        )
        values: dict[str, Value] = {"segments": algorithm}
        for name in ALGORITHMS[algorithm]:
            if name != "drawn":
                values[name] = _control(LIME_OPTIONS[name], slider=True)
        links.adopt("fill", FILLS)
        fill: str = st.selectbox(
            "Hidden superpixels are filled with",
            tuple(FILLS),
            key="fill",
            format_func=FILLS.__getitem__,
            help="What replaces a hidden superpixel.",
            **BIND,
        )
        if fill == "colour":
            fill = st.color_picker("Colour", palette.QUIET, key="fill_colour", **BIND)
        if "drawn" in ALGORITHMS[algorithm]:
            values["drawn"] = label_file.labels()
    return {**values, "fill": fill}


def outlines(*, drawing: bool = True) -> tuple[dict[str, Value], LimeLook]:
    """Pick what is outlined and how it is drawn; nothing of it needs samples.

    Args:
        drawing: whether the drawing can be picked too.
    """
    number = st.session_state.get("outlined", st.query_params.get("outlined", 5))
    whose = SIGNS[links.present("sign", SIGNS, "positive")]
    with toolbar.tool("Outlines", f"{number} {whose}"):
        text = LIME_OPTIONS["superpixels"].help
        count = st.slider("Outlined", 1, 30, 5, key="outlined", help=text, **BIND)
        links.adopt("sign", SIGNS)
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
        opacity, borders = 0.75, True
        if drawing:
            opacity = st.slider("Tint", 0.0, 1.0, opacity, 0.05, key="tint", **BIND)
            borders = st.toggle("All borders", borders, key="borders", **BIND)
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
    with st.expander("Linear model (the defaults are lime's)"):
        values = {name: _control(LIME_OPTIONS[name]) for name in FITTING}
        values["min_weight"] = _control(LIME_OPTIONS["min_weight"])
    return values


def _control(option: Option, *, slider: bool = False) -> Value:
    """Draw the control that fits an option."""
    label = option.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"key": option.name, "help": option.help, **BIND}
    if option.choices:
        at = option.choices.index(str(option.default))
        chosen: str = st.selectbox(label, option.choices, at, **common)
        return chosen
    if isinstance(option.default, int):
        return _whole(option, label, common, slider=slider)
    return _real(option, label, common, slider=slider)


def _whole(option: Option, label: str, common: dict[str, Any], *, slider: bool) -> int:
    low, high, default = int(option.low or 0), int(option.high or 0), int(option.default)
    if not slider:
        return int(st.number_input(label, low, high, default, 1, **common))
    return int(st.slider(label, low, high, default, 1, **common))


def _real(option: Option, label: str, common: dict[str, Any], *, slider: bool) -> float:
    low, high, default = float(option.low or 0), float(option.high or 0), float(option.default)
    if not slider:
        step = default / 10 or 0.001
        return float(st.number_input(label, low, high, default, step, format="%g", **common))
    step = _round_step(high - low)
    return float(st.slider(label, low, high, default, step, format="%g", **common))


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
