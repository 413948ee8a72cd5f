"""A dissection as files: the table of descriptions, what made it, its summary, its charts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.concepts.result.dissection import Dissection
from core.concepts.result.label_table import Label, write
from core.concepts.result.summary import counts_of, entropy, layer_of, top
from core.concepts.result.units import Units
from core.export.concept_checks import TABLE as CHECKS
from core.export.concept_checks import CheckRow, checks_record, checks_table
from core.export.plain import plain
from core.figures.charts import concepts
from core.figures.print.rows import bars_file, boxes_file
from core.figures.print.sheet import Kind

TABLE, ARGS, SUMMARY = "descriptions.csv", "args.json", "summary.json"
SHOWN = 30
"""Concepts in the chart and in the summary."""
_COLUMNS = ("labelled", "dead", "p", "q", "relative", "margin", "mean_activation")


def check_files(
    dissection: Dissection,
    rows: Sequence[CheckRow],
    threshold: float | None = None,
    shown: int = SHOWN,
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the files that hold causal checks: table and summary.

    Args:
        dissection: of `dissection_files`.
        rows: what was measured.
        threshold: similarity above which units are counted besides; None for no such count.
        shown: concepts in the summary.
    """
    yield CHECKS, checks_table(rows).encode(errors="backslashreplace")
    checked = {**summary(dissection, shown, threshold), "checks": checks_record(rows)}
    yield SUMMARY, _json(checked)


def dissection_files(
    dissection: Dissection,
    command: str,
    *,
    threshold: float | None = None,
    shown: int = SHOWN,
    kind: Kind = "png",
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file.

    Args:
        dissection: to write.
        command: that makes it again.
        threshold: similarity above which units are counted besides; None for no such count.
        shown: concepts in the summary and the chart.
        kind: of the charts' files.
    """
    yield TABLE, descriptions(dissection).encode()
    args = {"command": command, "threshold": threshold, **dissection.record}
    yield ARGS, _json(args)
    yield SUMMARY, _json(summary(dissection, shown, threshold))
    yield from figures(dissection, shown, kind)


def descriptions(dissection: Dissection) -> str:
    """Return the table: the reference's four columns, then ours.

    `labelled` and `dead` are 0 or 1, `margin` is how far the word is above the next one,
    `relative` the similarity as a share of its largest possible value, `top_probes` the places of
    the strongest pictures in the probe set, and `encoder` what named the concepts. A dead unit
    has no description.
    """
    most = max((units.words.shape[1] for units in dissection.layers), default=1)
    others = [f"{name}{rank}" for rank in range(2, most + 1) for name in ("word", "similarity")]
    columns = (*_COLUMNS, *others, "top_probes", "encoder")
    made = dissection.record.get("encoder")
    encoder = str(made.get("id", "")) if isinstance(made, Mapping) else ""
    cells = (row for units in dissection.layers for row in _cells(dissection, units))
    rows = [
        replace(label, extra={**own, "encoder": encoder})
        for label, own in zip(dissection.labels(), cells, strict=True)
    ]
    return write(rows, columns)


def _cells(dissection: Dissection, units: Units) -> Iterator[dict[str, str]]:
    """Yield our own columns of each unit."""
    labelled, relative = units.labelled, units.relative
    for unit in range(len(units)):
        inactive = bool(units.inactive[unit])
        row = {
            "labelled": str(int(labelled[unit])),
            "dead": str(int(inactive)),
            "p": _number(units.p[unit]),
            "q": _number(units.q[unit]),
            "relative": "" if inactive else _number(relative[unit]),
            "margin": "" if inactive else _number(units.margins[unit, 0]),
            "mean_activation": _number(units.means[unit]),
            "top_probes": " ".join(map(str, units.probes[unit].tolist())),
        }
        for rank in range(1, 0 if inactive else units.words.shape[1]):
            row[f"word{rank + 1}"] = dissection.words[units.words[unit, rank]]
            row[f"similarity{rank + 1}"] = _number(units.similarities[unit, rank])
        yield row


def summary(
    dissection: Dissection, shown: int = SHOWN, threshold: float | None = None
) -> dict[str, object]:
    """Return what the units stand for, in all and by layer.

    `distinct` and `top` are over all units with a description, as in the reference's tables;
    `labelled` counts units whose word is better than chance, and what ends in `_labelled` is over
    those alone.
    """
    every, sure = dissection.labels(), dissection.labels(only_labelled=True)
    layers = {
        units.layer: _one(
            [label for label in every if label.layer == units.layer],
            [label for label in sure if label.layer == units.layer],
            int(units.inactive.sum()),
            threshold,
        )
        for units in dissection.layers
    }
    inactive = sum(int(units.inactive.sum()) for units in dissection.layers)
    counts, sure_counts = counts_of(every), counts_of(sure)
    ranked, sure_ranked = top(counts, shown), top(sure_counts, shown)
    return {
        **_one(every, sure, inactive, threshold),
        "encoder": dissection.record.get("encoder"),
        "entropy_nats": entropy(counts),
        "layers": layers,
        "top": [list(pair) for pair in ranked.ranked],
        "tied_at_the_end": ranked.tied,
        "top_labelled": [list(pair) for pair in sure_ranked.ranked],
        "tied_at_the_end_labelled": sure_ranked.tied,
    }


def _one(
    every: Sequence[Label], sure: Sequence[Label], inactive: int, threshold: float | None
) -> dict[str, object]:
    """Summarise units that belong together."""
    whole = layer_of(every, math.inf if threshold is None else threshold)
    values = [label.similarity for label in every if not math.isnan(label.similarity)]
    quartiles = np.quantile(values, (0.25, 0.5, 0.75)).tolist() if values else [math.nan] * 3
    numbers: dict[str, object] = {
        "neurons": whole.neurons,
        "dead": inactive,
        "labelled": len(sure),
        "share_labelled": len(sure) / whole.neurons if whole.neurons else math.nan,
        "distinct": len(counts_of(every)),
        "distinct_labelled": len(counts_of(sure)),
        "redundancy": whole.redundancy,
        "mean_similarity": float(np.mean(values)) if values else math.nan,
        "quartiles_of_similarity": quartiles,
    }
    if threshold is not None:
        numbers |= {"threshold": threshold, "above_threshold": whole.labelled}
    return numbers


def figures(
    dissection: Dissection, shown: int = SHOWN, kind: Kind = "png"
) -> Iterator[tuple[str, bytes]]:
    """Yield the charts: frequent concepts, layers, similarities; each names the encoder."""
    record: Mapping[str, Any] = dissection.record
    model, caption = str(record["model"]["title"]), caption_of(dissection)
    names = [units.layer for units in dissection.layers]
    sure = dissection.labels(only_labelled=True)
    ranked = top(counts_of(sure), shown)
    title = f"Concepts of {model}: labelled units"
    tied = f" {ranked.tied} concepts share the last count." if ranked.tied > 1 else ""
    frequent = concepts.frequent(ranked.ranked, dissection.categories)
    yield f"concepts.{kind}", bars_file(frequent, title, caption + tied, kind)
    counts = []
    for units in dissection.layers:
        own = [label for label in sure if label.layer == units.layer]
        counts.append((len(units), len(own), len(counts_of(own))))
    title = f"Layers of {model}"
    yield f"layers.{kind}", bars_file(concepts.layers(names, counts), title, caption, kind)
    values = [units.similarities[~units.inactive, 0] for units in dissection.layers]
    measure = str(record["similarity"]["name"])
    title = f"Similarity of the best word in {model}"
    spread = concepts.spread(names, values, measure)
    yield f"similarity.{kind}", boxes_file(spread, title, caption, kind)


def caption_of(dissection: Dissection) -> str:
    """Return what every figure must say: who named the concepts, with which pictures and words."""
    record: Mapping[str, Any] = dissection.record
    probes, words = record["probes"], record["words"]
    return (
        f"Concepts named by {dissection.encoder.rstrip('.')}. "
        f"{probes['pictures']:,} probe pictures ({probes['name']}), {words['count']:,} words "
        f"({words['name']}), {record['similarity']['name']}."
    )


def _number(value: float) -> str:
    """Return a number with six significant digits; empty where it is none."""
    return f"{float(value):.6g}" if math.isfinite(value) else ""


def _json(value: object) -> bytes:
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # A class name from a damaged file may hold lone surrogates: written as JSON's own escape.
    return text.encode(errors="backslashreplace")
