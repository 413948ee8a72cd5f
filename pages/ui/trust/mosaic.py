"""Grid pointing: four pictures in one, and the share of heat on the right one."""

from __future__ import annotations

import streamlit as st

from core.figures.browser import heatmaps
from core.figures.browser.places import per_row_for
from core.figures.charts.maps import HeatmapLook, Panel
from core.measure.single.grid_pointing import GRID_POINTING, QUARTERS
from core.pictures import built_in
from core.requests.references import PictureRef
from pages.ui.checks import words
from pages.ui.maps.show import CONFIG, FEW
from pages.ui.parts.figures import drawn
from pages.ui.trust.table import CheckedMaps

NAME = GRID_POINTING.name


def others() -> tuple[PictureRef, ...]:
    """Return the pictures from which a mosaic takes three: those that come along."""
    return drawn("candidates", _candidates)


def _candidates() -> tuple[PictureRef, ...]:
    return tuple(PictureRef.of(built_in.load(sample.key)) for sample in built_in.PHOTOS)


def section(checked: CheckedMaps, width: int) -> None:
    """Draw the mosaic with every map over it, where grid pointing is among the measures.

    Args:
        checked: the checks.
        width: of the page in pixels.
    """
    found = checked.of(GRID_POINTING.name)
    seen = next((check.measured.picture for _, _, check in found), None)
    if not found or seen is None:
        return
    st.header("Find the class among four pictures", anchor=False)
    st.caption(
        f"The picture stands at the {QUARTERS[0]}, beside three of other classes. A map of its "
        "class should lie there. One that pays no attention to the pictures scores 0.25; one that "
        "reacts to the pictures and not to the class may score anything. The number in the table "
        "is the mean over all four places."
    )
    panels = [
        Panel(
            tile.title,
            f"{100 * check.measured.details[QUARTERS[0]]:.0f} % on its own picture"
            if check.measured.details[QUARTERS[0]] == check.measured.details[QUARTERS[0]]
            else words.number(float("nan")),
            check.measured.maps[QUARTERS[0]],
        )
        for tile, _, check in found
    ]
    look = HeatmapLook(max(2, per_row_for(width)))
    keys = [cell.job.key for _, cell, _ in found if cell.job]
    box = (0, 0, seen.shape[1], seen.shape[0])
    st.plotly_chart(
        drawn(
            "mosaic",
            lambda: heatmaps.grid(seen, box, panels, look, width, keys[0]),
            keys,
            width,
        ),
        key="mosaic",
        config={**CONFIG, "modeBarButtons": [FEW]},
        alt="The mosaic of four pictures, and over it: " + ", ".join(p.title for p in panels),
    )
