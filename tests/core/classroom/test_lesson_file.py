"""Lessons: what a teacher writes, and the sentence for what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom import lesson_file, lessons
from core.classroom.lesson import Case, View
from core.errors import BadLabels, BadLesson

HEAD = "title: T\n\n"
VIEW = "view: heatmaps?picture=Cat&maps=grad-cam\n"


def test_a_lesson_is_read() -> None:
    lesson = lesson_file.parse(
        "title: Where?\nminutes: 12\nsummary: A map: how it is made.\n\n"
        "# First: guess\nview: http://localhost:8501/heatmaps?picture=Coffee+cup&maps=grad-cam\n"
        "Guess: YES\npaint: object\nchoices: a | b | a\nsays: Model A\n\n"
        "Some *text*.\n\n- one\n- two\n\n> Notes.\n>\n> More: notes.\n"
        "# Second\nask: Which?\nanswers: red | blue\nright: blue\n"
    )
    assert (lesson.title, lesson.minutes, lesson.summary) == (
        "Where?",
        12,
        "A map: how it is made.",
    )
    first, second = lesson.screens
    assert first.title == "First: guess"
    assert first.view == View("heatmaps", (("picture", "Coffee cup"), ("maps", "grad-cam")))
    assert (first.guess, first.paint, first.choices) == ("choices", "object", ("a", "b"))
    assert first.says == "Model A"
    assert first.text == "Some *text*.\n\n- one\n- two"
    assert first.notes == "Notes.\n\nMore: notes."
    assert first.parts == ("guess", "paint")
    assert (second.ask, second.answers, second.right) == ("Which?", ("red", "blue"), "blue")
    assert second.parts == ("ask",)
    assert not lesson.is_forecast


def test_a_text_may_begin_with_a_word_and_a_colon() -> None:
    (screen,) = lesson_file.parse(f"{HEAD}# S\n\nNote: this is text.\n").screens
    assert screen.text == "Note: this is text."
    (screen,) = lesson_file.parse(f"{HEAD}# S\nThis is text: all of it.\n").screens
    assert screen.text == "This is text: all of it."


def test_each_picture_that_is_guessed_has_a_screen() -> None:
    text = f"{HEAD}# Guess\nview: heatmaps?picture=Cat&picture=Flower&maps=a&maps=b\nguess: yes\n"
    one, two = lesson_file.parse(text).screens
    assert (one.title, two.title) == ("Guess (1 of 2)", "Guess (2 of 2)")
    assert one.view == View("heatmaps", (("picture", "Cat"), ("maps", "a"), ("maps", "b")))
    assert two.view is not None
    assert two.view.all("picture") == ("Flower",)


def test_the_second_forecast_asks_what_the_first_asked() -> None:
    lesson = lesson_file.parse(
        f"{HEAD}# Before\nforecast: before\ncase: heatmaps?picture=Cat | Model A | x | y\n"
        "case: heatmaps?picture=Flower\n# After\nforecast: after\n"
    )
    before, after = lesson.screens
    assert before.cases == after.cases
    assert before.cases[0] == Case(View("heatmaps", (("picture", "Cat"),)), ("x", "y"), "Model A")
    assert after.parts == ("case0", "case1")
    assert lesson.is_forecast


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no title"),
        ("title: T", "1 to 60 screens"),
        ("minutes: 3\n# S\n", "no title"),
        ("title: T\nminutes: soon\n# S\n", "from 1 to 600"),
        ("title: T\nminutes: 0\n# S\n", "from 1 to 600"),
        ("title: T\ntitle: U\n# S\n", "second time"),
        ("title: T\nsize: 3\n# S\n", "field 'size'"),
        (f"title: {'x' * 500}\n# S\n", "too long"),
        (f"{HEAD}text\n# S\n", "begins with its fields"),
        (f"{HEAD}# S\ncolour: red\n", "Line 4 has a field 'colour'"),
        (f"{HEAD}# S\nguess: maybe\n", "use no or yes or free"),
        (f"{HEAD}# S\nguess: yes\n", "nothing to guess or paint"),
        (f"{HEAD}# S\nview: heatmaps\nguess: yes\n", "names no picture"),
        (f"{HEAD}# S\nview: passwd?picture=Cat\n", "no page 'passwd'"),
        (f"{HEAD}# S\nview: heatmaps?{'a=b&' * 99}\n", "more than 60 parameters"),
        (f"{HEAD}# S\nask: Why?\n", "belong together"),
        (f"{HEAD}# S\nask: Why?\nanswers: one\n", "give 2 to 8"),
        (f"{HEAD}# S\nask: Why?\nanswers: a | b\nright: c\n", "none of the answers"),
        (f"{HEAD}# S\nforecast: before\n", "belong together"),
        (f"{HEAD}# S\nforecast: after\n", "no forecast before"),
        (f"{HEAD}# S\nforecast: before\ncase: heatmaps?maps=a\n", "names one picture"),
        (f"{HEAD}# S\nforecast: before\n" + "case: heatmaps?picture=Cat\n" * 13, "at most 12"),
        (f"{HEAD}# S\nforecast: before\ncase: heatmaps?picture=Cat\n{VIEW}guess: yes\n", "alone"),
        (HEAD + "# S\n" * 61, "1 to 60 screens"),
        (f"{HEAD}# S\n{'x' * 70_000}", "64 kB"),
        (f"{HEAD}# S\nview: heatmaps?picture={'x' * 5000}\n", "too long"),
    ],
)
def test_what_cannot_be_read_has_one_sentence(text: str, words: str) -> None:
    with pytest.raises(BadLesson, match=words) as caught:
        lesson_file.parse(text)
    assert str(caught.value).count("\n") == 0
    assert len(str(caught.value)) < 400


@given(st.text(max_size=300))
def test_any_text_is_a_lesson_or_refused(text: str) -> None:
    for content in (text, f"{HEAD}# S\n{text}", f"{HEAD}# S\nview: {text}\ncase: {text}\n"):
        try:
            lesson_file.parse(content)
        except BadLesson:
            continue


def test_a_file_is_text_of_a_bounded_size() -> None:
    text = f"{HEAD}# S\n"
    assert lesson_file.lesson_from(b"\xef\xbb\xbf" + text.encode(), "a.md") == text
    with pytest.raises(BadLesson, match=r"a\.md has 97 kB"):
        lesson_file.lesson_from(b"x" * 100_000, "a.md")
    with pytest.raises(BadLabels):
        lesson_file.lesson_from(b"\x89PNG\r\n\x1a\n\x00\x00", "a.md")


def test_the_lessons_that_come_along_can_be_held() -> None:
    known = {name: lesson_file.parse(text) for name, text in lessons.texts().items()}
    assert len(known) == 6
    for lesson in known.values():
        assert 10 <= lesson.minutes <= 15
        assert lesson.summary
        assert any(screen.parts for screen in lesson.screens)
        assert any(screen.notes for screen in lesson.screens)
    assert [name for name, lesson in known.items() if lesson.is_forecast] == ["cheat"]
    (before,) = (s for s in known["cheat"].screens if s.forecast == "before")
    assert len(before.cases) == 6
