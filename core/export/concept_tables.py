"""The figures of a dissection as tables: what is drawn, as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.concepts.evidence import Evidence, Group
from core.concepts.result.compared_model import Side
from core.concepts.result.dissection import Dissection, Unit
from core.concepts.result.summary import Counts, counts_of, entropy, layer_of, top
from core.figures.drawing.categories import OTHER


def frequent_table(counts: Counts, categories: Mapping[str, str], shown: int) -> str:
    """Return the most frequent concepts: `concept,units,category`."""
    ranked = top(counts, shown).ranked
    return _csv(
        ("concept", "units", "category"),
        ((name, number, categories.get(name, OTHER)) for name, number in ranked),
    )


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What the units of one layer stand for, or those of all layers together.

    Attributes:
        layer: its path, or `all`.
        units: how many.
        labelled: those that count as labelled.
        distinct: different concepts among these.
        redundancy: share of these whose word another one has already, in [0, 1].
        entropy: of the shares of their concepts, in nats.
        similarity: mean over all units with a word; NaN where no unit has one.
    """

    layer: str
    units: int
    labelled: int
    distinct: int
    redundancy: float
    entropy: float
    similarity: float

    @property
    def share(self) -> float:
        """Labelled units of all units, in [0, 1]."""
        return self.labelled / self.units if self.units else 0.0

    def as_dict(self) -> dict[str, object]:
        """Return the row under the names that a person reads."""
        return {
            "layer": self.layer,
            "units": self.units,
            "labelled": self.labelled,
            "share labelled": self.share,
            "distinct concepts": self.distinct,
            "redundancy": self.redundancy,
            "entropy (nats)": self.entropy,
            "mean similarity": self.similarity if math.isfinite(self.similarity) else None,
        }


def layers_rows(side: Side, rule: str, threshold: float = 0.0) -> list[LayerRow]:
    """Summarise each layer, and all together where there are several.

    Args:
        side: the units.
        rule: which count as labelled, a key of `sides.RULES`.
        threshold: of the similarity, for that rule.
    """
    paths = [*side.layers, ""] if len(side.layers) > 1 else list(side.layers)
    return [_layer(side, path, rule, threshold) for path in paths]


def _layer(side: Side, path: str, rule: str, threshold: float) -> LayerRow:
    every = [label for label in side.labels if label.layer == (path or label.layer)]
    sure = side.counted(rule, path, threshold)
    own = layer_of(sure, threshold)
    known = [label.similarity for label in every if not math.isnan(label.similarity)]
    return LayerRow(
        layer=path or "all",
        units=len(every),
        labelled=own.neurons,
        distinct=own.distinct,
        redundancy=own.redundancy,
        entropy=entropy(counts_of(sure)),
        similarity=math.fsum(known) / len(known) if known else math.nan,
    )


def layers_table(rows: Sequence[LayerRow]) -> str:
    """Return the rows as CSV."""
    cells = [row.as_dict() for row in rows]
    return _csv(tuple(cells[0]) if cells else ("layer",), (row.values() for row in cells))


def similarity_table(dissection: Dissection) -> str:
    """Return the best similarity of each active unit: `layer,unit,similarity`."""
    return _csv(
        ("layer", "unit", "similarity"),
        (
            (label.layer, label.unit, f"{label.similarity:.6g}")
            for label in dissection.labels()
            if not math.isnan(label.similarity)
        ),
    )


def answers_table(unit: Unit) -> str:
    """Return the histogram of a unit's activations: `from,to,probes`."""
    step = (unit.high - unit.low) / len(unit.histogram)
    return _csv(
        ("from", "to", "probes"),
        (
            (f"{unit.low + place * step:.6g}", f"{unit.low + (place + 1) * step:.6g}", count)
            for place, count in enumerate(unit.histogram.tolist())
        ),
    )


def compared_table(differences: Iterable[tuple[str, float, float]]) -> str:
    """Return the share of units of each concept in two models: `concept,first,second`."""
    return _csv(
        ("concept", "first", "second", "difference"),
        ((name, f"{a:.6f}", f"{b:.6f}", f"{a - b:.6f}") for name, a, b in differences),
    )


def evidence_table(evidence: Evidence, groups: Sequence[Group], encoder: str) -> str:
    """Return the contribution of every channel with its concept, the largest first."""
    concepts = {channel: group.concept for group in groups for channel in group.channels}
    return _csv(
        ("channel", "concept", "contribution", "share", "measure", "class", "layer", "encoder"),
        (
            (
                channel,
                concepts.get(channel, ""),
                f"{float(evidence.contributions[channel]):.6g}",
                f"{evidence.share(channel):.6f}",
                evidence.how,
                evidence.class_name,
                evidence.layer,
                encoder,
            )
            for channel in evidence.ranked()
        ),
    )


def _csv(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
