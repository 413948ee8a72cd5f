"""Bars of the prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import pytest

from core.figures.browser import predictions
from core.figures.browser.predictions import ROW, spoken
from core.figures.drawing import palette
from core.models.card import percent
from tests.core.figures.checked import checked


@dataclass(frozen=True)
class Guess:
    """Stands for a model's guess."""

    index: int
    name: str
    probability: float
    activation: str = "softmax"


def bars(guesses: Sequence[Guess], chosen: int | None = None) -> go.Figure:
    return checked(predictions.bars(guesses, chosen))


GUESSES = (Guess(7, "tabby", 0.61), Guess(3, "tiger cat", 0.3), Guess(1, "lynx <wild>", 0.0001))


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "> 99.9 %"), (0.9994, "99.9 %"), (0.25, "25.0 %"), (0.0, "< 0.1 %")],
)
def test_percent_never_rounds_to_certainty(share: float, text: str) -> None:
    assert percent(share) == text


def test_bars_are_as_long_as_the_probabilities() -> None:
    figure = bars(GUESSES)
    assert figure.data[1].x == (0.61, 0.3, 0.0001)
    assert figure.layout.xaxis.range == (0, 1)


def test_the_best_stands_out_unless_another_is_chosen() -> None:
    assert bars(GUESSES).data[1].marker.color[0] == palette.BAR
    marked = bars(GUESSES, chosen=3).data[1].marker.color
    assert marked == (palette.BAR_REST, palette.BAR, palette.BAR_REST)


def test_names_are_text_and_never_markup() -> None:
    texts = [note.text for note in bars(GUESSES).layout.annotations]
    assert "lynx &lt;wild&gt;" in texts


def test_a_long_name_does_not_run_into_the_probability() -> None:
    guesses = (
        Guess(1, "goldfinch that goes on for a very long name", 0.151),
        Guess(2, "x" * 60, 0.1),
    )
    figure = bars(guesses)
    names = [note for note in figure.layout.annotations if note.x == 0]
    shares = [note for note in figure.layout.annotations if note.x == 1]
    for name, share, row in zip(names, shares, (0, -1), strict=True):
        assert (name.yanchor, share.yanchor) == ("bottom", "middle")
        assert name.y > share.y == row, "the probability stands beside the bar, not the name"
        assert share.xanchor == "left"
        assert share.xshift + len(share.text) * 6.8 <= figure.layout.margin.r + 1
        assert "…" in name.text
        assert name.text.strip("<b>/")[:1] in "gx", "more than the ellipsis is left"
    assert figure.layout.margin.r > bars(GUESSES).layout.margin.r == bars(()).layout.margin.r


def test_height_is_the_same_before_the_guesses_are_there() -> None:
    assert bars(()).layout.height == bars(GUESSES).layout.height == 5 * ROW


def test_spoken_names_every_guess() -> None:
    assert spoken(GUESSES[:2]) == "tabby 61.0 %; tiger cat 30.0 %"


@pytest.mark.parametrize(("share", "word"), [(0.2, "20.0 %"), (0.199, "19.9 %, unsure")])
def test_a_best_guess_below_a_fifth_is_called_unsure(share: float, word: str) -> None:
    guesses = (Guess(7, "daisy", share), Guess(3, "bee", 0.08))
    texts = [note.text for note in bars(guesses).layout.annotations]
    assert word in texts
    assert "8.0 %" in texts, "a second guess is small without being unsure"
    assert spoken(guesses) == f"daisy {word}; bee 8.0 %"
    assert spoken(()) == ""
