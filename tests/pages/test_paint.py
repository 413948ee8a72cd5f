"""The painting component on the server: what it keeps, sends and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.requests.paintings import Painting
from pages.ui.classroom import paint

MASK = np.zeros((28, 28), bool)
MASK[3:9, 4:20] = True
PAINTING = Painting.of(MASK)
SENT = {"height": 28, "width": 28, "counts": PAINTING.counts}


class Browser:
    """Stands for Streamlit: a session, and a component that can be sent values from."""

    def __init__(self) -> None:
        self.session_state: dict[str, Any] = {}
        self.drawn: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.components = self.v2 = self

    def component(self, name: str, **code: str) -> Any:
        def draw(key: str, data: dict[str, Any], on_painting_change: Any) -> None:
            self.session_state.setdefault(key, {})
            self.drawn.append(data)
            self.changed = on_painting_change

        return draw

    def error(self, text: str) -> None:
        self.errors.append(text)

    def sends(self, value: object, key: str = "where") -> None:
        self.session_state[key] = {"painting": value}
        self.changed()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    made = Browser()
    monkeypatch.setattr(paint, "st", made)
    return made


def canvas(picture: str = "data:image/png;base64,AA", **named: Any) -> None:
    paint.canvas(picture, 28, 28, "where", label="Where?", **named)


def test_what_is_painted_is_kept_and_told_and_the_picture_is_sent_once(browser: Browser) -> None:
    told: list[Painting] = []
    canvas(on_change=told.append)
    assert paint.painted("where") is None
    assert browser.drawn[0]["runs"] == (784,), "nothing is painted"
    browser.sends(SENT)
    canvas(on_change=told.append)
    assert told == [PAINTING]
    assert paint.painted("where") == PAINTING
    assert browser.drawn[1] == browser.drawn[0], "what changes is sent again, with the picture"
    assert not browser.errors


def test_a_canvas_that_comes_back_begins_with_what_was_painted(browser: Browser) -> None:
    canvas()
    browser.sends(SENT)
    del browser.session_state["where"]  # as Streamlit does once a run has not drawn it
    canvas()
    assert browser.drawn[1]["runs"] == PAINTING.runs
    assert browser.drawn[1]["id"] == browser.drawn[0]["id"]


def test_an_answer_that_was_given_before_is_there_at_first(browser: Browser) -> None:
    canvas(start=PAINTING)
    assert browser.drawn[0]["runs"] == PAINTING.runs
    assert paint.painted("where") == PAINTING


def test_another_picture_begins_empty(browser: Browser) -> None:
    canvas()
    browser.sends(SENT)
    canvas("data:image/png;base64,BB")
    assert paint.painted("where") is None
    assert browser.drawn[1]["runs"] == (784,)
    assert browser.drawn[1]["id"] != browser.drawn[0]["id"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [SENT],
        {**SENT, "width": float("nan")},
        {**SENT, "counts": "x" * 10**6},
        {"height": 16, "width": 16, "counts": Painting.of(MASK[:16, :16]).counts},
    ],
)
def test_what_is_no_painting_is_refused_and_the_last_one_stays(
    value: object, browser: Browser
) -> None:
    canvas()
    browser.sends(SENT)
    canvas()
    browser.sends(value)
    canvas()
    assert paint.painted("where") == PAINTING
    assert len(browser.errors) == 1
    browser.sends(SENT)
    canvas()
    assert len(browser.errors) == 1, "a good one takes the error away"


def test_what_is_done_takes_nothing_any_more(browser: Browser) -> None:
    canvas(start=PAINTING, disabled=True)
    browser.sends({**SENT, "counts": Painting.of(~MASK).counts})
    assert paint.painted("where") == PAINTING
    assert browser.drawn[0]["disabled"] is True


def test_pixels_become_a_small_address(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paint, "_drawn", lambda digest, pixels: f"data:{digest}")
    one, other = np.zeros((5, 7, 3), np.uint8), np.ones((5, 7, 3), np.uint8)
    for pixels in (one, one.copy(), other):
        paint.canvas(pixels, 28, 28, "where", label="Where?")
    first, same, another = (data["picture"] for data in browser.drawn)
    assert first == same != another
