"""A finished dissection: which words describe the units of some layers, and how surely."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.concepts.result.label_table import Label
from core.concepts.result.units import Ints, Units
from core.errors import BadOption, UnknownLayer

Region = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of what the model saw, each in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word for a unit, its similarity, and how far that is above the next word's."""

    text: str
    similarity: float
    margin: float


@dataclass(frozen=True, slots=True)
class TopProbe:
    """A probe picture that activates a unit strongly.

    Attributes:
        index: in the probe set.
        name: of the picture.
        activation: of the unit, pooled.
        region: the position of the layer's grid with the largest activation; None without
            positions.
    """

    index: int
    name: str
    activation: float
    region: Region | None


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """What was found out about one unit; numbers as in `Units`."""

    layer: str
    number: int
    words: tuple[Word, ...]
    relative: float
    p: float
    q: float
    inactive: bool
    labelled: bool
    mean: float
    strongest: tuple[TopProbe, ...]
    histogram: Ints
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Dissection:
    """The units of several layers of one model.

    Attributes:
        record: everything that is needed to make it again, as JSON holds it.
        words: the word list without the words that the encoder does not know.
        categories: of the words that have one.
        probes: names of the probe pictures.
        layers: in the order in which they were asked for.
        thumbs: small JPEGs of what the model saw of the strongest probes, by index; may be empty.
    """

    record: Mapping[str, object]
    words: tuple[str, ...]
    categories: Mapping[str, str]
    probes: tuple[str, ...]
    layers: tuple[Units, ...]
    thumbs: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def model_id(self) -> str:
        """Id of the model; empty where the record names none."""
        return str(self._model.get("id", ""))

    @property
    def weights(self) -> str:
        """SHA-256 of the model's weights; empty where the record has none."""
        return str(self._model.get("weights_sha256", ""))

    @property
    def _model(self) -> Mapping[str, object]:
        model = self.record.get("model")
        return model if isinstance(model, Mapping) else {}

    @property
    def encoder(self) -> str:
        """What named the concepts, for captions: title, and a remark where there is one."""
        encoder = self.record.get("encoder")
        about = encoder if isinstance(encoder, Mapping) else {}
        parts = [str(about.get(name, "")) for name in ("title", "note")]
        return ": ".join(part for part in parts if part)

    @property
    def measure(self) -> str:
        """Name of the similarity."""
        used = self.record.get("similarity")
        return str(used.get("name", "")) if isinstance(used, Mapping) else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the result rests on."""
        notes = self.record.get("notes")
        return tuple(map(str, notes)) if isinstance(notes, list | tuple) else ()

    def strip(self, unit: Unit, most: int) -> list[tuple[bytes, Region | None]]:
        """Return the kept small pictures of a unit's strongest probes, each with its region."""
        pictured = [probe for probe in unit.strongest if probe.index in self.thumbs]
        return [(self.thumbs[probe.index], probe.region) for probe in pictured[:most]]

    def layer(self, path: str) -> Units:
        """Return the units of a layer.

        Raises:
            UnknownLayer: it was not dissected.
        """
        for units in self.layers:
            if units.layer == path:
                return units
        has = ", ".join(units.layer for units in self.layers)
        raise UnknownLayer(f"Layer {path[:80]!r} was not dissected: choose one of {has}.")

    def unit(self, path: str, number: int) -> Unit:
        """Return one unit.

        Raises:
            UnknownLayer: the layer was not dissected.
            BadOption: it has no such unit.
        """
        units = self.layer(path)
        if not 0 <= number < len(units):
            raise BadOption(f"{path} has no unit {number}: give 0 to {len(units) - 1}.")
        words = zip(
            units.words[number].tolist(),
            units.similarities[number].tolist(),
            units.margins[number].tolist(),
            strict=True,
        )
        return Unit(
            layer=path,
            number=number,
            words=tuple(
                Word(self.words[word], similarity, margin) for word, similarity, margin in words
            ),
            relative=float(units.relative[number]),
            p=float(units.p[number]),
            q=float(units.q[number]),
            inactive=bool(units.inactive[number]),
            labelled=bool(units.labelled[number]),
            mean=float(units.means[number]),
            strongest=tuple(self._strongest(units, number)),
            histogram=units.histogram[number],
            low=float(units.lows[number]),
            high=float(units.highs[number]),
        )

    def _strongest(self, units: Units, number: int) -> list[TopProbe]:
        rows = zip(
            units.probes[number].tolist(),
            units.activations[number].tolist(),
            units.positions[number].tolist(),
            strict=True,
        )
        return [
            TopProbe(probe, self.probes[probe], activation, region_of(position, units.grid))
            for probe, activation, position in rows
        ]

    def names(self, path: str) -> dict[int, str]:
        """Return the word of each labelled unit of a layer.

        Raises:
            UnknownLayer: the layer was not dissected.
        """
        units = self.layer(path)
        labelled = units.labelled.nonzero()[0].tolist()
        return {unit: self.words[units.words[unit, 0]] for unit in labelled}

    def labels(self, *, only_labelled: bool = False) -> tuple[Label, ...]:
        """Return the best word of each unit, as tables hold it; an inactive unit has none.

        Args:
            only_labelled: whether units that no word describes better than chance are left out.
        """
        return tuple(
            label
            for units in self.layers
            for number, label in enumerate(self._labels(units))
            if not only_labelled or units.labelled[number]
        )

    def _labels(self, units: Units) -> list[Label]:
        best = zip(
            units.words[:, 0].tolist(),
            units.similarities[:, 0].tolist(),
            units.inactive.tolist(),
            strict=True,
        )
        return [
            Label(units.layer, number, "", math.nan)
            if inactive
            else Label(units.layer, number, self.words[word], similarity)
            for number, (word, similarity, inactive) in enumerate(best)
        ]


def region_of(position: int, grid: tuple[int, int]) -> Region | None:
    """Return the part of the view that a position of a layer's grid stands for.

    Args:
        position: row * columns + column; -1 for none.
        grid: (rows, columns).

    Returns:
        None without a position.
    """
    rows, columns = grid
    if position < 0 or rows < 1:
        return None
    row, column = divmod(position, columns)
    return column / columns, row / rows, (column + 1) / columns, (row + 1) / rows


def title_of(dissection: Dissection) -> str:
    """Return what a dissection is called in lists: its model and its layers."""
    model = dissection.record["model"]
    name = "id" if isinstance(model, dict) and not str(model["id"]).endswith(":own") else "title"
    title = str(model[name]) if isinstance(model, dict) else ""
    layers = ", ".join(units.layer for units in dissection.layers)
    return f"{title} · {layers}"
