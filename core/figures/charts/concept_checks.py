"""The charts of a causal check: claim, measured drop and chance; probabilities before and after."""

from __future__ import annotations

from core.concepts.check.dial import Dialled
from core.concepts.check.matched_sets import SETS
from core.concepts.check.words import ConceptCheck, chance, number
from core.concepts.evidence import Group
from core.figures.charts.rows import Bars, Series
from core.figures.drawing import palette
from core.models.card import percent

ROWS = ("claimed", "measured", "random sets")
ROOM = 0.18
"""Of the axis, for the text behind the longest bar."""
WAITING = "…"


def drops(group: Group, done: ConceptCheck | None) -> Bars:
    """Show the drop of the logit that the evidence claims, that measured, and that of chance.

    Args:
        group: the concept's channels.
        done: the check; None while it runs, the chart is then as high.
    """
    check = done.check if done else None
    spread = check.interval if check else None
    values = (
        group.contribution,
        check.drop if check else 0.0,
        check.random_mean if check and spread else 0.0,
    )
    claim = f"claimed by the evidence: {number(values[0])}"
    readings, texts = [claim, "", ""], [number(values[0]), WAITING, WAITING]
    if check:
        readings[1] = f"measured with the channels at 0: {number(check.drop)}"
        readings[2] = (
            f"{len(check.random_drops)} random sets: {chance(check)}; 95 % lie in the line"
        )
        texts[1:] = [number(check.drop), number(values[2])]
        if not spread:
            readings[2], texts[2] = check.reason, "none"
    lows, highs = zip(*[(value, value) for value in values], spread or (0.0, 0.0), strict=True)
    low, high = min(0.0, *lows), max(0.0, *highs)
    room = ROOM * (high - low or 1.0)
    return Bars(
        rows=ROWS,
        series=(
            Series(
                values,
                (palette.BAR, palette.BAR, palette.BAR_REST),
                tuple(readings),
                tuple(texts),
                (None, None, spread),
            ),
        ),
        axis=f"drop of the logit; line: 95 % of {SETS} sets",
        limits=(low - 0.3 * room * (low < 0), high + room),
        lines=1.5,
        least=3,
        zero=True,
    )


def probabilities(dialled: Dialled | None, changed: str, rows: int) -> Bars:
    """Show the probabilities of some classes before and after, side by side.

    Args:
        dialled: None while it is computed, the chart is then as high.
        changed: what was changed, in words.
        rows: classes for which there is room.
    """
    shifts = dialled.classes if dialled else ()
    legend = {"as it is": palette.BAR_REST, changed: palette.BAR}
    series = tuple(
        Series(
            tuple(shift.probabilities[place] for shift in shifts),
            (colour,) * len(shifts),
            tuple(
                f"{shift.name}: {percent(shift.probabilities[place])}, logit "
                f"{number(shift.logits[place])}\n{what}"
                for shift in shifts
            ),
            tuple(percent(shift.probabilities[place]) for shift in shifts),
        )
        for place, (what, colour) in enumerate(legend.items())
    )
    most = max([0.0, *(max(shift.probabilities) for shift in shifts)])
    return Bars(
        rows=tuple(shift.name for shift in shifts),
        series=series,
        axis="probability",
        limits=(0.0, (most or 1.0) * 1.25),
        legend=legend,
        lines=1.6,
        least=rows,
        apart=True,
        percent=True,
    )
