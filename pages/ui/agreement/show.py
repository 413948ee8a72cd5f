"""Showing how far methods agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.export.reading import Box
from core.figures.browser import agreement as figures
from core.figures.browser import thresholds
from core.figures.browser.matrix import matrix
from core.figures.charts import areas
from core.figures.charts.areas import Areas
from core.figures.charts.pairs import Curves, Matrix
from core.figures.print.agreement import agreement_file
from core.figures.print.sheet import Kind
from core.files.names import download_name
from core.measure import agreement
from core.measure.agreement import OverlapCurves, Pair
from core.measure.chance import PERCENTS
from core.measure.study import Row, facts, table
from core.pictures.picture import Picture
from core.requests.maps import AnyMap
from core.requests.studies import OverlapRequest, Rule, ThresholdsRequest
from core.work.handlers.comparisons import Overlap
from core.work.handlers.models import ModelSummary
from pages.ui.maps.show import CONFIG
from pages.ui.maps.wanted_maps import PlannedMaps
from pages.ui.parts import downloads, frame, jobs, links, toolbar
from pages.ui.parts.figures import drawn
from pages.ui.parts.method_picker import method_labels
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

_FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
PLAIN = {"displayModeBar": False}
AREAS, MATRICES = ("overlap", "consensus"), ("iou", "ranks")
"""Keys of the two pictures and of the two matrices."""
FIRST = "pair_first"
"""Place of the pair that is drawn where nobody chose one."""
GAP = 32


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is compared: a picture as a model sees it.

    Attributes:
        picture: the explained one.
        model: that was explained.
        box: the part of the picture that it saw.
        width: of the page in pixels.
    """

    picture: Picture
    model: ModelSummary
    box: Box
    width: int


def compared(
    plan: PlannedMaps, seen: Seen, wanted: Mapping[str, Rule], controls: DeltaGenerator
) -> None:
    """Show masks, overlap, tables and the curve of a pair.

    Args:
        plan: the maps, some of which may be still to come.
        seen: what they explain.
        wanted: what each method marks, by label.
        controls: place of the control that picks a pair.
    """
    done = [tile for tile in plan.tiles if tile.result is not None]
    _failures(plan)
    if len(done) < 2:
        if any(tile.open or tile.held for tile in plan.tiles):
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
    half = seen.width if frame.is_phone(seen.width) else (seen.width - GAP) // 2
    with controls:
        at = _pick(overlap.pairs)
    pair = overlap.pairs[at]
    pictures = _pictures(seen, overlap, pair)
    for place, name, chart in zip(st.columns(2, gap="large"), AREAS, pictures, strict=True):
        with place:
            _area(chart, name, half, (job.key, seen.picture.sha256))
    st.markdown(_sentence(overlap, at))
    for note in dict.fromkeys(note for one in overlap.pairs for note in one.notes):
        st.warning(escape(note), icon=":material/info:")
    tables = _matrices(overlap, maps)
    _show_matrices(tables, half, job.key)
    one, two = (
        next(each for each in maps if each.label == label)
        for label in (pair.first.label, pair.second.label)
    )
    curve = _curve(pair, ThresholdsRequest(first=one, second=two), seen.width)
    title = f"Where methods agree on {seen.picture.name}"
    _downloads(
        seen,
        plan,
        overlap,
        lambda caption, kind: agreement_file(pictures, tables, curve, title, caption, kind),
    )


def _failures(plan: PlannedMaps) -> None:
    """Say why maps failed, each reason once."""
    failed: dict[str, list[str]] = {}
    for tile in plan.tiles:
        if tile.job and tile.job.error:
            failed.setdefault(str(tile.job.error), []).append(tile.title)
    for reason, titles in failed.items():
        st.error(escape(f"{', '.join(titles)}: {reason}"))


def _matrices(overlap: Overlap, maps: Sequence[AnyMap]) -> tuple[Matrix, Matrix]:
    """Return the IoU and the rank correlation of every pair."""
    names = tuple(_name(each.label) for each in maps)
    table_of = partial(agreement.table_of, overlap.pairs, overlap.count)
    ious = table_of([one.iou for one in overlap.pairs])
    return (
        Matrix(names, ious, "Overlap of the marked pixels (IoU)", signed=False),
        Matrix(
            names,
            table_of(overlap.spearman),
            "Rank correlation of the raw maps (Spearman)",
            signed=True,
        ),
    )


def _show_matrices(charts: tuple[Matrix, Matrix], width: int, key: str) -> None:
    for place, name, each in zip(st.columns(2, gap="large"), MATRICES, charts, strict=True):
        with place:
            st.plotly_chart(
                drawn(name, partial(matrix, each, width), key, each.names, width),
                key=name,
                config=PLAIN,
                alt=f"{each.title} of every pair",
            )


def _name(label: str) -> str:
    return method_labels()[label]


def _title(pair: Pair) -> str:
    return f"{_name(pair.first.label)} and {_name(pair.second.label)}"


def _pick(pairs: Sequence[Pair]) -> int:
    """Pick the pair that is drawn; return its place."""
    titles = {f"{one.first.label}|{one.second.label}": _title(one) for one in pairs}
    first = next(iter(titles))
    # A map that ends late may bring a pair before the one that was the first until now, and maps
    # end in any order: whoever chose nothing sees the first of all.
    until_now = st.session_state.get(FIRST)
    asked = "pair" in st.query_params
    if until_now not in (None, first) and st.session_state.get("pair") == until_now and not asked:
        st.session_state["pair"] = first
    st.session_state[FIRST] = first
    with toolbar.tool("Pair", titles[links.present("pair", titles, first)]):
        chosen = st.selectbox(
            "Pair", tuple(titles), format_func=titles.__getitem__, key="pair", **BIND
        )
    return list(titles).index(chosen) if chosen in titles else 0


def _pictures(seen: Seen, overlap: Overlap, pair: Pair) -> tuple[Areas, Areas]:
    """Return the overlap of a pair, and how many methods mark each position."""
    pixels = seen.picture.pixels
    one, two = (each.mask for each in pair.marked)
    titles = _name(pair.first.label), _name(pair.second.label)
    return (
        areas.overlap(pixels, seen.box, one, two, titles),
        areas.consensus(pixels, seen.box, overlap.consensus, overlap.count),
    )


def _area(chart: Areas, name: str, width: int, shown: tuple[str, str]) -> None:
    """Show a picture with flat colours over it.

    Args:
        chart: what to draw.
        name: of the figure.
        width: in pixels.
        shown: keys of the comparison and of the picture.
    """
    figure = drawn(
        name, lambda: figures.areas(chart, width, shown[1]), shown[0], chart.title, width
    )
    alt = f"{chart.title}: {', '.join(chart.names)}"
    st.plotly_chart(figure, key=name, config={**CONFIG, "modeBarButtons": [_FEW]}, alt=alt)


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


def _curve(pair: Pair, request: ThresholdsRequest, width: int) -> Curves | None:
    """Show the pair's overlap over all thresholds; return it, None while it is to come."""
    st.header(f"{_title(pair)} over all thresholds", anchor=False)
    job = jobs.submit(request)
    if not jobs.watch([job], quiet=True):
        return None
    grown: OverlapCurves = job.result()
    used = {rule.amount for rule in pair.rules if rule.kind == "top"}
    marked = used.pop() if len(used) == 1 else None
    chart = Curves(tuple(PERCENTS), grown.iou, grown.level, grown.low, grown.high, marked)
    figure = drawn("curves", lambda: thresholds.curves(chart, width), job.key, marked, width)
    st.plotly_chart(figure, key="curve", config=PLAIN, alt=_title(pair))
    st.caption(
        "The band holds 95 % of all shifts of one mask over the picture: compact masks overlap "
        "by chance more often than scattered ones."
    )
    return chart


def _downloads(
    seen: Seen, plan: PlannedMaps, overlap: Overlap, draw: Callable[[str, Kind], bytes]
) -> None:
    """Offer the figure and the numbers of this picture.

    Args:
        seen: the picture and the model.
        plan: the maps.
        overlap: of them.
        draw: returns the figure with a caption as a file.
    """
    row = Row(seen.picture.name, None, overlap.pairs)
    done = [tile.result for tile in plan.tiles if tile.result is not None]
    classes, layers = (
        tuple(dict.fromkeys(filter(None, values)))
        for values in ((one.class_name for one in done), (one.layer for one in done))
    )
    caption = downloads.stated(seen.picture.name, seen.model.title, classes, layers, plan.study.fit)
    parts = seen.picture.stem, "agreement", seen.model.id
    with st.container(horizontal=True, gap="small"):
        downloads.figure("agreement", partial(draw, caption), *parts, primary=True)
        st.download_button(
            "Table (CSV)",
            lambda: table([row], seen.model.id),
            download_name(*parts, ending="csv"),
            "text/csv",
            on_click="ignore",
            key="agreement_csv",
        )
    with st.expander("In words"):
        for sentence in facts([row]):
            st.markdown(f"- {escape(sentence)}")
