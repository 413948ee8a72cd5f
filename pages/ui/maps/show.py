"""Showing: figures, what stands under them, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.explain.base import Explanation
from core.export import bundle, names
from core.export.reading import Box, SeenPicture
from core.export.record import Explained
from core.figures.browser import heatmaps
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.drawing.overlay import OverlayLook
from core.figures.print.heatmaps import grid_file
from core.files.names import download_name
from core.pictures.picture import Picture
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.checks import line as trust_line
from pages.ui.checks.asked import Cell
from pages.ui.maps.wanted_maps import PlannedMaps, Tile
from pages.ui.parts import downloads as take_away
from pages.ui.parts import frame, jobs, method_picker
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import counted, escape

_BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]
FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
CONFIG = {"displaylogo": False, "displayModeBar": True, "doubleClick": "reset"}


def grid(plan: PlannedMaps, picture: Picture, box: Box, look: HeatmapLook, width: int) -> None:
    """Show the picture and all maps in one figure."""
    panels = [_panel(tile, plan) for tile in plan.tiles]
    figure = drawn(
        "maps",
        lambda: heatmaps.grid(
            picture.pixels, box, panels, look, width, picture.sha256, group=max(1, plan.classes)
        ),
        plan.study,
        plan.mark,
        [panel.title for panel in panels],
        box,
        look,
        width,
    )
    titles = ", ".join(panel.title for panel in panels)
    st.plotly_chart(
        figure,
        key="grid",
        config={**CONFIG, "modeBarButtons": [FEW if frame.is_phone(width) else _BUTTONS]},
        alt=f"{picture.name}, and over it: {titles}",
    )


def _panel(tile: Tile, plan: PlannedMaps) -> Panel:
    title = f"{tile.title} · {tile.class_name}" if plan.classes > 1 else tile.title
    done = tile.result
    if done is None:
        return Panel(title, tile.state if tile.refusal else "", waiting=tile.refusal or tile.state)
    heat = done.heat if tile.method.signed else None
    named = done.layer if plan.classes > 1 else f"{done.class_name} · {done.layer}".strip(" ·")
    detail = named + " · see the note below" * bool(done.notes)
    return Panel(title, detail, done.shown, heat)


def numbers(done: Explanation, *, short: bool = False) -> str:
    """Return how a map was computed, in one line."""
    seconds = f"{done.seconds:.2f} s" if done.seconds < 10 else f"{done.seconds:.0f} s"
    seconds = f"computed in {seconds}"  # perhaps earlier: it need not be what this visit waited
    passes = counted(done.passes, "pass")
    return f"{seconds} · {passes}" if short else f"{seconds} · {passes} · {done.device}"


def captions(plan: PlannedMaps, columns: int) -> None:
    """Say under the figure what each map is, what it took, and what is wrong with it."""
    kinds: dict[str, list[Tile]] = {}
    for tile in plan.tiles:
        kinds.setdefault(tile.title, []).append(tile)
    groups = list(kinds.values())
    ready = not any(tile.open for tile in plan.tiles)
    finished = [tile for tile in plan.tiles if ready and tile.result and tile.request]
    cells = trust_line.ask([tile.request for tile in finished if tile.request])
    checked = dict(zip(map(id, finished), cells, strict=True))
    with st.container(key="captions"):
        for start in range(0, len(groups), columns):
            row = st.columns(columns, gap="medium")
            for place, tiles in zip(row, groups[start : start + columns], strict=False):
                with place:
                    _caption(tiles, [checked.get(id(tile)) for tile in tiles])


def _caption(tiles: Sequence[Tile], checks: Sequence[Cell | None]) -> None:
    """Explain one method, with a line for each class, and how far its maps can be trusted."""
    method = tiles[0].method
    source, _, formula = method.paper.partition(": ")
    lines = [f"**{tiles[0].title}**"]
    for tile in tiles:
        name = f"{escape(tile.class_name)}: " if len(tiles) > 1 else ""
        lines.append(f":gray[{name}{numbers(tile.result) if tile.result else tile.state}]")
    about = [f"{method.sentence} [{source}]({method.link})", f":gray[{escape(formula)}]"]
    st.markdown("  \n".join(lines))
    for tile, check in zip(tiles, checks, strict=True):
        if not (tile.given_up or tile.refusal):  # there is no map to measure, and none to come
            trust_line.line(check, tile.title, tile.class_name)
    st.markdown("  \n".join(about[: 1 + bool(formula)]))
    for tile in tiles:
        whose = f"{tile.class_name}: " if len(tiles) > 1 else ""
        if tile.job and tile.job.error and not tile.refusal:
            st.error(escape(f"{whose}{tile.job.error}"))
            if st.button("Try again", key=f"again-{tile.job.key}"):
                jobs.runner().forget(tile.job.key, jobs.visitor())
                st.rerun()
        for note in tile.result.notes if tile.result else ():
            st.warning(escape(whose + note), icon=":material/info:")
        if tile.refusal:
            st.warning(escape(tile.refusal), icon=":material/block:")


def downloads(
    plan: PlannedMaps,
    picture: Picture,
    model: ModelSummary,
    prediction: Prediction,
    look: HeatmapLook,
) -> None:
    """Offer the figure, and what is finished as PNG, NPZ and ZIP; files are made on the click."""
    finished = [tile for tile in plan.tiles if tile.result is not None]
    done = [tile.result for tile in finished if tile.result is not None]
    st.header("Download", anchor=False)
    if not done:
        st.caption("Files are offered as soon as the first map is there.")
        return
    explained = Explained(
        SeenPicture(picture, plan.study.fit, prediction.box),
        prediction.guesses,
        tuple(done),
        plan.study.prediction(plan.study.pictures[0]),
        tuple(tile.request for tile in finished if tile.request is not None),
    )
    drawn_as = OverlayLook(look.scale, look.opacity, look.contour or None)
    panels = [_panel(tile, plan) for tile in plan.tiles]
    classes = tuple(dict.fromkeys(one.class_name for one in done))
    layers = tuple(dict.fromkeys(filter(None, (one.layer for one in done))))
    caption = take_away.stated(picture.name, model.title, classes, layers, plan.study.fit)
    parts = picture.stem, "heatmaps", model.id
    with st.container(horizontal=True, gap="small"):
        take_away.figure(
            "heatmaps",
            lambda kind: grid_file(
                picture.pixels,
                prediction.box,
                panels,
                look,
                f"Heat maps of {picture.name}",
                caption,
                kind,
                max(1, plan.classes),
            ),
            *parts,
            primary=True,
        )
        st.download_button(
            "Everything (ZIP)",
            lambda: bundle.zip_bytes(model.record, model.device, [explained], drawn_as),
            download_name(*parts, ending="zip"),
            "application/zip",
            on_click="ignore",
            key="zip",
            help="Overlays at the picture's own resolution, raw values, and a JSON record.",
        )
        st.download_button(
            "Raw values (NPZ)",
            lambda: bundle.raw_npz(done),
            download_name(*parts, ending="npz"),
            on_click="ignore",
            key="npz",
        )
        for one, name in zip(done, names.keys(done), strict=True):
            title = method_picker.method_labels()[one.label]
            st.download_button(
                f"{title}, {one.class_name} (PNG)" if plan.classes > 1 else f"{title} (PNG)",
                partial(bundle.map_png, explained.prepared, one, drawn_as),
                download_name(*parts, name, ending="png"),
                "image/png",
                on_click="ignore",
                key=f"png-{name}",
            )
