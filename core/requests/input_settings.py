"""What a person changes of a model's input: `--input NAME=VALUE` and the address's `input`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from core.errors import BadOption
from core.requests.references import MAX_SIDE, Activation, Cropping, Interpolation, Preprocess
from core.requests.settings_text import name_and_value

INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)
CROPS: tuple[Cropping, ...] = get_args(Cropping)
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
CHANNELS: Mapping[int, str] = {3: "RGB", 1: "grey"}
MIN_SIDE = 16
"""Smallest side of an input that a person can ask for, in pixels."""
MOST = 1000.0
"""Largest mean and deviation, in either direction: models that take 0 to 255 have 1/255."""


def changed(
    preprocess: Preprocess, activation: Activation, changes: Sequence[str]
) -> tuple[Preprocess, Activation]:
    """Apply what a person wants otherwise.

    A new size keeps the share of the picture that the centre crop shows, and grey takes the mean
    of the three colours' numbers, unless these are given too.

    Args:
        preprocess: what is assumed without changes.
        activation: as `preprocess`.
        changes: each `NAME=VALUE`: size=224 or size=224x192 (height x width), resize=256,
            channels=1, mean=0.5 or mean=0.48,0.45,0.4, std as mean, interpolation=bicubic,
            crop=squash, activation=sigmoid.

    Raises:
        BadOption: no such name, a name given twice, or a value outside its range.
    """
    values: dict[str, Any] = {}
    for text in changes:
        name, value = name_and_value(text, "--input")
        if name not in _READERS:
            raise BadOption(f"The input has no {name!r:.80}: give one of {', '.join(_READERS)}.")
        if name in values:
            raise BadOption(f"--input gives {name} twice: give it once.")
        values[name] = _READERS[name](name, value.strip())
    size: tuple[int, int] = values.get("size", preprocess.size)
    crop = values.get("crop", preprocess.crop)
    # A picture squashed on request is shown whole.
    ratio = 1 if crop != preprocess.crop == "center" else preprocess.resize / max(preprocess.size)
    channels: int = values.get("channels", preprocess.channels)
    return replace(
        preprocess,
        size=size,
        resize=values.get("resize") or min(MAX_SIDE, max(1, round(ratio * max(size)))),
        mean=_spread("mean", values.get("mean", preprocess.mean), channels, "mean" in values),
        std=_spread("std", values.get("std", preprocess.std), channels, "std" in values),
        interpolation=values.get("interpolation", preprocess.interpolation),
        crop=crop,
    ), values.get("activation", activation)


def words(preprocess: Preprocess, activation: Activation) -> str:
    """Return how pictures become the input and logits probabilities, in one line for a person."""
    height, width = preprocess.size
    parts = [
        f"{height} x {width} pixels",
        CHANNELS[preprocess.channels],
        f"mean {_numbers(preprocess.mean)}",
        f"std {_numbers(preprocess.std)}",
        f"{preprocess.interpolation} interpolation",
        _cut(preprocess),
        activation,
    ]
    return ", ".join(parts)


def _cut(preprocess: Preprocess) -> str:
    if preprocess.crop == "center":
        return f"centre of {preprocess.resize}"
    if preprocess.resize > max(preprocess.size):
        return f"whole picture resized to {preprocess.resize}, of it the centre"
    return "whole picture resized"


def size_text(size: tuple[int, int]) -> str:
    """Return a size as `changed` reads it: `224`, or `224x192` (height x width)."""
    height, width = size
    return str(height) if height == width else f"{height}x{width}"


def numbers_text(values: Sequence[float]) -> str:
    """Return means or deviations as `changed` reads them, equal ones once."""
    return ",".join(f"{value!r}" for value in (values[:1] if len(set(values)) == 1 else values))


def _numbers(values: Sequence[float]) -> str:
    each = values[:1] if len(set(values)) == 1 else values
    return " ".join(f"{value:.4g}" for value in each)


def _spread(name: str, values: tuple[float, ...], channels: int, given: bool) -> tuple[float, ...]:
    """Give every channel a number."""
    if len(values) == channels:
        return values
    if len(values) == 1:
        return values * channels
    if given:
        raise BadOption(f"{name} has {len(values)} numbers and the input one channel: give one.")
    return (math.fsum(values) / len(values),)


def _sides(name: str, text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})(?:x([0-9]{1,5}))?", text)
    sides = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise BadOption(
            f"{name} is {text!r:.80}: give pixels from {MIN_SIDE} to {MAX_SIDE}, "
            "as in 224 or 224x192 (height x width)."
        )
    return sides


def _side(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not MIN_SIDE <= int(text) <= MAX_SIDE:
        raise BadOption(f"{name} is {text!r:.80}: give whole pixels from {MIN_SIDE} to {MAX_SIDE}.")
    return int(text)


def _channels(name: str, text: str) -> int:
    if text not in ("1", "3"):
        raise BadOption(f"{name} is {text!r:.80}: give 3 (RGB) or 1 (grey).")
    return int(text)


def _means(name: str, text: str) -> tuple[float, ...]:
    return _colours(name, text, -MOST)


def _deviations(name: str, text: str) -> tuple[float, ...]:
    return _colours(name, text, 1 / MOST**2)


def _colours(name: str, text: str, least: float) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text[:200].split(","))
    except ValueError:
        values = ()
    if len(values) not in (1, 3) or not all(least <= value <= MOST for value in values):
        raise BadOption(
            f"{name} is {text!r:.80}: give one number or three (red,green,blue) from "
            f"{least:g} to {MOST:g}."
        )
    return values


def _one_of(choices: tuple[str, ...]) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in choices:
            raise BadOption(f"{name} is {text!r:.80}: choose one of {', '.join(choices)}.")
        return text

    return read


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "size": _sides,
    "resize": _side,
    "channels": _channels,
    "mean": _means,
    "std": _deviations,
    "interpolation": _one_of(INTERPOLATIONS),
    "crop": _one_of(CROPS),
    "activation": _one_of(ACTIVATIONS),
}
