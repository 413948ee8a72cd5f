"""What an audit says: every sentence beside what chance gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.measure.audit.findings import Findings, findings
from core.measure.audit.places import Need
from core.measure.audit.rates import Rate
from core.measure.audit.words import shortcut_lines, shortcut_sentence, summary
from tests.core.measure.audit.made import EVEN, row

NAMES = ("cat", "dog", "bird")


def found_of(confidence: float, right: int, count: int = 100) -> Findings:
    rows = [
        row(n, 0, 0 if n < right else 1, confidence, true_probability=0.5) for n in range(count)
    ]
    return findings(rows, NAMES, 3)


def test_calibration_in_words() -> None:
    assert "surer than it is right" in summary(found_of(0.95, 60))[1]
    assert "right more often than it says" in summary(found_of(0.4, 90))[1]
    assert "neither too much nor too little" in summary(found_of(0.8, 80))[1]
    assert "80.0 % (95 % interval" in summary(found_of(0.8, 80))[0]


def test_nothing_known_is_one_sentence() -> None:
    said = summary(findings([row(0), row(1)], NAMES, 3))
    assert "None of 2 pictures has a known class" in said[0]
    assert not any("confidence" in each for each in said)


def suspected() -> Findings:
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        shares = EVEN + rng.uniform(0, 0.01, 9).astype(np.float32)
        shares[8] += 2.0 * (number < 8)
        guess = 2 if number < 8 else number % 2
        rows.append(row(number, number % 2, guess, places=shares / shares.sum()))
    return findings(rows, NAMES, 3)


def test_a_shortcut_is_named_only_where_it_is_needed() -> None:
    found = suspected()
    (one,) = found.shortcuts
    assert "Too few pictures" in shortcut_sentence(found, one)
    assert "No place was found" in shortcut_lines(found)[0]
    for after, words in (
        (0.1, "Possible shortcut: bird by the bottom right corner: "),
        (0.9, "it does not decide the class"),
    ):
        need = Need(2, 8, 8, 0.95, after, 0.93, 0.004, *(Rate(0, 8),) * 3)
        judged = replace(found, shortcuts=(replace(one, need=need),))
        assert words in shortcut_sentence(judged, judged.shortcuts[0])
        assert ("Possible shortcut" in shortcut_lines(judged)[0]) == (after < 0.5)
    assert "covering the other corners to 0.93" in shortcut_sentence(judged, judged.shortcuts[0])


def test_few_pictures_are_said_not_to_be_tested() -> None:
    few = findings([row(n, 0, n % 3) for n in range(6)], NAMES, 3)
    assert "Shortcuts were not looked for: 0 of 3 predicted classes" in shortcut_lines(few)[0]
