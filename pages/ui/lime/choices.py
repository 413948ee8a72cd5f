"""The pickers of the superpixel page; each keeps its value in the address.

The key of a control is the name of its parameter in the address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import SeeWhyError
from core.explain.base import Option, Precision, Request, Value
from core.explain.perturb.label_image import read_labels
from core.explain.perturb.lime_request import OPTIONS
from core.explain.perturb.superpixels import ALGORITHMS
from core.figures.browser.lime import LimeLook
from core.figures.drawing import palette
from core.models.classifier import Classifier, Guess, Prepared
from pages.ui.parts.pickers import AUTO, NONE

_BIND: dict[str, Any] = {"bind": "query-params"}
OPTION: Mapping[str, Option] = {option.name: option for option in OPTIONS}
PRESETS = {"Quick": 200, "LIME's default": 1000, "Careful": 3000}
FILLS = {"mean": "mean colour", "blur": "blurred", "black": "black", "colour": "a colour"}
SIGNS = {"positive": "for the class", "negative": "against it", "any": "both"}
FITTING = ("regressor", "penalty", "selection", "distance", "kernel_width", "features")
LABEL_FILES = ["png", "bmp", "tif", "tiff", "gif"]
NARROW = 135
"""Width in pixels of a slider."""
ENOUGH = 10
"""Samples for each superpixel below which the page warns."""


def explained(names: Sequence[str], guesses: Sequence[Guess]) -> int | None:
    """Pick the explained class; the top predictions come first.

    Returns:
        Its index, None while the predicted class is not known.
    """
    twice = {name for name, count in Counter(names).items() if count > 1}
    labels = {
        index: f"{name} ({index})" if name in twice or name in (AUTO, NONE) else name
        for index, name in enumerate(names)
    }
    top = [guess.index for guess in guesses]
    options = [*top, *(index for index in labels if index not in set(top))]
    labels[-1] = AUTO
    first: int = st.selectbox(
        "Explain", [-1, *options], format_func=labels.__getitem__, key="class",
        help="Type to search all classes; the top predictions come first.", **_BIND,
    )  # fmt: skip
    if first >= 0:
        return first
    return top[0] if top else None


def precision(classifier: Classifier) -> Precision:
    """Pick fast or exact numbers; a device without fast ones has no choice."""
    if classifier.effective_precision("fast") == "exact":
        st.caption("Exact 32-bit numbers: this device has no faster ones.")
        return "exact"
    name: str | None = st.segmented_control(
        "Numbers", ("fast", "exact"), default="fast", required=True, key="numbers",
        help="Fast computes the samples in 16-bit numbers, exact in 32-bit as lime does.",
        width="stretch", **_BIND,
    )  # fmt: skip
    return "exact" if name == "exact" else "fast"


def cut() -> dict[str, Value]:
    """Pick the superpixels and what hides one; a change needs new samples."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        algorithm = st.segmented_control(
            "Superpixels by", tuple(ALGORITHMS), default=next(iter(ALGORITHMS)), required=True,
            key="segments", wrap=True, help=OPTION["segments"].help, **_BIND,
        ) or next(iter(ALGORITHMS))  # fmt: skip
        values: dict[str, Value] = {"segments": algorithm}
        for option in ALGORITHMS[algorithm]:
            values[option.name] = _control(option, NARROW)
        fill: str = st.selectbox(
            "A hidden one is", tuple(FILLS), key="fill", format_func=FILLS.__getitem__,
            help=OPTION["fill"].help, width=150, **_BIND,
        )  # fmt: skip
        if fill == "colour":
            fill = st.color_picker("Colour", palette.QUIET, key="fill_colour", **_BIND)
    if algorithm == "mask":
        values["drawn"] = _labels()
    return {**values, "fill": fill}


def seed() -> int:
    """Pick the seed of the random switches."""
    return int(st.number_input(
        "Seed", 0, 2**32 - 1, 0, key="seed", width=120,
        help="Drives the random switches: equal seeds give equal samples.", **_BIND,
    ))  # fmt: skip


def _labels() -> str:
    """Take a label image; it is kept for the visit, the control is not."""
    file = st.file_uploader(
        "Label image: one colour or grey value for each superpixel, over the whole picture",
        type=LABEL_FILES, key="label_file", max_upload_size=20,
    )  # fmt: skip
    if file is not None:
        try:
            st.session_state["drawn"] = (file.name, read_labels(file.getvalue(), file.name))
        except SeeWhyError as error:
            st.error(str(error))
    name, drawn = st.session_state.get("drawn", ("", ""))
    if drawn and file is None:
        st.caption(f"{name} is used. The superpixels of any other way can be downloaded below, "
                   "changed in a paint program, and uploaded here.")  # fmt: skip
    return str(drawn)


def samples() -> int:
    """Pick how many samples; more are added to those that are there."""
    option = OPTION["samples"]
    preset = st.session_state.pop("wanted_samples", None)
    if preset is not None:
        st.session_state["samples"] = preset
    low, high = int(option.low or 0), int(option.high or 0)
    return int(st.slider(
        "Samples", low, high, None if preset else int(option.default), 50, key="samples",
        help=option.help + " Those that are there are kept.", **_BIND,
    ))  # fmt: skip


def outlines() -> tuple[dict[str, Value], LimeLook]:
    """Pick what is outlined and how it is drawn; nothing of it needs samples."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        count = st.slider("Outlined", 1, 30, 5, key="top", width=150,
                          help=OPTION["superpixels"].help, **_BIND)  # fmt: skip
        sign = st.segmented_control(
            "Those that speak", tuple(SIGNS), default="positive", required=True, key="sign",
            format_func=SIGNS.__getitem__, help=OPTION["sign"].help, **_BIND,
        )  # fmt: skip
        opacity = st.slider("Tint", 0.0, 1.0, 0.75, 0.05, key="tint", width=130, **_BIND)
        borders = st.toggle("All borders", True, key="borders", **_BIND)
        rest = st.toggle("Hide the rest", key="rest", help=OPTION["hide_rest"].help, **_BIND)
        fitting = _fitting()
    options: dict[str, Value] = {
        "superpixels": count, "sign": sign or "positive", "hide_rest": rest, **fitting
    }  # fmt: skip
    return options, LimeLook(borders, rest, opacity)


def _fitting() -> dict[str, Value]:
    """Pick the linear model, out of sight because lime's defaults are what papers use."""
    with st.popover("Fit", icon=":material/tune:", help="The linear model; lime's by default."):
        values = {name: _control(OPTION[name]) for name in FITTING}
        values["min_weight"] = _control(OPTION["min_weight"])
    return values


def _control(option: Option, width: int | None = None) -> Value:
    """Draw the control that fits an option."""
    label = option.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"key": option.name, "help": option.help, **_BIND}
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
        return float(st.number_input(label, low, high, default, default / 10 or 0.001,
                                     format="%g", **common))  # fmt: skip
    step = _round_step(high - low)
    return float(st.slider(label, low, high, default, step, format="%g", width=width, **common))


def _round_step(span: float) -> float:
    """Return a step of 1, 0.5, 0.1 ... that gives some hundred places."""
    return next((step for step in (1.0, 0.5, 0.1, 0.05) if span / step >= 90), 0.01)


def request(
    classifier: Classifier,
    prepared: Prepared,
    index: int | None,
    exact: Precision,
    seed: int,
    options: Mapping[str, Value],
) -> Request:
    """Return everything that was picked; without a class, that of index 0 stands in."""
    return Request(
        classifier, prepared, (), index or 0, precision=exact, seed=seed, options=options
    )
