"""Words and p-values for the units of each layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.result.units import Units, describe
from core.concepts.run.activations import Tables
from core.concepts.run.progress import Course
from core.concepts.run.request import Request
from core.concepts.run.significance import best_of_random_probes, best_of_shuffled_units, p_values
from core.concepts.run.similarity import SIMILARITIES, SOFT_WPMI, WPMI, Pmi, scored
from core.explain.base import Tick

PMI: Mapping[str, Pmi] = {"wpmi": WPMI, "soft_wpmi": SOFT_WPMI}
"""The similarities that ask only which probes are a unit's strongest, and in which order."""


class Scoring:
    """One dissection's cosines, and one layer's answers in memory at a time."""

    def __init__(
        self,
        request: Request,
        tables: Tables,
        cosines: Tensor,
        numbers: npt.NDArray[np.int64],
        course: Course,
    ) -> None:
        """Remember what is scored.

        Args:
            request: what is asked.
            tables: answers of all layers.
            cosines: float32 (pictures, words).
            numbers: int64 (pictures,), their places in the probe set.
            course: told how far it is.
        """
        self._request, self._tables, self._course = request, tables, course
        self._cosines, self._numbers = cosines, numbers

    def layers(self) -> tuple[Units, ...]:
        """Return what was found out, by layer."""
        taps = self._tables.source.taps
        how = PMI.get(self._request.similarity)
        found: list[Units] = []
        commons: list[tuple[Tensor, int]] = []
        for at, tap in enumerate(taps):
            tick = self._course.part(tap.path, 0.5 / len(taps))
            tick(0.0, "similarity")
            answers = self._tables.answers(at)
            if how is None:
                similarity = SIMILARITIES[self._request.similarity](self._cosines, answers.values)
            else:
                similarity, common = scored(
                    self._cosines, answers.values, how, _during(tick, "similarity")
                )
                commons.append((common, tap.units))
            units = describe(
                tap, answers, similarity, self._numbers,
                top_words=self._request.top_words, top_probes=self._request.top_probes,
                bound=math.log(tap.units) if self._request.similarity == "soft_wpmi" else math.nan,
            )  # fmt: skip
            if how is None:
                units = self._against_shuffled(units, answers.values, tick)
            found.append(units)
        return tuple(found) if how is None else self._against_random(found, commons, how)

    def _against_random(
        self, found: Sequence[Units], commons: Sequence[tuple[Tensor, int]], how: Pmi
    ) -> tuple[Units, ...]:
        tick = self._course.part("chance", 0.4)
        null = best_of_random_probes(
            self._cosines, how, commons, self._request.draws, self._request.seed, tick
        )
        return tuple(
            units.with_chance(p_values(units.similarities[:, 0].astype(np.float64), row))
            for units, row in zip(found, null, strict=True)
        )

    def _against_shuffled(self, units: Units, values: Tensor, tick: Tick) -> Units:
        alive = values[:, torch.from_numpy(~units.dead)]
        if not alive.shape[1]:
            return units.with_chance(np.ones(len(units)))
        null = best_of_shuffled_units(
            self._cosines, alive, self._request.similarity, self._request.draws,
            self._request.seed, tick,
        )  # fmt: skip
        return units.with_chance(p_values(units.similarities[:, 0].astype(np.float64), null))


def _during(tick: Tick, stage: str) -> Callable[[float], None]:
    """Return a tick that always names the same stage."""
    return lambda fraction: tick(fraction, stage)
