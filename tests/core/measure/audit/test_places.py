"""Where maps lie, and what covering a place does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.measure.audit.findings import covered_rows, suspects
from core.measure.audit.places import (
    AREAS,
    FEWEST,
    MOST,
    Covered,
    kind_of,
    looks,
    need,
    place_map,
    shares_of,
)
from core.requests.audits import PLACES
from tests.core.measure.audit.made import EVEN, row


def test_places_are_a_partition() -> None:
    places = place_map(224, 224)
    shares = np.bincount(places.ravel()) / places.size
    assert shares == pytest.approx(AREAS)
    assert sum(AREAS) == 1
    names = {PLACES[places[y, x]] for y, x in ((0, 0), (0, 223), (223, 0), (223, 223))}
    assert names == {
        "top left corner",
        "top right corner",
        "bottom left corner",
        "bottom right corner",
    }
    assert PLACES[places[112, 112]] == "centre"
    assert PLACES[places[223, 112]] == "bottom edge"


def test_shares_of_a_map() -> None:
    shown = np.zeros((8, 12), np.float32)
    assert shares_of(shown) is None
    shown[6:, 9:] = 0.5
    shown[3, 5] = 1.0
    shares = shares_of(shown)
    assert shares is not None
    assert shares[8] == pytest.approx(3 / 4)
    assert shares[4] == pytest.approx(1 / 4)
    assert shares_of(np.ones((8, 8), np.float32)) == pytest.approx(EVEN)


def maps(count: int, guess: int, place: int | None, start: int) -> list:
    rng = np.random.default_rng(start)
    made = []
    for number in range(count):
        shares = EVEN + rng.uniform(0, 0.02, 9).astype(np.float32)
        if place is not None:
            shares[place] += 1.5
        made.append(row(start + number, guess, guess, places=shares / shares.sum()))
    return made


def test_a_corner_that_one_class_looks_at_is_found() -> None:
    rows = [*maps(8, 0, 8, 0), *maps(8, 1, None, 100), *maps(8, 2, None, 200)]
    first, *rest = looks(rows)
    assert (first.guess, PLACES[first.place], first.is_alone) == (0, "bottom right corner", True)
    assert not any(each.is_alone for each in rest)
    own = np.array([each.places[8] for each in rows[:8]], np.float64)
    others = np.array([each.places[8] for each in rows[8:]], np.float64)
    assert first.beside.p == pytest.approx(
        stats.mannwhitneyu(own, others, alternative="greater").pvalue
    )
    assert first.share == pytest.approx(np.median(own))
    (found,) = suspects((first, *rest), ())
    assert (found.index, found.place, found.is_used) == (0, 8, False)


def test_no_wolf_is_cried() -> None:
    """Not by chance, not where two classes look there, not of the centre, not of few."""
    assert not any(e.is_alone for e in looks([*maps(30, 0, None, 0), *maps(30, 1, None, 100)]))
    both = [*maps(8, 0, 8, 0), *maps(8, 1, 8, 100), *maps(20, 2, None, 200)]
    assert not any(each.is_alone for each in looks(both))
    centre = [*maps(8, 0, 4, 0), *maps(8, 1, 0, 100)]
    assert {each.place for each in suspects(looks(centre), ())} == {0}
    few = [*maps(FEWEST - 1, 0, 8, 0), *maps(8, 1, None, 100), *maps(8, 2, None, 200)]
    assert {each.guess for each in looks(few)} == {1, 2}
    assert looks(maps(20, 0, 8, 0)) == (), "one class has nothing to be compared with"
    assert looks([row(0), row(1)]) == ()


def covered(drop: float, count: int = 8) -> list:
    rng = np.random.default_rng(0)
    return [
        (
            row(n, 1, 0),
            Covered(
                before=0.95,
                probabilities=(0.9, 0.94, 0.93, 0.92 - drop - float(rng.uniform(0, 0.01))),
                guesses=(0, 0, 0, 1 if drop else 0),
            ),
        )
        for n in range(count)
    ]


def test_a_place_is_needed_where_covering_it_costs_more_than_others() -> None:
    assert kind_of(8) == (0, 2, 6, 8)
    made = need(0, 8, covered(0.8))
    assert made.is_needed
    assert made.others == pytest.approx(np.mean([0.9, 0.94, 0.93]))
    after = np.array([each.probabilities[3] for _, each in covered(0.8)])
    assert made.after == pytest.approx(after.mean())
    assert made.p == pytest.approx(
        stats.wilcoxon(np.full(8, made.others) - after, alternative="greater").pvalue
    )
    assert (made.right_before.value, made.right_after.value, made.right_others.value) == (0, 1, 0)
    assert made.right_others.of == 24
    assert not need(0, 8, covered(0.0)).is_needed, "without a cost it is not needed"
    assert not need(0, 8, covered(0.8, 4)).is_needed, "four pictures cannot tell"
    same = [(row(0), Covered(0.5, (0.5,) * 4, (0,) * 4))] * 6
    assert need(0, 8, same).p == 1


def test_pictures_to_cover_are_drawn_with_the_seed() -> None:
    rows = [row(n, 0, n % 2) for n in range(4 * MOST)]
    chosen = covered_rows(rows, 1, 5)
    assert len(chosen) == MOST
    assert all(rows[at].guess == 1 for at in chosen)
    assert chosen == covered_rows(rows, 1, 5) != covered_rows(rows, 1, 6)
    assert covered_rows(rows[:8], 1, 5) == ()
