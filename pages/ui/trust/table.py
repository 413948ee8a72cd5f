"""Methods x measures of one picture: values, controls, and what is better than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.figures.charts.pairs import DASH
from core.figures.charts.trust import Line
from core.measure.single import table as measures
from core.measure.single.base import Curve, Measure
from core.measure.single.check import VERDICT, Check, seconds_for
from core.requests.measures import RANDOM_MAPS, CheckRequest, MeasureSettings
from core.requests.references import PictureRef, TruthRef
from core.work.handlers.checks import checks_cost
from core.work.job import Job
from pages.ui.checks import asked, words
from pages.ui.checks.asked import Cell
from pages.ui.maps.wanted_maps import PlannedMaps, Tile
from pages.ui.parts import jobs, leaving
from pages.ui.parts.text import counted, escape

HEIGHT = 46
"""Pixels of the line above the table, whatever it says, so that nothing jumps."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckedMaps:
    """All checks of one view.

    Attributes:
        plan: the maps.
        measures: the columns.
        cells: of each map that is there, by its place among the maps: one for each measure.
    """

    plan: PlannedMaps
    measures: tuple[Measure, ...]
    cells: Mapping[int, tuple[Cell, ...]]

    def __iter__(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        return (cell for row in self.cells.values() for cell in row)

    @property
    def stand(self) -> tuple[object, ...]:
        """What the table would show: when it changes, the page is drawn again."""
        return jobs.stand([cell.job for cell in self if cell.job])

    def of(self, measure: str) -> list[tuple[Tile, Cell, Check]]:
        """Return what is known of a measure, map by map."""
        at = [each.name for each in self.measures].index(measure) if measure in self else -1
        found = []
        for place, row in self.cells.items() if at >= 0 else ():
            check = row[at].check
            if check is not None:
                found.append((self.plan.tiles[place], row[at], check))
        return found

    def line(self, tile: Tile, curve: Curve) -> Line:
        """Return a curve of a map, whose colour is the same in every chart."""
        return Line(tile.title, curve.x, curve.y, place=self.plan.tiles.index(tile))

    def __contains__(self, measure: object) -> bool:
        """Return whether a measure of that name is among the columns."""
        return any(each.name == measure for each in self.measures)


def plan(
    maps: PlannedMaps,
    names: Sequence[str],
    settings: MeasureSettings,
    truth: TruthRef | None = None,
    others: tuple[PictureRef, ...] = (),
) -> CheckedMaps:
    """Ask for the checks of all finished maps.

    Args:
        maps: some of which may be still to come.
        names: of the measures.
        settings: of the measures.
        truth: where the object is.
        others: pictures for mosaics.
    """
    rows: dict[int, tuple[Cell, ...]] = {}
    for place, tile in enumerate(maps.tiles):
        if tile.result is None or tile.request is None:
            continue
        requests = [
            CheckRequest(
                map=tile.request,
                measure=name,
                settings=settings,
                truth=truth if "truth" in measures.get(name).needs else None,
                others=others if "others" in measures.get(name).needs else (),
            )
            for name in names
        ]
        rows[place] = tuple(map(_fullest, requests))
    return CheckedMaps(maps, tuple(map(measures.get, names)), rows)


def _fullest(request: CheckRequest) -> Cell:
    """Ask for the check with all controls where that is cheap or was asked for, else for less."""
    full = asked.cell(replace(request, full=True))
    return full if full.job is not None else asked.cell(request)


def progress(checked: CheckedMaps) -> None:
    """Say in one line of fixed height how far the checks are, or what a press would add."""
    st.session_state["drawn_checks"] = checked.stand
    waiting = any(cell.open for cell in checked)
    with st.container(height=HEIGHT, border=False, key="status-checks"):
        st.fragment(_progress, run_every=jobs.interval() if waiting else None)(checked)


def _progress(checked: CheckedMaps) -> None:
    cells = [cell for cell in checked if cell.job]
    left = [cell.job for cell in cells if cell.open and cell.job]
    for job in left:
        job.touch(jobs.visitor())
    leaving.ask([cell.job for cell in cells if cell.job], jobs.visitor())
    with st.container(horizontal=True, vertical_alignment="center"):
        if left:
            done = sum(1.0 if not cell.open else cell.job.fraction for cell in cells if cell.job)
            now = next((job for job in left if job.state == "running"), left[0])
            said = f"{len(cells) - len(left)} of {counted(len(cells), 'check')} finished. "
            st.progress(
                min(1.0, done / len(cells)), escape(f"{said}{now.title}: {jobs.words(now)}")
            )
            st.button("Stop", key="stop_checks", on_click=_stop, args=(left,), width=jobs.BUTTON)
        else:
            _offers(checked)
    if checked.stand != st.session_state.get("drawn_checks"):
        st.rerun()


def _stop(left: Sequence[Job[Check]]) -> None:
    for job in left:
        job.stop(jobs.visitor())


def _offers(checked: CheckedMaps) -> None:
    """Offer what waits for a press, and what was stopped."""
    stopped = [cell.job for cell in checked if cell.stopped and cell.job]
    if stopped:
        st.caption(f"{counted(len(stopped), 'check')} stopped.")
        st.button("Start again", key="again_checks", on_click=_again, args=(stopped,))
        return
    held = [cell.request for cell in checked if cell.job is None]
    more = [
        replace(cell.request, full=True)
        for cell in checked
        if cell.job is not None and not cell.request.full and not cell.check_makes_maps
    ]
    if not held and not more:
        if any(True for _ in checked):
            st.caption("All checks are there.")
        return
    wanted = held or more
    passes = checks_cost(wanted, jobs.resources())
    seconds = seconds_for(passes, [cell.check for cell in checked if cell.check])
    about = f", {jobs.seconds(seconds)}" if seconds is not None else ""
    what = "Measure the rest" if held else f"Compare with {RANDOM_MAPS} random maps"
    st.button(
        f"{what}: {counted(round(passes), 'pass')}{about}",
        key="more_checks",
        on_click=asked.press,
        args=(wanted,),
        help="A map should at least beat random ones; compare with edges and the centre too. One "
        "pass is one look of the model at a picture.",
    )


def _again(stopped: Sequence[Job[Check]]) -> None:
    for job in stopped:
        jobs.runner().forget(job.key, jobs.visitor())


def show(checked: CheckedMaps) -> None:
    """Draw the table, what failed checks mean, and what the numbers are."""
    heads = {
        each.name: f"{each.title}  \n:small[{words.direction(each)}]" for each in checked.measures
    }
    tiles = checked.plan.tiles
    content: dict[str, list[str]] = {"Map": [f"**{escape(tile.title)}**" for tile in tiles]}
    for at, measure in enumerate(checked.measures):
        content[heads[measure.name]] = [
            _cell(checked.cells[place][at]) if place in checked.cells else DASH
            for place in range(len(tiles))
        ]
    with st.container(key="trust_table"):
        st.table(content, hide_index=True, border="horizontal", alt="Measures of each map")
    st.caption(escape(VERDICT))
    _doubts(checked)
    with st.expander("What do these numbers mean?"):
        st.markdown(
            "Each value stands beside maps that know nothing of this model: random smooth maps "
            "(mean and 95 % range), the picture's edges, its centre, and the same method on the "
            "untrained network. A rank correlation (Spearman) is 1 for the same order, 0 for "
            "no relation and "
            "-1 for the reversed order."
        )
        for measure in checked.measures:
            _card(measure)


def _cell(cell: Cell) -> str:
    """Return a value with its controls, as Markdown."""
    check = cell.check
    if check is None:
        if cell.job is None:
            return ":gray[not measured yet]"
        if cell.job.error is not None:
            return ":gray[failed, see below]"
        return ":gray[stopped]" if cell.stopped else ":gray[measuring]"
    beside = words.beside(check)
    return words.badge(check) + (f"  \n:gray[:small[{beside}]]" if beside else "")


def _doubts(checked: CheckedMaps) -> None:
    """Say in one sentence each what failed checks mean."""
    failed: dict[tuple[str, str], list[str]] = {}
    notes: dict[str, list[str]] = {}
    for place, row in checked.cells.items():
        for check in (cell.check for cell in row):
            if check is None:
                continue
            if check.doubt:
                title = checked.plan.tiles[place].title
                failed.setdefault((check.measure.title, check.doubt), []).append(title)
            for note in check.measured.notes:
                told = f"{check.measure.title}: {note}"
                notes.setdefault(told, []).append(checked.plan.tiles[place].title)
    for (title, doubt), maps in failed.items():
        st.warning(
            f"**{escape(title)}, {escape(', '.join(maps))}.** {escape(doubt)}",
            icon=":material/error:",
        )
    errors = [cell.job.error for cell in checked if cell.job and cell.job.error]
    for error in dict.fromkeys(map(str, errors)):
        st.error(escape(error))
    for note, maps in notes.items():
        st.caption(escape(f"{', '.join(maps)}. {note}"))


def _card(measure: Measure) -> None:
    """Draw what has to be known of a measure."""
    card = measure.card
    st.markdown(
        f"**{escape(measure.title)}** ({words.direction(measure)}): {measure.sentence} "
        f"[{escape(measure.paper)}]({measure.link})  \n"
        f"{escape(card.definition)}  \n"
        f"**What it does not show:** {escape(card.not_shown)}  \n"
        f":gray[Base: {escape(card.base)} Units: {escape(card.units)} Ties: {escape(card.ties)}]"
    )
