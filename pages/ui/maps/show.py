"""Showing: figures, what stands under them, downloads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.explain.base import Explanation
from core.export import bundle, names
from core.export.record import Explained
from core.figures.browser import heatmaps, predictions
from core.figures.browser.heatmaps import HeatmapLook, Panel
from core.figures.drawing import overlay
from core.models.classifier import Classifier, Guess, Prepared
from core.models.device import describe
from core.models.record import model_record
from core.pictures.picture import Picture
from pages.ui.maps.wanted_maps import Plan, Tile
from pages.ui.parts import frame, jobs, pickers

_BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]
FEW = ["zoomIn2d", "zoomOut2d", "pan2d", "resetScale2d"]
CONFIG = {"displaylogo": False, "displayModeBar": True, "doubleClick": "reset"}
STILL = {"displayModeBar": False, "staticPlot": True}


def sentence(
    picture: Picture, classifier: Classifier | None = None, guesses: Sequence[Guess] = ()
) -> str:
    """Return what the model says about the picture, and what was done to the picture."""
    text = f"{picture.name}, {picture.original_size[0]} x {picture.original_size[1]} pixels."
    if classifier and guesses:
        best = guesses[0]
        share = predictions.percent(best.probability)
        text = f"{classifier.title} sees **{plain(best.name)}** ({share}) in {plain(text)}"
    return " ".join((text, *picture.notes))


def bars(guesses: Sequence[Guess], chosen: int | None = None) -> None:
    """Show the model's five best guesses."""
    st.plotly_chart(
        predictions.bars(guesses, chosen),
        key="prediction",
        config=STILL,
        alt=f"Top predictions: {predictions.spoken(guesses)}" if guesses else "No prediction yet",
    )


def seen(prepared: Prepared, guesses: Sequence[Guess]) -> None:
    """Show what the model saw next to what it says."""
    with st.container(key="seen"):
        picture, said = st.columns([2, 3], gap="medium")
    with picture:
        st.image(prepared.view, caption="What the model sees", width="stretch")
    with said:
        bars(guesses)


def links() -> None:
    """Lead on to the pages that say why."""
    with st.container(horizontal=True, key="links"):
        for page in frame.PAGES[1:]:
            st.page_link(page.path, label=f"{page.title}: {page.question}", icon=page.icon)


def grid(plan: Plan, look: HeatmapLook, width: int) -> None:
    """Show the picture and all maps in one figure."""
    prepared = plan.prepared
    panels = [_panel(tile, plan) for tile in plan.tiles]
    figure = heatmaps.grid(
        prepared.picture.pixels, prepared.box, panels, look, width, prepared.picture.sha256,
        group=len(plan.classes),
    )  # fmt: skip
    titles = ", ".join(panel.title for panel in panels)
    st.plotly_chart(
        figure,
        key="grid",
        config={**CONFIG, "modeBarButtons": [FEW if frame.is_phone(width) else _BUTTONS]},
        alt=f"{prepared.picture.name}, and over it: {titles}",
    )


def _panel(tile: Tile, plan: Plan) -> Panel:
    several = len(plan.classes) > 1
    title = f"{tile.title} · {tile.class_name}" if several else tile.title
    done = tile.result
    if done is None:
        return Panel(title, tile.state if tile.refusal else "", waiting=tile.refusal or tile.state)
    heat = done.heat if tile.method.signed else None
    detail = numbers(done, short=True) + " · see the note below" * bool(done.notes)
    return Panel(title, detail, done.shown, heat)


def numbers(done: Explanation, *, short: bool = False) -> str:
    """Return how a map was computed, in one line."""
    seconds = f"{done.seconds:.2f} s" if done.seconds < 10 else f"{done.seconds:.0f} s"
    passes = f"{done.passes} pass{'es' * (done.passes != 1)}"
    return f"{seconds} · {passes}" if short else f"{seconds} · {passes} · {done.device}"


def captions(plan: Plan, columns: int) -> None:
    """Say under the figure what each map is, what it took, and what is wrong with it."""
    kinds: dict[str, list[Tile]] = {}
    for tile in plan.tiles:
        kinds.setdefault(tile.title, []).append(tile)
    groups = list(kinds.values())
    with st.container(key="captions"):
        for start in range(0, len(groups), columns):
            row = st.columns(columns, gap="medium")
            for place, tiles in zip(row, groups[start : start + columns], strict=False):
                with place:
                    _caption(tiles)


def _caption(tiles: Sequence[Tile]) -> None:
    """Explain one method, with a line for each class."""
    method = tiles[0].method
    source, _, formula = method.paper.partition(": ")
    lines = [f"**{tiles[0].title}**"]
    for tile in tiles:
        name = f"{plain(tile.class_name)}: " if len(tiles) > 1 else ""
        lines.append(f":gray[{name}{numbers(tile.result) if tile.result else tile.state}]")
    said = [f"{method.sentence} [{source}]({method.link})", f":gray[{plain(formula)}]"]
    st.markdown("  \n".join(lines) + "\n\n" + "  \n".join(said[: 1 + bool(formula)]))
    for tile in tiles:
        name = f"{tile.class_name}: " if len(tiles) > 1 else ""
        if tile.job and tile.job.error:
            st.error(f"{name}{tile.job.error}")
            if st.button("Try again", key=f"again-{tile.job.key}"):
                jobs.runner().forget(tile.job.key, jobs.visitor())
                st.rerun()
        for note in tile.result.notes if tile.result else ():
            st.warning(name + note, icon=":material/info:")
        if tile.refusal:
            st.warning(tile.refusal, icon=":material/block:")


def plain(text: str) -> str:
    """Return text that Markdown leaves as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!~$:<>|])", r"\\\1", text)


def downloads(plan: Plan, guesses: tuple[Guess, ...], look: HeatmapLook) -> None:
    """Offer what is finished as PNG, NPZ and ZIP; files are made on the click."""
    done = [tile.result for tile in plan.tiles if tile.result is not None]
    st.subheader("Take it home", anchor=False)
    if not done:
        st.caption("Files are offered as soon as the first map is there.")
        return
    explained = Explained(plan.prepared, tuple(guesses), tuple(done))
    drawn = overlay.OverlayLook(look.scale, look.opacity, look.contour or None)
    stem = plan.prepared.picture.stem
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Everything (ZIP)",
            lambda: _zip(plan.classifier, explained, drawn),
            f"{stem}.zip",
            "application/zip",
            on_click="ignore",
            key="zip",
            type="primary",
            help="Overlays at the picture's own resolution, raw values, and a JSON record.",
        )
        st.download_button(
            "Raw values (NPZ)",
            lambda: bundle.raw_npz(done),
            f"{stem}.npz",
            on_click="ignore",
            key="npz",
        )
        for one, name in zip(done, names.keys(done), strict=True):
            title = pickers.method_labels()[one.label]
            st.download_button(
                f"{title}, {one.class_name} (PNG)" if len(plan.classes) > 1 else f"{title} (PNG)",
                partial(bundle.map_png, plan.prepared, one, drawn),
                f"{stem}_{name}.png",
                "image/png",
                on_click="ignore",
                key=f"png-{name}",
            )


def _zip(classifier: Classifier, explained: Explained, drawn: overlay.OverlayLook) -> bytes:
    return bundle.zip_bytes(
        model_record(classifier), describe(classifier.device), [explained], drawn
    )
