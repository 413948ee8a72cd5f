"""How the maps of a view are made, step by step, for whoever opens it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.explain.how.steps import Steps
from core.explain.how.table import HOW
from core.figures.browser.steps import row
from core.requests.loading import StepsRequest
from core.requests.maps import AnyMap
from pages.ui.maps.wanted_maps import PlannedMaps
from pages.ui.parts import jobs
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import escape

STILL = {"displayModeBar": False}


def section(plan: PlannedMaps, width: int) -> None:
    """Offer the steps of each finished map that has some.

    Args:
        plan: the maps.
        width: of the page in pixels.
    """
    known = [tile for tile in plan.tiles if tile.result and tile.request]
    offered = [tile for tile in known if tile.request and tile.request.label in HOW]
    for tile in offered:
        if tile.request is not None:
            name = f"{tile.title}, {tile.class_name}" if plan.classes > 1 else tile.title
            steps(name, tile.request, width)


def steps(name: str, request: AnyMap, width: int) -> None:
    """Draw the line that opens to the steps of one map.

    Args:
        name: of the map.
        request: of the map, which is finished.
        width: of the page in pixels.
    """
    key = f"how-{request.label}-{request.target}"
    place = st.expander(
        f"How it works: {escape(name)} on this picture",
        key=key,
        icon=":material/school:",
        on_change="rerun",
    )
    if not place.open:
        return
    with place:
        job = jobs.submit(StepsRequest(map=request))
        if jobs.watch([job]):
            _draw(job.result(), key, job.key, width)


def _draw(found: Steps, key: str, of: str, width: int) -> None:
    """Draw all steps below each other."""
    for number, step in enumerate(found.steps, start=1):
        st.markdown(f"**{number}. {escape(step.title)}.** {escape(step.sentence)}")
        st.plotly_chart(
            drawn("step", partial(row, step, found.size, width), of, number, width),
            key=f"{key}-{number}",
            width="content",
            config=STILL,
            alt=_spoken(step.title, [tile.title for tile in step.tiles]),
        )


def _spoken(title: str, tiles: Sequence[str]) -> str:
    return f"{title}: {', '.join(tiles)}"
