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
from core.figures.browser.heatmaps import HeatmapLook, Panel
from core.figures.browser.rows import bars
from core.figures.charts import concepts as charts
from core.figures.print.channels import channels_file
from core.figures.print.rows import bars_file
from core.requests.dissections import EvidenceRequest
from core.requests.maps import PredictionRequest
from core.requests.references import PictureRef
from core.work.handlers.models import ModelSummary
from pages.ui.concepts import downloads
from pages.ui.maps import show
from pages.ui.parts import frame, jobs, models, pickers, predicted
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

MAPS = 5
"""Channels with a map of their own; with the picture they fill whole rows."""
PLAIN = {"displayModeBar": False}


def shown(dissection: Dissection, width: int, below: DeltaGenerator) -> None:
    """Show what the class rests on for the picture."""
    with below:
        picture, fit = pickers.picture(), pickers.fit()
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
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        layer = st.selectbox(
            "Layer", layers, index=len(layers) - 1, key="why_layer", width=220, **BIND
        )
        choice = st.segmented_control(
            "Evidence", tuple(hows), default=next(iter(hows)), required=True, key="why_how", **BIND
        )
    how = hows[choice or next(iter(hows))]
    asked = PredictionRequest(
        picture=PictureRef(picture.sha256, picture.name), model=model.reference, fit=fit
    )
    prediction = models.prediction(asked)
    guesses = prediction.guesses if prediction else ()
    with below:
        classes = pickers.classes(model.names, guesses, versus=False)
        predicted.bars(guesses, classes[0] if classes else None)
    if not classes or prediction is None:
        return
    job = jobs.submit(
        EvidenceRequest(
            picture=asked.picture,
            model=asked.model,
            fit=fit,
            layer=layer,
            target=classes[0],
            how=how,
        )
    )
    if not jobs.watch([job]):
        return
    evidence, names = job.result(), dissection.names(layer)
    groups = groups_of(evidence, names)
    seen = SeenPicture(picture, fit, prediction.box)
    _sentence(evidence, groups)
    _bars(dissection, evidence, groups, seen, width)
    _maps(dissection, evidence, names, seen, prediction.view.shape[:2], width)
    _table(evidence, names)


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
    st.subheader("Where the strongest channels look", anchor=False)
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

    maps = [(", ".join(head), one) for head, one in zip(heads, shown, strict=True)]
    title = f"{evidence.class_name}: strongest channels of {evidence.layer}"
    caption = f"{seen.picture.name}. {BASES[evidence.how]} Named by {dissection.encoder}"
    groups = groups_of(evidence, names)
    downloads.figure(
        "channels",
        lambda kind: channels_file(seen.picture.pixels, seen.box, maps, title, caption, kind),
        lambda: evidence_table(evidence, groups, dissection.encoder),
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
