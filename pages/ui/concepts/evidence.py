"""Why this class: the channels that a prediction rests on, with their concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.concepts.evidence import (
    BASES,
    HOWS,
    Evidence,
    Group,
    condensed,
    groups_of,
    sentence,
)
from core.concepts.result.dissection import Dissection
from core.export.concept_tables import evidence_table
from core.export.reading import SeenPicture
from core.figures.browser import heatmaps
from core.figures.browser.rows import bars
from core.figures.charts import concepts as charts
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.print.heatmaps import grid_file
from core.figures.print.rows import bars_file
from core.requests.dissections import EvidenceRequest
from core.requests.maps import PredictionRequest
from core.requests.references import PictureRef
from core.work.handlers.models import ModelSummary
from pages.ui.concepts import causal, downloads
from pages.ui.maps import show
from pages.ui.parts import (
    frame,
    jobs,
    links,
    models,
    pickers,
    predicted,
    toolbar,
    visit_pictures,
)
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

MAPS = 5
"""Channels with a map of their own; with the picture they fill whole rows."""
PLAIN = {"displayModeBar": False}


def shown(dissection: Dissection, width: int, below: DeltaGenerator) -> None:
    """Show what the class rests on for the picture."""
    with below:
        picture, fit = pickers.picture(), pickers.fit()
        visit_pictures.notice()
    model = _model(dissection)
    if model is None:
        return
    layers = [units.layer for units in dissection.layers if units.grid != (1, 1) and units.grid[0]]
    if not layers:
        st.info(
            "None of the dissected layers has a spatial map; dissect a convolutional layer first."
        )
        return
    hows = {words: how for how, words in HOWS.items()}
    asked = PredictionRequest(picture=PictureRef.of(picture), model=model.reference, fit=fit)
    prediction = models.prediction(asked)
    guesses = prediction.guesses if prediction else ()
    with toolbar.line():
        layer = _layer(layers)
        shown_how = links.present("why_how", {words: words for words in hows}, next(iter(hows)))
        with toolbar.tool("Evidence", shown_how):
            choice = st.segmented_control(
                "Evidence",
                tuple(hows),
                default=next(iter(hows)),
                required=True,
                key="why_how",
                **BIND,
            )
        classes = pickers.classes(model.names, guesses, versus=False)
    how = hows[choice or next(iter(hows))]
    with below:
        predicted.bars(guesses, classes[0] if classes else None)
    if not classes or prediction is None:
        return
    request = EvidenceRequest(
        picture=asked.picture,
        model=asked.model,
        fit=fit,
        layer=layer,
        target=classes[0],
        how=how,
    )
    job = jobs.submit(request)
    if not jobs.watch([job]):
        return
    evidence, names = job.result(), dissection.names(layer)
    groups = groups_of(evidence, names)
    seen = SeenPicture(picture, fit, prediction.box)
    _sentence(evidence, groups)
    _bars(dissection, evidence, groups, seen, width)
    tall, wide = prediction.view.shape[:2]
    case = causal.Case(
        dissection, request, evidence, seen, (tall, wide), width, classes=len(model.names)
    )
    causal.shown(case, groups)
    _maps(dissection, evidence, names, seen, (tall, wide), width)
    _table(evidence, names)


def _layer(layers: Sequence[str]) -> str:
    """Pick one of the dissected layers that have a map; the last is the usual one."""
    last = len(layers) - 1
    present = links.present("why_layer", {path: path for path in layers}, layers[last])
    with toolbar.tool("Layer", present):
        layer: str = st.selectbox("Layer", layers, index=last, key="why_layer", width=220, **BIND)
    return layer


def _model(dissection: Dissection) -> ModelSummary | None:
    """Return the model that was dissected, or say why it is not there."""
    record: Mapping[str, Any] = dissection.record
    model, digest = str(record["model"]["id"]), str(record["model"]["weights_sha256"])
    name = model
    if model.endswith(":own"):
        own = models.own_models()
        name = next((title for title, given in own.items() if given.digest == digest), "")
        if not name:
            st.info("The weights of this model belong to another session: upload them again.")
            return None
    summary = models.summary(name)
    if summary is not None and summary.record["weights_sha256"] != digest:
        st.warning(
            "The labels were made with other weights of this model: dissect these first.",
            icon=":material/info:",
        )
        return None
    return summary


def _sentence(evidence: Evidence, groups: Sequence[Group]) -> None:
    st.markdown(
        f"#### {escape(sentence(groups))}\n\n:gray[For **{escape(evidence.class_name)}** "
        f"({evidence.probability:.1%}) at {escape(evidence.layer)}. {BASES[evidence.how]}]"
    )


def _bars(
    dissection: Dissection,
    evidence: Evidence,
    groups: Sequence[Group],
    seen: SeenPicture,
    width: int,
) -> None:
    """Show the evidence by concept; the bars add up to the whole."""
    few = condensed(groups)
    names = [group.concept for group in few]
    shares = [group.share for group in few]
    speaks_for = [group.speaks_for for group in few]
    against = [group.contribution - group.speaks_for for group in few]
    chart = charts.evidence(names, speaks_for, against, shares, HOWS[evidence.how])
    st.plotly_chart(
        bars(chart, width),
        key="evidence",
        config=PLAIN,
        alt=f"Evidence for {evidence.class_name} by concept",
    )
    st.caption(
        f"The bars add up to {evidence.total:.3g}; the score of the class is {evidence.logit:.3g}. "
        "Percentages are shares of the evidence that supports the class; grey bars oppose it."
    )
    title = f"Why {evidence.class_name}: {seen.picture.name}, {evidence.layer}"
    caption = f"{sentence(groups)} Concepts named by {dissection.encoder.rstrip('.')}."
    downloads.figure(
        "evidence",
        lambda kind: bars_file(chart, title, caption, kind),
        lambda: evidence_table(evidence, groups, dissection.encoder),
        dissection,
        seen.picture.stem,
    )


def _maps(
    dissection: Dissection,
    evidence: Evidence,
    names: Mapping[int, str],
    seen: SeenPicture,
    size: tuple[int, ...],
    width: int,
) -> None:
    """Show where the strongest channels support the class."""
    st.header("Where the strongest channels look", anchor=False)
    few = evidence.ranked()[:MAPS]
    shown = [evidence.shown(channel, (size[0], size[1])) for channel in few]
    heads = [
        (names.get(channel, "no label"), f"channel {channel} · {evidence.share(channel):.1%}")
        for channel in few
    ]
    panels = [
        Panel(*head, one, evidence.heat(channel))
        for head, one, channel in zip(heads, shown, few, strict=True)
    ]
    look = HeatmapLook(2 if frame.is_phone(width) else 3)
    figure = heatmaps.grid(seen.picture.pixels, seen.box, panels, look, width, seen.picture.sha256)
    st.plotly_chart(
        figure,
        key="channels",
        config={**show.CONFIG, "modeBarButtons": [show.FEW]},
        alt="The picture, and over it the strongest channels",
    )

    title = f"{evidence.class_name}: strongest channels of {evidence.layer}"
    caption = f"{seen.picture.name}. {BASES[evidence.how]} Named by {dissection.encoder}"
    groups = groups_of(evidence, names)
    downloads.figure(
        "channels",
        lambda kind: grid_file(
            seen.picture.pixels, seen.box, panels, HeatmapLook(), title, caption, kind
        ),
        lambda: evidence_table(evidence, groups, dissection.encoder),
        dissection,
        seen.picture.stem,
    )


def _table(evidence: Evidence, names: Mapping[int, str]) -> None:
    """Show the channels by contribution."""
    with st.expander("All channels, by contribution"):
        st.dataframe(
            [
                {
                    "channel": channel,
                    "concept": names.get(channel, ""),
                    "contribution": float(evidence.contributions[channel]),
                    "share": evidence.share(channel),
                }
                for channel in evidence.ranked()
            ],
            hide_index=True,
            column_config={
                "contribution": st.column_config.NumberColumn(format="%.4f"),
                "share": st.column_config.NumberColumn(format="percent"),
            },
        )
