"""Showing how far methods agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from core.explain.base import Explanation
from core.figures.browser import agreement as figures
from core.figures.browser.matrix import matrix
from core.measure import agreement
from core.measure.agreement import Pair
from core.measure.chance import PERCENTS
from core.measure.masks import Rule, common_size, marked
from core.measure.study import Row, facts, table
from pages.ui.maps.show import CONFIG
from pages.ui.maps.wanted_maps import Plan
from pages.ui.parts import frame
from pages.ui.parts.pickers import BIND, method_labels

_FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
PLAIN = {"displayModeBar": False}
GAP = 32


def finished(plan: Plan) -> tuple[Explanation, ...]:
    """Return the maps that are there."""
    return tuple(tile.result for tile in plan.tiles if tile.result is not None)


def compared(plan: Plan, wanted: Mapping[str, Rule], width: int) -> None:
    """Show masks, overlap, tables and the curve of a pair.

    Args:
        plan: the maps, some of which may be still to come.
        wanted: what each method marks, by label.
        width: of the page in pixels.
    """
    found = finished(plan)
    rules = [wanted[one.label] for one in found]
    if len(found) < 2:
        if len(plan.tiles) > 1:
            st.caption("The comparison begins as soon as two maps are there.")
        return
    phone = frame.is_phone(width)
    half = width if phone else (width - GAP) // 2
    pairs = agreement.pairs(found, rules)
    pair = _pick(pairs)
    left, right = st.columns(2, gap="large")
    with left:
        _overlap(plan, pair, half)
    with right:
        _consensus(plan, found, rules, half)
    st.markdown(_sentence(pair))
    for note in dict.fromkeys(note for one in pairs for note in one.notes):
        st.warning(note, icon=":material/info:")
    left, right = st.columns(2, gap="large")
    names = [_name(one.label) for one in found]
    with left:
        values = agreement.table_of(pairs, len(found), [one.iou for one in pairs])
        st.plotly_chart(
            matrix(names, values, "Overlap of the marked pixels (IoU)", False, half),
            key="iou", config=PLAIN, alt="IoU of every pair",
        )  # fmt: skip
    with right:
        ranks = [one.spearman for one in pairs]
        values = agreement.table_of(pairs, len(found), ranks)
        st.plotly_chart(
            matrix(names, values, "Rank correlation of the raw maps (Spearman)", True, half),
            key="ranks", config=PLAIN, alt="Rank correlation of every pair",
        )  # fmt: skip
    _curve(pair, rules, found, width)
    _downloads(plan, pairs)


def _name(label: str) -> str:
    return method_labels()[label]


def _title(pair: Pair) -> str:
    return f"{_name(pair.first.label)} and {_name(pair.second.label)}"


def _pick(pairs: Sequence[Pair]) -> Pair:
    """Pick the pair that is drawn."""
    titles = {f"{one.first.label}|{one.second.label}": one for one in pairs}
    chosen = st.selectbox(
        "Pair", tuple(titles), format_func=lambda key: _title(titles[key]), key="pair", **BIND
    )
    return titles.get(chosen, pairs[0])


def _overlap(plan: Plan, pair: Pair, width: int) -> None:
    prepared = plan.prepared
    one, two = (each.mask for each in pair.marked)
    titles = _name(pair.first.label), _name(pair.second.label)
    figure = figures.overlap(
        prepared.picture.pixels, prepared.box, one, two, titles, width, prepared.picture.sha256
    )
    alt = f"What {titles[0]} marks, what {titles[1]} marks, and what both do"
    st.plotly_chart(figure, key="overlap", config={**CONFIG, "modeBarButtons": [_FEW]}, alt=alt)


def _consensus(plan: Plan, found: Sequence[Explanation], rules: Sequence[Rule], width: int) -> None:
    prepared = plan.prepared
    size = common_size(*found)
    masks = [marked(one, rule, size).mask for one, rule in zip(found, rules, strict=True)]
    figure = figures.consensus(
        prepared.picture.pixels, prepared.box, agreement.consensus(masks), len(masks), width,
        prepared.picture.sha256,
    )  # fmt: skip
    alt = "How many methods mark each place"
    st.plotly_chart(figure, key="consensus", config={**CONFIG, "modeBarButtons": [_FEW]}, alt=alt)


def _sentence(pair: Pair) -> str:
    """Say how far a pair agrees, beside chance."""
    if not math.isfinite(pair.iou):
        return f"**{_title(pair)}** mark nothing, so their overlap is not defined."
    low, high = pair.band
    if pair.iou > high:
        said = "more than masks of these shapes laid at random"
    elif pair.iou < low:
        said = "less than masks of these shapes laid at random"
    else:
        said = "not told apart from masks of these shapes laid at random"
    alike = pair.likeness
    return (
        f"**{_title(pair)}** overlap by **{pair.iou:.2f}** (IoU), {said}: chance gives "
        f"{pair.chance:.2f}, 95 % of all shifts {low:.2f} to {high:.2f}. Dice {pair.dice:.2f}, "
        f"overlap coefficient {pair.overlap:.2f}, structural similarity {_or(alike.ssim)}; the "
        f"highest places are {_share(alike.peaks)} of the diagonal apart, the centres of mass "
        f"{_share(alike.centres)}."
    )


def _or(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not defined"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "an unknown share"


def _curve(pair: Pair, rules: Sequence[Rule], found: Sequence[Explanation], width: int) -> None:
    """Draw the pair's overlap over all thresholds."""
    grown = agreement.growth(pair.first, pair.second)
    used = {rule.amount for rule in pair.rules if rule.kind == "top"}
    figure = figures.curves(
        PERCENTS, grown.iou, grown.level, grown.low, grown.high,
        used.pop() if len(used) == 1 else None, width,
    )  # fmt: skip
    st.subheader(f"{_title(pair)} over all thresholds", anchor=False)
    st.plotly_chart(figure, key="curve", config=PLAIN, alt=_title(pair))
    st.caption(
        "The band is what 95 % of all shifts of one mask over the picture give: masks that are "
        "compact overlap by luck more often than scattered ones."
    )


def _downloads(plan: Plan, pairs: Sequence[Pair]) -> None:
    """Offer the numbers of this picture."""
    name = plan.prepared.picture.name
    row = Row(name, None, tuple(pairs))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Table (CSV)",
            lambda: table([row], plan.classifier.id),
            f"{plan.prepared.picture.stem}_agreement.csv",
            "text/csv",
            on_click="ignore",
            key="agreement_csv",
            type="primary",
        )
    with st.expander("In words"):
        for sentence in facts([row]):
            st.markdown(f"- {sentence}")
