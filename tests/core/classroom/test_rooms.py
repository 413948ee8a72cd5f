"""Rooms: what is accepted stays, what is not has a sentence, and everything has a bound."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.classroom import codes, rooms
from core.classroom.lesson import ASK, GUESS, PAINT
from core.classroom.rooms import Rooms
from core.errors import BadLesson, BadRoom

LESSON = """title: A lesson
minutes: 5

# First
view: heatmaps?picture=Cat&maps=grad-cam
guess: yes
paint: model

# Second
ask: Yes?
answers: yes | no
right: yes
"""
ADA, BOB = "a" * 64, "b" * 64


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(clock: Clock, tmp_path: Path) -> Iterator[Rooms]:
    made = Rooms(tmp_path / "rooms.sqlite", clock)
    yield made
    made.close()


@pytest.fixture
def code(kept: Rooms) -> str:
    return kept.start(LESSON)[0]


def test_a_room_begins_at_the_first_screen(kept: Rooms) -> None:
    code, token = kept.start(LESSON)
    room = kept.room(code)
    assert (room.at, room.revealed, room.shown, room.leads) == (0, False, "", True)
    assert room.screen.parts == (GUESS, PAINT)
    assert kept.is_teacher(code, token)
    assert not kept.is_teacher(code, codes.new_token())
    assert not kept.is_teacher(code, "")
    assert not kept.is_teacher("BBBB", token)


def test_what_is_no_lesson_opens_no_room(kept: Rooms) -> None:
    with pytest.raises(BadLesson):
        kept.start("title: nothing to see")


def test_an_unknown_code_has_a_sentence(kept: Rooms) -> None:
    with pytest.raises(BadRoom, match="There is no room BBBB"):
        kept.room("BBBB")


def test_students_have_names_or_numbers(kept: Rooms, code: str) -> None:
    assert kept.join(code, ADA, "  Ada\n Lovelace ").name == "Ada Lovelace"
    assert kept.join(code, BOB).name == "Student 2"
    assert kept.join(code, ADA, "Ada").name == "Ada"
    assert [one.name for one in kept.students(code)] == ["Ada", "Student 2"]
    assert kept.student(code, "c" * 64) is None


def test_who_leaves_is_not_waited_for_and_may_come_back(kept: Rooms, code: str) -> None:
    kept.join(code, ADA, "Ada")
    kept.join(code, BOB, "Bo")
    kept.answer(code, 0, GUESS, ADA, "tabby")
    kept.answer(code, 0, PAINT, ADA, "{}")
    assert kept.counts(code, 0) == (2, 1)
    kept.leave(code, ADA)
    assert [one.name for one in kept.students(code)] == ["Bo"]
    assert kept.counts(code, 0) == (1, 0)
    assert kept.student(code, ADA) is None
    assert [one.value for one in kept.answers(code, 0)] == ["tabby", "{}"], "it was said"
    with pytest.raises(BadRoom, match="not in room"):
        kept.answer(code, 0, GUESS, ADA, "lynx")
    assert kept.join(code, ADA, "").name == "Student 1"
    assert kept.counts(code, 0) == (2, 1)


def test_a_room_is_lively_for_half_an_hour(kept: Rooms, code: str, clock: Clock) -> None:
    assert kept.lively() == (code,)
    clock.now += rooms.LIVELY + 1
    assert kept.lively() == ()
    kept.change(code, at=1)
    assert kept.lively() == (code,)


def test_a_full_room_takes_nobody_new(
    kept: Rooms, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "STUDENTS", 1)
    kept.join(code, ADA)
    kept.join(code, ADA, "again")
    with pytest.raises(BadRoom, match="is full"):
        kept.join(code, BOB)


def test_a_server_has_room_for_so_many(kept: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "ROOMS", 2)
    kept.start(LESSON)
    code = kept.start(LESSON)[0]
    with pytest.raises(BadRoom, match="no place for another room"):
        kept.start(LESSON)
    kept.end(code)
    kept.start(LESSON)


def test_a_later_answer_replaces_the_one_before(kept: Rooms, code: str) -> None:
    kept.join(code, ADA, "Ada")
    kept.answer(code, 0, GUESS, ADA, "tabby")
    kept.answer(code, 0, GUESS, ADA, "lynx")
    (answer,) = kept.answers(code, 0)
    assert (answer.student.name, answer.part, answer.value) == ("Ada", GUESS, "lynx")
    assert kept.mine(code, 0, ADA) == {GUESS: "lynx"}
    assert kept.counts(code, 0) == (1, 0)
    kept.answer(code, 0, PAINT, ADA, "{}")
    assert kept.counts(code, 0) == (1, 1)
    assert kept.finished(code, 0) == {ADA}


@pytest.mark.parametrize(
    ("at", "part", "student", "value", "words"),
    [
        (1, ASK, ADA, "yes", "too late"),
        (0, ASK, ADA, "yes", "something else"),
        (0, GUESS, BOB, "tabby", "not in room"),
        (0, GUESS, ADA, "", "empty"),
        (0, GUESS, ADA, "x" * 5000, "longer than"),
    ],
)
def test_what_is_not_taken_has_a_sentence(
    kept: Rooms, code: str, at: int, part: str, student: str, value: str, words: str
) -> None:
    kept.join(code, ADA)
    with pytest.raises(BadRoom, match=words):
        kept.answer(code, at, part, student, value)
    assert not kept.answers(code)


def test_nothing_is_taken_after_the_reveal_even_when_the_class_comes_back(
    kept: Rooms, code: str
) -> None:
    kept.join(code, ADA)
    kept.reveal(code, 0)
    assert kept.room(code).revealed
    with pytest.raises(BadRoom, match="too late"):
        kept.answer(code, 0, GUESS, ADA, "tabby")
    kept.change(code, at=1)
    assert not kept.room(code).revealed
    kept.change(code, at=0)
    with pytest.raises(BadRoom, match="too late"):
        kept.answer(code, 0, GUESS, ADA, "tabby")


def test_one_phone_cannot_flood_a_room(kept: Rooms, code: str, clock: Clock) -> None:
    kept.join(code, ADA)
    kept.join(code, BOB)
    for number in range(12):
        kept.answer(code, 0, GUESS, ADA, str(number))
    for number in range(100, 1100):
        with pytest.raises(BadRoom, match="too fast"):
            kept.answer(code, 0, GUESS, ADA, str(number))
    kept.answer(code, 0, GUESS, BOB, "tabby")
    clock.now += 2
    kept.answer(code, 0, GUESS, ADA, "tabby")


def test_the_place_stays_within_the_lesson(kept: Rooms, code: str) -> None:
    kept.change(code, at=99)
    assert kept.room(code).at == 1
    kept.change(code, at=-3)
    assert kept.room(code).at == 0
    with pytest.raises(TypeError):
        kept.change(code, lesson="another")


def test_the_version_grows_with_what_students_see(kept: Rooms, code: str) -> None:
    seen = [kept.room(code).version]
    kept.change(code, at=0)
    assert kept.room(code).version == seen[-1], "nothing changed"
    for change in ({"at": 1}, {"shown": "heatmaps?picture=Cat"}, {"leads": False}):
        kept.change(code, **change)
        seen.append(kept.room(code).version)
    kept.reveal(code, 1)
    seen.append(kept.room(code).version)
    assert seen == sorted(set(seen))


def test_what_a_teacher_changes_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    kept = Rooms(tmp_path / "told.sqlite", on_change=told.append)
    code, _ = kept.start(LESSON)
    student = kept.join(code, ADA)
    kept.answer(code, 0, GUESS, student.id, "tabby")
    assert told == []  # what one student does is nothing that the others see
    for change in (
        lambda: kept.change(code, at=1),
        lambda: kept.reveal(code, 1),
        lambda: kept.end(code),
    ):
        told.clear()
        change()
        assert told == [code]
    kept.close()


def test_what_stays_as_it_is_is_not_told(tmp_path: Path) -> None:
    told: list[str] = []
    kept = Rooms(tmp_path / "told.sqlite", on_change=told.append)
    code, _ = kept.start(LESSON)
    kept.change(code, at=0, leads=kept.room(code).leads)
    assert told == []
    kept.close()


def test_a_closed_room_is_gone_with_all_answers(kept: Rooms, code: str, tmp_path: Path) -> None:
    kept.join(code, ADA)
    kept.answer(code, 0, GUESS, ADA, "tabby")
    kept.end(code)
    with pytest.raises(BadRoom):
        kept.room(code)
    with sqlite3.connect(tmp_path / "rooms.sqlite") as base:
        for table in ("rooms", "students", "answers"):
            assert base.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    base.close()


def test_a_room_goes_a_day_after_its_last_use(kept: Rooms, code: str, clock: Clock) -> None:
    clock.now += 20 * 3600
    kept.join(code, ADA)
    kept.answer(code, 0, GUESS, ADA, "tabby")
    clock.now += 20 * 3600
    assert kept.room(code).code == code, "it was used in between"
    clock.now += 5 * 3600
    with pytest.raises(BadRoom):
        kept.room(code)
    kept.start(LESSON)
    assert not kept.students(code)


def test_many_threads_lose_nothing(kept: Rooms, code: str) -> None:
    students = [f"{number:064x}" for number in range(30)]

    def play(student: str) -> None:
        kept.join(code, student)
        kept.answer(code, 0, GUESS, student, student)

    threads = [threading.Thread(target=play, args=(student,)) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.value for one in kept.answers(code, 0)} == set(students)
    assert len({one.name for one in kept.students(code)}) == len(students)


_WRITER = """
import sys
from pathlib import Path
from core.classroom.rooms import Rooms
rooms, code = Rooms(Path(sys.argv[1])), sys.argv[2]
for number in range(10_000):
    student = f"{number:064x}"
    rooms.join(code, student)
    rooms.answer(code, 0, "guess", student, str(number))
    print(number, flush=True)
"""


def test_a_killed_server_has_lost_no_accepted_answer(tmp_path: Path) -> None:
    path = tmp_path / "rooms.sqlite"
    first = Rooms(path)
    code, token = first.start(LESSON)
    first.close()
    child = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), code], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    accepted = [int(child.stdout.readline()) for _ in range(40)]
    os.kill(child.pid, signal.SIGKILL)
    accepted += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    again = Rooms(path)
    assert {int(one.value) for one in again.answers(code, 0)} >= set(accepted)
    assert again.is_teacher(code, token)
    again.close()


def test_a_damaged_file_has_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rooms.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(BadRoom, match="cannot be used"):
        Rooms(path)


def test_without_a_cache_rooms_live_in_memory() -> None:
    made = Rooms(None)
    code = made.start(LESSON)[0]
    assert made.room(code).code == code
    made.close()


def test_an_equal_answer_may_come_late(kept: Rooms, code: str) -> None:
    """A browser that is led to another page sends its last choice once more."""
    kept.join(code, ADA)
    kept.answer(code, 0, GUESS, ADA, "tabby")
    kept.reveal(code, 0)
    kept.answer(code, 0, GUESS, ADA, "tabby")
    with pytest.raises(BadRoom, match="too late"):
        kept.answer(code, 0, GUESS, ADA, "lynx")
    assert kept.mine(code, 0, ADA) == {GUESS: "tabby"}
