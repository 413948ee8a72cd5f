"""Concepts that drive errors, and concepts of one class."""

from __future__ import annotations

import pytest
from scipy import stats

from core.measure.audit.concepts import Drivers, class_concepts, error_concepts
from tests.core.measure.audit.made import row


def test_drivers_are_the_first_with_enough() -> None:
    shares = (("cat", 0.5), ("dog", 0.2), ("sky", 0.009), ("sea", 0.008))
    assert Drivers(shares).driving == ("cat", "dog")
    assert Drivers(()).driving == ()
    many = tuple((f"word {n}", 0.03) for n in range(9))
    assert Drivers(many).driving == ("word 0", "word 1", "word 2", "word 3", "word 4")


def rows_of(errors: int, right: int, common: int) -> list:
    wrong = [row(n, 0, 1, concepts=("snow", "dog") if n < errors else ("dog",)) for n in range(20)]
    good = [
        row(100 + n, 0, 0, concepts=("snow",) if n < right else ("cat",) if n < common else ())
        for n in range(40)
    ]
    return [*wrong, *good]


def test_a_concept_of_errors_is_found_by_fishers_test() -> None:
    rows = [*rows_of(12, 2, 40), row(500, concepts=("snow",)), row(501, 0, 1)]
    found = {each.concept: each for each in error_concepts(rows)}
    snow = found["snow"]
    assert ((snow.errors.count, snow.errors.of), (snow.right.count, snow.right.of)) == (
        (12, 20),
        (2, 40),
    )
    assert snow.p == pytest.approx(stats.fisher_exact([[12, 8], [2, 38]]).pvalue)
    assert snow.drives_errors
    assert not found["cat"].drives_errors, "it drives right answers"
    ps = [found[name].p for name in ("snow", "dog", "cat")]
    qs = stats.false_discovery_control(ps)
    assert [found[name].q for name in ("snow", "dog", "cat")] == pytest.approx(qs)


def test_nothing_is_found_by_chance_or_without_both_sides() -> None:
    assert not any(
        e.drives_errors for e in error_concepts(rows_of(4, 8, 40)) if e.concept == "snow"
    )
    assert error_concepts([row(0, 0, 0, concepts=("a",))]) == ()
    assert error_concepts([row(0, 0, 1, concepts=("a",))]) == ()
    assert error_concepts([]) == ()


def test_a_concept_of_one_class() -> None:
    own = [row(n, guess=0, concepts=("mark", "dog")) for n in range(8)]
    others = [row(50 + n, guess=1 + n % 2, concepts=("dog",)) for n in range(30)]
    (found,) = class_concepts([*own, *others])
    assert (found.concept, found.guess, found.inside.count, found.outside.count) == (
        "mark",
        0,
        8,
        0,
    )
    assert class_concepts(own[:4] + others[:4]) == ()
    assert class_concepts(own) == ()
