"""Words and p-values for the units of each layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.result.units import Units
from core.concepts.run.activations import Tables
from core.concepts.run.describe_units import describe
from core.concepts.run.inputs import Inputs
from core.concepts.run.pointwise import PMI, Pmi, score
from core.concepts.run.progress import Course
from core.concepts.run.significance import (
    against,
    best_of_random_probes,
    best_of_shuffled_units,
    draws_for,
)
from core.concepts.run.similarity import SIMILARITIES, terms_of
from core.explain.base import Tick
from core.requests.dissections import DissectionRequest


def draws_of(
    request: DissectionRequest, units: Sequence[int], pictures: int, words: int
) -> list[int]:
    """Return how many random units each layer is compared with.

    Args:
        request: what is asked for.
        units: of each layer.
        pictures: probes.
        words: that the encoder knows.
    """
    terms = terms_of(request.similarity, pictures, words)
    if request.similarity in PMI:  # one null serves all layers
        return [draws_for(max(units), request.draws, terms)] * len(units)
    return [draws_for(count, request.draws, terms) for count in units]


class Scoring:
    """One dissection's cosines, and one layer's activations in memory at a time.

    Attributes:
        draws: random units that each layer is compared with.
    """

    def __init__(
        self,
        inputs: Inputs,
        tables: Tables,
        cosines: Tensor,
        numbers: npt.NDArray[np.int64],
        course: Course,
    ) -> None:
        """Remember what is scored.

        Args:
            inputs: what is asked for.
            tables: activations of all layers.
            cosines: float32 (pictures, words).
            numbers: int64 (pictures,), their indices in the probe set.
            course: told how far it is.
        """
        self._request, self._taps = inputs.request, inputs.taps
        self._tables, self._course = tables, course
        self._cosines, self._numbers = cosines, numbers
        units = [tap.units for tap in inputs.taps]
        self.draws = draws_of(inputs.request, units, *cosines.shape)

    def layers(self) -> tuple[Units, ...]:
        """Return what is known about the units, by layer."""
        how = PMI.get(self._request.similarity)
        layers: list[Units] = []
        commons: list[tuple[Tensor, int]] = []
        for number, tap in enumerate(self._taps):
            tick = self._course.part(tap.path, 0.5 / len(self.draws))
            tick(0.0, "similarity")
            activations = self._tables.activations(number)
            values = activations.values
            if how is None:
                similarity = SIMILARITIES[self._request.similarity](self._cosines, values)
            else:
                similarity, common = score(self._cosines, values, how, _during(tick, "similarity"))
                commons.append((common, tap.units))
            units = describe(
                tap,
                activations,
                similarity,
                self._numbers,
                top_words=self._request.top_words,
                top_probes=self._request.top_probes,
                bound=math.log(tap.units) if self._request.similarity == "soft_wpmi" else math.nan,
            )
            if how is None:
                units = self._against_shuffled(units, values, self.draws[number], tick)
            layers.append(units)
        return tuple(layers) if how is None else self._against_random(layers, commons, how)

    def _against_random(
        self, layers: Sequence[Units], commons: Sequence[tuple[Tensor, int]], how: Pmi
    ) -> tuple[Units, ...]:
        tick = self._course.part("chance", 0.4)
        null = best_of_random_probes(
            self._cosines, how, commons, self.draws[0], self._request.seed, tick
        )
        return tuple(against(units, row) for units, row in zip(layers, null, strict=True))

    def _against_shuffled(self, units: Units, values: Tensor, draws: int, tick: Tick) -> Units:
        active = values[:, torch.from_numpy(~units.inactive)]
        if not active.shape[1]:
            return units
        null = best_of_shuffled_units(
            self._cosines, active, self._request.similarity, draws, self._request.seed, tick
        )
        return against(units, null)


def _during(tick: Tick, stage: str) -> Callable[[float], None]:
    """Return a tick that always names the same stage."""
    return lambda fraction: tick(fraction, stage)
