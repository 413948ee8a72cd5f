"""Better than a control, or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadOption, Cancelled
from core.measure.single.comparison import (
    Interval,
    is_better,
    paired,
    random_interval,
    random_passes,
)
from core.measure.single.controls import random_map
from core.measure.single.curves import DELETION
from core.measure.single.localisation import ENERGY
from core.measure.single.random_class import RANDOM_CLASS
from core.measure.single.single_deletion import SINGLE_DELETION
from core.measure.single.table import MEASURES
from core.requests.measures import MeasureSettings

NAN = float("nan")


def test_random_interval(linear) -> None:
    here, weight = linear()
    gives = (weight[0] * here.prepared.batch[0]).sum(0).numpy()
    signed = replace(here, heat=gives)
    values = [
        SINGLE_DELETION.run(random_map((20, 20), 0, number), here).value for number in range(50)
    ]
    interval = random_interval(SINGLE_DELETION, signed)
    assert interval.mean == pytest.approx(np.mean(values))
    assert (interval.low, interval.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))
    assert interval.beaten_by(SINGLE_DELETION.run(gives, signed).value, "higher")
    assert interval.beaten_by(-1, "higher") is False
    assert interval.beaten_by(interval.mean, "higher") is False


def test_deletion_of_a_good_map(linear) -> None:
    here, weight = linear(base="mean", steps=5)
    gives = (weight[0] - weight[1]).mul(here.prepared.batch[0]).sum(0).numpy()
    best = ((gives - gives.min()) / np.ptp(gives)).astype(np.float32)
    interval = random_interval(DELETION, here, count=20)
    assert interval.beaten_by(DELETION.run(best, here).value, "lower")
    assert interval.beaten_by(DELETION.run(1 - best, here).value, "lower") is False


def test_passes_are_those_that_random_maps_cannot_share(trial, monkeypatch) -> None:
    seen: list[int] = []
    logits = type(trial().classifier).logits

    def counted(self: object, batch: object, *given: object) -> object:
        seen.append(len(batch))
        return logits(self, batch, *given)

    monkeypatch.setattr(type(trial().classifier), "logits", counted)
    for measure in MEASURES.values():
        if measure.needs:
            continue
        seen.clear()
        random_interval(measure, trial(steps=5), count=3)
        assert sum(seen) == random_passes(measure, MeasureSettings(steps=5), 3), measure.name
    assert random_passes(SINGLE_DELETION, MeasureSettings()) == 17
    assert random_passes(DELETION, MeasureSettings()) == 2 + 50 * 27


def test_progress_rises_within_a_map_and_can_stop(trial) -> None:
    told: list[tuple[float, str]] = []

    def tick(fraction: float, stage: str = "") -> None:
        told.append((fraction, stage))
        if len(told) > 40:
            raise Cancelled

    with pytest.raises(Cancelled):
        random_interval(DELETION, trial(), tick=tick)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] < 1
    assert told[0][1] == "random map 1 of 50"


def test_nothing_defined(trial) -> None:
    here = replace(trial(), truth=np.zeros((32, 32), bool))
    interval = random_interval(ENERGY, here, count=3)
    assert np.isnan(interval.mean)
    assert interval.beaten_by(1, "higher") is None
    assert Interval(0, -1, 1).beaten_by(NAN, "lower") is None


def test_random_maps_have_no_method(explained) -> None:
    here, _ = explained()
    with pytest.raises(BadOption, match="random maps have no method"):
        random_interval(RANDOM_CLASS, here)


def test_paired_differences() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(size=60)  # what makes a picture hard is the same for both
    values, controls = hard + 0.3 + rng.normal(0, 0.2, 60), hard
    differences = paired(values, controls)
    assert differences.mean == pytest.approx(np.mean(values - controls))
    assert is_better(differences, "higher") is True
    assert is_better(differences, "lower") is False
    assert is_better(paired(controls, values), "lower") is True
    assert is_better(paired(hard + rng.permutation(hard), hard), "higher") is False
    gaps = paired([*values, NAN, 1], [*controls, 0, NAN])
    assert gaps == differences
    assert is_better(paired([NAN], [0]), "higher") is None


def test_a_control_has_no_signs(explained) -> None:
    here, original = explained()
    with_signs = replace(here, heat=original.heat)
    assert with_signs.of(None).heat is None
    assert with_signs.of(None).explain is None
    assert with_signs.of(replace(original, signed=False)).heat is None
    signed = replace(original, signed=True)
    assert here.of(signed, here.explain).heat is original.heat
    assert here.of(signed).memo is here.memo
