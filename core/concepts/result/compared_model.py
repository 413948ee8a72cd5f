"""What is compared: the units of a dissection, or those of a table that somebody else made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.concepts.result.dissection import Dissection, title_of
from core.concepts.result.label_table import Label, parse
from core.concepts.vocabulary import built_in
from core.errors import BadOption

EVERY, SURE, ABOVE = "every", "labelled", "above"
RULES = {
    SURE: "labelled (better than chance)",
    EVERY: "every unit with a word",
    ABOVE: "above a similarity",
}
"""Which units count, in words for a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The units of one model.

    Attributes:
        title: for showing.
        labels: one a unit.
        sure: those that a word describes better than chance; None where the table does not tell.
        categories: of the concepts that have one.
        encoder: what named the concepts; empty where the table does not tell.
    """

    title: str
    labels: tuple[Label, ...]
    sure: tuple[Label, ...] | None
    categories: Mapping[str, str] = field(default_factory=dict)
    encoder: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers in the order of the table."""
        return tuple(dict.fromkeys(label.layer for label in self.labels))

    def counted(
        self, rule: str = SURE, layer: str = "", threshold: float = 0.0
    ) -> tuple[Label, ...]:
        """Return the units that count; one without a word, such as an inactive one, never does.

        Args:
            rule: a key of `RULES`; a table without tests against chance counts every unit
                instead of the labelled ones.
            layer: only this one; all when empty.
            threshold: of the similarity, for `above`.

        Raises:
            BadOption: no such rule.
        """
        if rule not in RULES:
            raise BadOption(f"{rule[:40]!r} is not a rule: choose one of {', '.join(RULES)}.")
        given = self.sure if rule == SURE and self.sure is not None else self.labels
        return tuple(
            label
            for label in given
            if label.description
            and label.layer == (layer or label.layer)
            and (rule != ABOVE or label.similarity > threshold)
        )


def of_dissection(dissection: Dissection) -> Side:
    """Take the units of a dissection."""
    return Side(
        title_of(dissection),
        dissection.labels(),
        dissection.labels(only_labelled=True),
        dissection.categories,
        dissection.encoder,
    )


def of_table(data: bytes, name: str) -> Side:
    """Take the units of a table of descriptions; SeeWhy's own columns are used where they are.

    Raises:
        BadLabels: not such a table.
    """
    labels = parse(data, name)
    tested = all("labelled" in label.extra for label in labels)
    sure = tuple(label for label in labels if label.extra["labelled"] == "1") if tested else None
    encoders = dict.fromkeys(filter(None, (label.extra.get("encoder", "") for label in labels)))
    return Side(name, labels, sure, built_in().categories, ", ".join(encoders))
