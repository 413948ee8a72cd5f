"""The classroom: who comes in, what is taken, and the sentence for what is not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.classroom import rooms as kept
from core.classroom.lesson import CASE, GUESS, PAINT
from core.classroom.room import Answer, Student
from core.classroom.rooms import Rooms
from core.errors import BadRoom
from core.requests.paintings import Painting
from pages.ui.classroom import painted, record
from pages.ui.parts import rooms
from pages.ui.parts.text import JOINER
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
LESSON = """title: A lesson
minutes: 5

# Guess and paint
view: heatmaps?picture=Cat&maps=grad-cam
guess: yes
paint: object

# Before
forecast: before
case: heatmaps?picture=Cat | Model A | Egyptian cat | teapot
case: heatmaps?picture=Marked+cat&model=efficientnet_lite0-shortcut | Model B | tabby | teapot

# After
forecast: after

# [x](http://y) ![z](http://z/a.png)
> Notes with <b>HTML</b>.

Text with ![a picture](http://evil/a.png), **bold** and :material/check:.
"""


def opened(**parameters: str) -> AppTest:
    """Open the page with parameters in its address."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    app.switch_page("pages/classroom.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    return settled(app.run())


def room(text: str = LESSON) -> tuple[Rooms, str, str]:
    """Start a room; return its code and the teacher's token."""
    code, token = rooms.rooms().start(text)
    return rooms.rooms(), code, token


def joined(code: str, name: str = "Ada") -> AppTest:
    """Come into a room."""
    app = opened(room=code)
    app.text_input(key="room_name").set_value(name)
    app.button(key="join_room").click().run()
    return app if app.error else settled(app)


def pills(app: AppTest, key: str, value: str) -> AppTest:
    """Choose an answer."""
    control = next(each for each in app.button_group if each.key == key)
    return settled(control.set_value(value).run())


def errors(app: AppTest) -> list[str]:
    return [unescaped(each.value) for each in (*app.error, *app.warning)]


def test_a_teacher_starts_a_room_of_a_lesson_that_comes_along() -> None:
    app = opened()
    app = settled(app.button(key="start_room").click().run())
    code = app.query_params["room"]
    assert rooms.rooms().is_teacher(code, app.query_params["teacher"])
    assert app.title[0].value == "A model that names pictures"
    assert not app.exception


def test_a_teacher_chooses_pictures() -> None:
    app = opened()
    app = settled(app.selectbox(key="lesson").set_value("Pictures of my choice").run())
    app = settled(app.multiselect(key="round_pictures").set_value(["flower", "cat"]).run())
    app = settled(app.button(key="start_room").click().run())
    lesson = rooms.rooms().room(app.query_params["room"]).lesson
    assert [screen.view.all("picture") for screen in lesson.screens if screen.view] == [
        ("Flower",),
        ("Cat",),
    ]
    assert all(screen.parts == (GUESS, PAINT) for screen in lesson.screens)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"room": "BBBB"}, "There is no room BBBB"),
        ({"room": "AEIO"}, "'AEIO' is no room code"),
        ({"room": "x" * 5000}, "is no room code"),
        ({"room": "<b>"}, "is no room code"),
    ],
)
def test_an_address_of_no_room_has_a_sentence_and_a_way_out(
    parameters: dict[str, str], words: str
) -> None:
    app = opened(**parameters)
    if not errors(app):  # the code may be right: joining says that there is no such room
        app = settled(app.button(key="join_room").click().run())
    (sentence,) = errors(app)
    assert words in sentence
    assert len(sentence) < 200


def test_only_the_token_makes_a_teacher() -> None:
    _, code, token = room()
    assert "not the teacher's address" in errors(opened(room=code, teacher="x" * 43))[0]
    assert opened(room=code, teacher=token).button(key="screen_next")
    with pytest.raises(KeyError):
        joined(code).button(key="screen_next")


def test_a_student_answers_and_sees_only_the_own_answer_before_the_reveal() -> None:
    here, code, token = room()
    app = joined(code)
    app = pills(app, f"{GUESS}_{code}_0", "Egyptian cat")
    assert [(one.part, one.value) for one in here.answers(code)] == [(GUESS, "Egyptian cat")]
    mask = np.zeros((28, 28), bool)
    mask[10:16, 8:14] = True
    (student,) = here.students(code)
    painting = Painting.of(mask)
    value = {"height": 28, "width": 28, "counts": painting.counts}
    here.answer(code, 0, PAINT, student.id, json.dumps(value))
    other = joined(code, "Bo")
    assert not any("The model says" in each.value for each in other.markdown)
    here.reveal(code, 0)
    app = settled(app.run())
    text = " ".join(unescaped(each.value) for each in app.markdown)
    assert "The model says **Egyptian cat**" in text
    assert "You are number **1** of 1" in text
    assert "Does the heat lie on the object?" in text
    assert not app.exception
    desk = opened(room=code, teacher=token)
    settled(desk.button(key="class_object").click().run())
    assert [each.name for each in desk.session_state["truths"].values()] == ["painted by the class"]


def test_an_answer_that_comes_too_late_has_a_sentence() -> None:
    here, code, _ = room()
    app = joined(code)
    control = next(each for each in app.button_group if each.key == f"{GUESS}_{code}_0")
    here.change(code, at=1)
    app = control.set_value("Egyptian cat").run()
    assert "this answer came too late" in errors(app)[0]
    assert not here.answers(code)


def test_a_full_room_has_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "STUDENTS", 1)
    _, code, _ = room()
    joined(code)
    assert f"Room {code} is full" in errors(joined(code, "Bo"))[0]


def test_who_does_not_follow_stays_so_on_other_pages() -> None:
    _, code, _ = room()
    app = joined(code)
    settled(app.toggle(key="follows").set_value(False).run())
    app.switch_page("pages/superpixels.py")
    app = app.run()
    assert app.title[0].value == "Superpixels"
    assert app.toggle(key="follows").value is False


def test_a_room_that_another_window_closed_is_no_fault_of_the_buttons() -> None:
    here, code, token = room()
    desk = opened(room=code, teacher=token)
    here.end(code)
    desk = desk.button(key="screen_next").click().run()
    assert not desk.exception
    assert f"There is no room {code}" in " ".join(errors(desk))


def test_a_closed_room_is_left() -> None:
    here, code, _ = room()
    app = joined(code)
    here.end(code)
    app = settled(app.run())
    assert f"There is no room {code}" in " ".join(errors(app))


def test_a_lesson_from_a_file_cannot_bring_links_or_pictures() -> None:
    here, code, _ = room()
    here.change(code, at=3)
    app = joined(code)
    title = app.title[0].value.replace(JOINER, "")
    assert title == "\\[x\\](http\\://y) !\\[z\\](http\\://z/a.png)"
    (text,) = (each.value for each in app.markdown if "bold" in each.value)
    assert f"://{JOINER}evil" in text, "Streamlit would make a link of it"
    text = text.replace(JOINER, "")
    assert "**bold**" in text
    assert "!\\[a picture\\](http\\://evil" in text
    assert "\\:material/check\\:" in text


def test_a_name_cannot_format_the_teachers_screen() -> None:
    _, code, token = room()
    joined(code, "**[x](http://y)**")
    desk = opened(room=code, teacher=token)
    captions = " ".join(each.value for each in desk.caption).replace(JOINER, "")
    assert "\\*\\*\\[x\\](http\\://y)\\*\\*" in captions


def test_the_record_knows_what_was_right_and_what_the_lesson_gave() -> None:
    here, code, _ = room()
    students = [f"{number:064x}" for number in range(6)]
    for student in students:
        here.join(code, student, "=1+1" if student == students[0] else "")
        here.answer(code, 0, GUESS, student, "egyptian cat")
    for at, second in ((1, "tabby"), (2, "teapot")):
        here.change(code, at=at)
        for student in students:
            here.answer(code, at, f"{CASE}0", student, "Egyptian cat")
            here.answer(code, at, f"{CASE}1", student, second)
    outcomes = record.outcomes(here.room(code))
    assert [outcome.at for outcome in outcomes] == [0, 1, 2]
    assert outcomes[0].right[GUESS] == "Egyptian cat"
    assert outcomes[1].right == {f"{CASE}0": "Egyptian cat", f"{CASE}1": "teapot"}
    gain = outcomes[2].gain
    assert gain is not None
    assert (gain.before, gain.after, gain.students) == (0.5, 1.0, 6)
    table = record.answers_csv(here.answers(code), outcomes).splitlines()
    assert len(table) == 1 + 5 * len(students)
    assert sum("'=1+1" in row for row in table) == 5
    assert sum(row.endswith("true,,,") or ",true" in row for row in table) == 4 * len(students)
    page = record.report_page(code, here.room(code).lesson, 6, outcomes, "today").decode()
    assert "Forecasts became better by 50 points" in page
    assert "python -m core explain" in page
    assert "data:image/jpeg" in page


GONE = """title: Gone

# A picture that is not there
view: heatmaps?picture=shared-AAAAAAAAAAAAAAAAAAAAAA&maps=grad-cam
guess: yes
ask: And this?
answers: one | two
"""


def test_a_picture_that_is_not_there_costs_nobody_the_room() -> None:
    _, code, token = room(GONE)
    for app in (joined(code), opened(room=code, teacher=token)):
        (sentence,) = (each.value for each in app.error)
        assert "is not here" in sentence
        assert not [each for each in app.button if each.label == "Enter another code"]
    app = joined(code, "Bo")
    assert app.button(key="leave_room")
    assert [each.key for each in app.button_group] == [f"ask_{code}_0"]


def test_a_teacher_who_comes_back_brings_the_class_back() -> None:
    here, code, token = room(GONE)
    here.change(code, shown="heatmaps?")
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    app.switch_page("pages/classroom.py")
    app.query_params["room"], app.query_params["teacher"] = code, token
    app.run()  # and nobody presses anything
    assert here.room(code).shown == ""


def test_of_two_windows_of_a_teacher_the_last_to_open_something_leads() -> None:
    here, code, token = room(GONE)
    first = opened(room=code, teacher=token)
    here.change(code, shown="heatmaps?picture=Cat")  # as the other window does
    settled(first.run())
    assert here.room(code).shown == "heatmaps?picture=Cat"


def test_pages_work_while_the_rooms_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Rooms:
        raise BadRoom("The rooms' file cannot be used.")

    monkeypatch.setattr(rooms, "rooms", broken)
    monkeypatch.setattr(rooms.visit, "tokens", lambda: ["x" * 43])
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    assert not app.run().exception


def test_an_empty_painting_is_none() -> None:
    empty = Painting.of(np.zeros((4, 4), bool))
    value = json.dumps({"height": 4, "width": 4, "counts": empty.counts})
    ada = Student("a", "Ada")
    assert painted.paintings([Answer(ada, 0, PAINT, value)]) == {}
    table = record.answers_csv([Answer(ada, 0, PAINT, value)], ())
    assert [len(row) for row in csv.reader(table.splitlines())] == [9, 9]
    assert "nan" not in table
