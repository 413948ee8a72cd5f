"""The model's best guesses as bars."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Protocol

from core.figures.browser.figure import Figure
from core.figures.drawing import palette
from core.files.names import shorten
from core.models.card import percent
from core.requests.references import Activation

ROW = 40
ROOM = 28
"""Characters of a class name that the narrowest place has room for, about 220 pixels."""
SMALL = 12
"""Size of the probabilities in pixels."""
LETTER, GAP = 6.8, 8
"""Width of a character of a probability, and what is left of it, in pixels."""
PLACE = "100.0 %"
"""A probability is expected to take no more than this while there are no guesses."""
UNSURE = 0.2
"""A best guess of a softmax below this probability is called unsure."""


class Named(Protocol):
    """A class with its probability."""

    @property
    def index(self) -> int:
        """Place of the class's logit."""
        ...

    @property
    def name(self) -> str:
        """What the class is called."""
        ...

    @property
    def probability(self) -> float:
        """In [0, 1]."""
        ...

    @property
    def activation(self) -> Activation:
        """What made the probability of a logit."""
        ...


def confidence(guess: Named) -> str:
    """Return the probability of the best guess as a person reads it: `15.0 %, unsure`."""
    return f"{percent(guess.probability)}{', unsure' * is_unsure(guess)}"


def is_unsure(guess: Named) -> bool:
    """Return whether a best guess is called unsure.

    A low sigmoid says that the label does not hold, which may be quite sure.
    """
    return guess.activation == "softmax" and guess.probability < UNSURE


def bars(guesses: Sequence[Named], chosen: int | None = None, rows: int = 5) -> Figure:
    """Draw probabilities in [0, 1], the best first.

    The class names stand above the bars and the probabilities right of them: beside each other,
    a long name would run into the number, because the width of the figure is not known here.

    Args:
        guesses: the classes, best first.
        chosen: index of the class that stands out; the best when None.
        rows: rows the figure is high, also while there are no guesses.
    """
    shares = _shares(guesses)
    room = max(map(len, (*shares, PLACE))) * LETTER + GAP
    figure = Figure(
        height=rows * ROW,
        margin={"l": 0, "r": round(room), "t": 0, "b": 0, "autoexpand": False},
        barmode="overlay",
        dragmode=False,
        font={"size": 14},
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
        xaxis={"visible": False, "range": [0, 1], "fixedrange": True},
        yaxis={"visible": False, "range": [-(rows - 0.7), 0.7], "fixedrange": True},
    )
    places = [-float(row) for row in range(len(guesses))]
    marked = chosen if chosen is not None else (guesses[0].index if guesses else -1)
    colours = [palette.BAR if guess.index == marked else palette.BAR_REST for guess in guesses]
    for values, colour in (
        ([1.0] * len(places), palette.TRACK),
        ([guess.probability for guess in guesses], colours),
    ):
        figure.add(
            "bar",
            x=values,
            y=places,
            orientation="h",
            width=0.2,
            marker={"color": colour},
            showlegend=False,
            hoverinfo="skip",
        )
    for place, guess, share in zip(places, guesses, shares, strict=True):
        name = html.escape(shorten(guess.name, ROOM))
        strong = f"<b>{name}</b>" if guess.index == marked else name
        figure.annotate(
            x=0, y=place + 0.14, xanchor="left", yanchor="bottom", borderpad=0, text=strong
        )
        figure.annotate(
            x=1,
            y=place,
            xanchor="left",
            yanchor="middle",
            xshift=GAP,
            borderpad=0,
            text=share,
            font={"size": SMALL},
        )
    return figure


def spoken(guesses: Sequence[Named]) -> str:
    """Return the guesses as one line, for screen readers and captions."""
    shares = _shares(guesses)
    return "; ".join(f"{each.name} {share}" for each, share in zip(guesses, shares, strict=True))


def _shares(guesses: Sequence[Named]) -> list[str]:
    """Probabilities as text; the first says whether the model is unsure."""
    best = [confidence(guess) for guess in guesses[:1]]
    return best + [percent(guess.probability) for guess in guesses[1:]]
