"""Numbers of trust in words."""

from __future__ import annotations

import math

from core.figures.charts.pairs import DASH
from core.measure.beside import RANDOM_WEIGHTS
from core.measure.single.base import Measure
from core.measure.single.check import Check
from core.measure.single.randomisation import RANDOMISATION

CONTROLS = {"sobel": "edges", "centre": "centre", RANDOM_WEIGHTS: "untrained network"}
"""What controls are called where there is little room."""
BADGES = {True: ":green-badge[✓ {}]", False: ":orange-badge[✗ {}]", None: ":gray-badge[{}]"}
VERDICTS = {True: ", better than chance", False: ", no better than chance shown", None: ""}
ICONS = {True: ":material/check_circle:", False: ":material/error:", None: ":material/help:"}


def number(value: float) -> str:
    """Return a value as people read it; a dash where it is not defined."""
    return f"{value:.2f}" if math.isfinite(value) else DASH


def percent(share: float) -> str:
    """Return a share of 1 in percent; a dash where it is not defined."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else DASH


def badge(check: Check) -> str:
    """Return the value with a sign and a colour, as Markdown."""
    return BADGES[check.passed].format(number(check.measured.value))


def direction(measure: Measure) -> str:
    """Return which values speak for a map."""
    if measure is RANDOMISATION:
        return "near 0 is better"
    return f"{measure.better} is better"


def beside(check: Check, *, short: bool = False) -> str:
    """Return what maps that know no model reach: `random maps 0.02 (-0.41 to 0.40), edges 0.31`.

    Args:
        check: of a map.
        short: whether the interval and all but the first control are left out.
    """
    parts = []
    chance = check.chance
    if math.isfinite(chance.mean) and check.makes_maps:
        alone = number(check.measured.details["head alone"])
        interval = f"unrelated maps {number(chance.low)} to {number(chance.high)}"
        return f"{interval}, last layer alone {alone}"
    if math.isfinite(chance.mean):
        interval = "" if short else f" ({number(chance.low)} to {number(chance.high)})"
        parts.append(f"random maps {number(chance.mean)}{interval}")
    controls = list(check.controls.items())[: 1 if short else None]
    parts += [f"{CONTROLS.get(name, name)} {number(value)}" for name, value in controls]
    if "chance" in check.measured.details and not parts:
        parts.append(f"chance {number(check.measured.details['chance'])}")
    return ", ".join(parts)
