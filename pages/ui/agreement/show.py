"""Showing how far methods agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.export.reading import Box
from core.figures.browser import agreement as figures
from core.figures.browser import thresholds
from core.figures.browser.matrix import matrix
from core.measure import agreement
from core.measure.agreement import OverlapCurves, Pair
from core.measure.chance import PERCENTS
from core.measure.study import Row, facts, table
from core.pictures.picture import Picture
from core.requests.maps import AnyMap
from core.requests.studies import OverlapRequest, Rule, ThresholdsRequest
from core.work.handlers.comparisons import Overlap
from pages.ui.maps.show import CONFIG
from pages.ui.maps.wanted_maps import PlannedMaps
from pages.ui.parts import frame, jobs
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND, method_labels
from pages.ui.parts.text import escape

_FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
PLAIN = {"displayModeBar": False}
GAP = 32


def compared(
    plan: PlannedMaps, picture: Picture, box: Box, wanted: Mapping[str, Rule], width: int
) -> None:
    """Show masks, overlap, tables and the curve of a pair.

    Args:
        plan: the maps, some of which may be still to come.
        picture: the explained picture.
        box: the part of it that the model saw.
        wanted: what each method marks, by label.
        width: of the page in pixels.
    """
    done = [tile for tile in plan.tiles if tile.result is not None]
    _failures(plan)
    if len(done) < 2:
        if any(tile.open for tile in plan.tiles):
            st.caption("The comparison starts once two maps are ready.")
        elif len(plan.tiles) > 1:
            st.caption("There is nothing to compare: fewer than two maps are ready.")
        return
    maps = tuple(tile.request for tile in done if tile.request is not None)
    rules = tuple(wanted[each.label] for each in maps)
    job = jobs.submit(OverlapRequest(maps=maps, rules=rules))
    if not jobs.watch([job], quiet=True):
        return
    overlap: Overlap = job.result()
    phone = frame.is_phone(width)
    half = width if phone else (width - GAP) // 2
    at = _pick(overlap.pairs)
    seen = _Seen(picture, box, half)
    left, right = st.columns(2, gap="large")
    with left:
        _overlap(seen, overlap.pairs[at], job.key)
    with right:
        _consensus(seen, overlap, job.key)
    st.markdown(_sentence(overlap, at))
    for note in dict.fromkeys(note for one in overlap.pairs for note in one.notes):
        st.warning(escape(note), icon=":material/info:")
    _matrices(overlap, maps, half, job.key)
    pair = overlap.pairs[at]
    one, two = (
        next(each for each in maps if each.label == label)
        for label in (pair.first.label, pair.second.label)
    )
    _curve(pair, ThresholdsRequest(first=one, second=two), width)
    _downloads(picture, plan.study.model.id, overlap)


def _failures(plan: PlannedMaps) -> None:
    """Say why maps failed, each reason once."""
    failed: dict[str, list[str]] = {}
    for tile in plan.tiles:
        if tile.job and tile.job.error:
            failed.setdefault(str(tile.job.error), []).append(tile.title)
    for reason, titles in failed.items():
        st.error(escape(f"{', '.join(titles)}: {reason}"))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A picture, the part that the model saw, and the width of a figure in pixels."""

    picture: Picture
    box: Box
    width: int


def _matrices(overlap: Overlap, maps: Sequence[AnyMap], width: int, key: str) -> None:
    """Show the IoU and the rank correlation of every pair."""
    names = [_name(each.label) for each in maps]
    shown = (
        ("iou", "Overlap of the marked pixels (IoU)", False, [one.iou for one in overlap.pairs]),
        ("ranks", "Rank correlation of the raw maps (Spearman)", True, list(overlap.spearman)),
    )
    for place, (name, title, signed, each) in zip(st.columns(2, gap="large"), shown, strict=True):
        values = agreement.table_of(overlap.pairs, overlap.count, each)
        with place:
            st.plotly_chart(
                drawn(
                    name,
                    partial(matrix, names, values, title, signed, width),
                    key,
                    names,
                    width,
                ),
                key=name,
                config=PLAIN,
                alt=f"{title} of every pair",
            )


def _name(label: str) -> str:
    return method_labels()[label]


def _title(pair: Pair) -> str:
    return f"{_name(pair.first.label)} and {_name(pair.second.label)}"


def _pick(pairs: Sequence[Pair]) -> int:
    """Pick the pair that is drawn; return its place."""
    titles = {f"{one.first.label}|{one.second.label}": one for one in pairs}
    chosen = st.selectbox(
        "Pair", tuple(titles), format_func=lambda key: _title(titles[key]), key="pair", **BIND
    )
    return list(titles).index(chosen) if chosen in titles else 0


def _overlap(seen: _Seen, pair: Pair, key: str) -> None:
    one, two = (each.mask for each in pair.marked)
    titles = _name(pair.first.label), _name(pair.second.label)
    figure = drawn(
        "overlap",
        lambda: figures.overlap(
            seen.picture.pixels, seen.box, one, two, titles, seen.width, seen.picture.sha256
        ),
        key,
        titles,
        seen.width,
    )
    alt = f"What {titles[0]} marks, what {titles[1]} marks, and what both do"
    st.plotly_chart(figure, key="overlap", config={**CONFIG, "modeBarButtons": [_FEW]}, alt=alt)


def _consensus(seen: _Seen, overlap: Overlap, key: str) -> None:
    figure = drawn(
        "consensus",
        lambda: figures.consensus(
            seen.picture.pixels,
            seen.box,
            overlap.consensus,
            overlap.count,
            seen.width,
            seen.picture.sha256,
        ),
        key,
        seen.width,
    )
    alt = "How many methods mark each position"
    st.plotly_chart(figure, key="consensus", config={**CONFIG, "modeBarButtons": [_FEW]}, alt=alt)


def _sentence(overlap: Overlap, at: int) -> str:
    """Say how far a pair agrees, beside chance."""
    pair, alike, (low, high) = overlap.pairs[at], overlap.likeness[at], overlap.band[at]
    if not math.isfinite(pair.iou):
        return f"**{_title(pair)}** mark nothing, so their overlap is not defined."
    if pair.iou > high:
        against = "more than randomly placed masks of the same shapes"
    elif pair.iou < low:
        against = "less than randomly placed masks of the same shapes"
    else:
        against = "not significantly different from randomly placed masks of the same shapes"
    return (
        f"**{_title(pair)}** overlap by **{pair.iou:.2f}** (IoU), {against}: chance gives "
        f"{pair.chance:.2f}, 95 % of all shifts {low:.2f} to {high:.2f}. Dice {pair.dice:.2f}, "
        f"overlap coefficient {pair.overlap:.2f}, structural similarity {_or(alike.ssim)}; the "
        f"peaks are {_share(alike.peaks)} of the diagonal apart, the centers of mass "
        f"{_share(alike.centres)}."
    )


def _or(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "not defined"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "an unknown share"


def _curve(pair: Pair, request: ThresholdsRequest, width: int) -> None:
    """Draw the pair's overlap over all thresholds."""
    st.subheader(f"{_title(pair)} over all thresholds", anchor=False)
    job = jobs.submit(request)
    if not jobs.watch([job], quiet=True):
        return
    grown: OverlapCurves = job.result()
    used = {rule.amount for rule in pair.rules if rule.kind == "top"}
    marked = used.pop() if len(used) == 1 else None
    figure = drawn(
        "curves",
        lambda: thresholds.curves(
            PERCENTS, grown.iou, grown.level, grown.low, grown.high, marked, width
        ),
        job.key,
        marked,
        width,
    )
    st.plotly_chart(figure, key="curve", config=PLAIN, alt=_title(pair))
    st.caption(
        "The band holds 95 % of all shifts of one mask over the picture: compact masks overlap "
        "by chance more often than scattered ones."
    )


def _downloads(picture: Picture, model: str, overlap: Overlap) -> None:
    """Offer the numbers of this picture."""
    row = Row(picture.name, None, overlap.pairs)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Table (CSV)",
            lambda: table([row], model),
            f"{picture.stem}_agreement.csv",
            "text/csv",
            on_click="ignore",
            key="agreement_csv",
            type="primary",
        )
    with st.expander("In words"):
        for sentence in facts([row]):
            st.markdown(f"- {escape(sentence)}")
