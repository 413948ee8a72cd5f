"""Where the class says that the object is, as the truth that maps are measured with."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.measure.single.table import MEASURES
from core.measure.truth.painted import painted_truth
from core.requests.measures import MeasureRequest
from core.requests.paintings import Painting
from core.work.handlers.measures import Measurement
from core.work.job import Job
from pages.ui.checks import words
from pages.ui.classroom.seen import Seen
from pages.ui.maps import wanted_maps
from pages.ui.parts import jobs
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import escape
from pages.ui.trust import objects

NAME = "painted by the class"


def show(
    looked_at: Seen,
    plan: wanted_maps.PlannedMaps,
    paintings: Mapping[str, Painting],
    *,
    teaches: bool,
) -> None:
    """Draw what the measures that ask for an object say of each map.

    Args:
        looked_at: the picture and the prediction.
        plan: the maps.
        paintings: of the class, by student.
        teaches: whether the object may be taken to the trust page.
    """
    picture, box = looked_at.picture, looked_at.prediction.box
    size = picture.pixels.shape[1], picture.pixels.shape[0]
    counts = [painting.counts for painting in paintings.values()]
    mask = drawn(
        "class object",
        lambda: painted_truth([one.mask for one in paintings.values()], box, size),
        counts,
        box,
        size,
    )
    if mask is None:
        st.caption("No place was painted by half of the class, so there is no object to look for.")
        return
    reference = jobs.resources().offer_truth(mask, NAME, lambda: mask)
    asking = [measure for measure in MEASURES.values() if measure.needs == ("truth",)]
    tiles = [tile for tile in plan.tiles if tile.request is not None and tile.result is not None]
    asked: list[list[Job[Measurement]]] = [
        [
            jobs.submit(MeasureRequest(map=tile.request, measure=one.name, truth=reference))
            for one in asking
            if tile.request is not None
        ]
        for tile in tiles
    ]
    if not jobs.watch([job for row in asked for job in row], quiet=True):
        return
    st.markdown("**Does the heat lie on the object?** It is where half of the class painted.")
    lines = [["Map", *(one.title for one in asking)], ["---"] * (len(asking) + 1)]
    for tile, row in zip(tiles, asked, strict=True):
        values = (words.number(job.result().measured.value) for job in row)
        lines.append([escape(tile.title), *values])
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if teaches:
        st.button(
            "Use as the object on Trust",
            icon=":material/verified:",
            key="class_object",
            on_click=objects.keep,
            args=(picture, reference),
        )
