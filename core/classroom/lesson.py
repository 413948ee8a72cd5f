"""A lesson: the screens that a class goes through, one after the other.

A lesson is written as a text (`lesson_file`), and a room holds that text alone. What a screen
shows is named by addresses of SeeWhy's pages, which stand for requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.requests.address import Page

Painted = Literal["", "model", "object"]
"""What is asked to be painted: where the model looks, or where the object is."""
Guessed = Literal["", "choices", "free"]
"""How the model's answer is guessed: from a few classes, or from all."""
Forecast = Literal["", "before", "after"]
GUESS, PAINT, ASK, CASE = "guess", "paint", "ask", "case"
"""Parts of a screen that students answer; a case has its number behind."""


@dataclass(frozen=True, slots=True)
class View:
    """A page with everything chosen on it.

    Attributes:
        page: `heatmaps`, for example.
        parameters: of the address, in order.
    """

    page: Page
    parameters: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a parameter."""
        return tuple(value for key, value in self.parameters if key == name)


@dataclass(frozen=True, slots=True)
class Case:
    """One picture of a forecast, and a model that is to be forecast.

    Attributes:
        view: names both.
        choices: class names that may be answered; empty for those that the model suggests.
        says: how the model is called in the question; empty for its title.
    """

    view: View
    choices: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the class sees and answers at one time.

    Attributes:
        title: its heading.
        text: Markdown for everybody.
        notes: Markdown for the teacher alone.
        view: a page to look at; its first picture and model are what is guessed and painted.
        guess: how to ask what the model will say.
        paint: what is painted.
        ask: a question with answers to choose from; empty without one.
        answers: to it.
        right: the right one of them; empty where there is none.
        choices: class names to guess from; empty for those that the model suggests.
        says: how the model is called in the question; empty for its title.
        forecast: whether its cases are asked before or after the lesson.
        cases: pictures of a forecast; nothing is revealed before the one afterwards.
    """

    title: str
    text: str = ""
    notes: str = ""
    view: View | None = None
    guess: Guessed = ""
    paint: Painted = ""
    ask: str = ""
    answers: tuple[str, ...] = ()
    right: str = ""
    choices: tuple[str, ...] = ()
    says: str = ""
    forecast: Forecast = ""
    cases: tuple[Case, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """What there is to answer, in the order in which it is asked."""
        asked = ((GUESS, bool(self.guess)), (PAINT, bool(self.paint)), (ASK, bool(self.ask)))
        cases = (f"{CASE}{number}" for number, _ in enumerate(self.cases))
        return (*(name for name, wanted in asked if wanted), *cases)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson.

    Attributes:
        title, summary: for people who choose one.
        minutes: it takes.
        screens: in order, one at least.
    """

    title: str
    summary: str
    minutes: int
    screens: tuple[Screen, ...]

    @property
    def is_forecast(self) -> bool:
        """Whether the same forecast is asked before and after."""
        asked = {screen.forecast for screen in self.screens}
        return {"before", "after"} <= asked
