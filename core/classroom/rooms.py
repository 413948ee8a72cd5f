"""Rooms: a lesson, where the class is in it, and what was answered; in one SQLite file.

The file is written ahead (WAL) and synced at each commit, so what was accepted outlives a killed
server. Everything has a bound; a room goes a day after it was last used.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.classroom import codes, lesson_file
from core.classroom.lesson import Lesson, Screen
from core.classroom.pace import Pace
from core.errors import BadRoom

ROOMS = 200
"""Rooms of a server."""
STUDENTS = 200
"""Students of a room."""
HOURS = 24.0
"""A room that nobody used for so long is removed."""
LONGEST_ANSWER = 4200
"""Characters of an answer; a painting as JSON is the longest."""
MOST_BYTES = 512 << 20
"""Of the file; a new room needs less."""
LIVELY = 1800.0
"""Seconds since a room was used in which a student who comes back is still expected."""
TOUCH = 60.0
"""Seconds after which the use of a room is noted again."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (
  code TEXT PRIMARY KEY, teacher TEXT NOT NULL, lesson TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT 0, revealed INTEGER NOT NULL DEFAULT 0,
  shown TEXT NOT NULL DEFAULT '', leads INTEGER NOT NULL DEFAULT 1,
  named INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0,
  created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS students (
  room TEXT NOT NULL REFERENCES rooms(code) ON DELETE CASCADE, student TEXT NOT NULL,
  name TEXT NOT NULL, number INTEGER NOT NULL, joined REAL NOT NULL,
  away INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, student));
CREATE TABLE IF NOT EXISTS answers (
  room TEXT NOT NULL REFERENCES rooms(code) ON DELETE CASCADE, screen INTEGER NOT NULL,
  part TEXT NOT NULL, student TEXT NOT NULL, value TEXT NOT NULL, given REAL NOT NULL,
  PRIMARY KEY (room, screen, part, student));
"""


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it is now.

    Attributes:
        code: of four letters.
        text: of the lesson.
        at: the screen, from 0.
        revealed: whether the screen's answers are shown; it takes none any more, ever.
        shown: address of the page that the teacher has open; empty for the lesson itself.
        leads: whether the students' pages follow it.
        named: whether names may stand on the teacher's screen.
        version: grows with everything that students see.
    """

    code: str
    text: str
    at: int
    revealed: bool
    shown: str
    leads: bool
    named: bool
    version: int

    @property
    def lesson(self) -> Lesson:
        """The lesson, read."""
        return lesson_file.parse(self.text)

    @property
    def screen(self) -> Screen:
        """The screen at which the class is."""
        return self.lesson.screens[self.at]


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody in a room.

    Attributes:
        id: digest of a token that only the student's browser has.
        name: as typed, or `Student 7`.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student said to one part of a screen."""

    student: Student
    screen: int
    part: str
    value: str


class Rooms:
    """The rooms of a server. Safe to use from any thread."""

    def __init__(self, file: Path | None, now: Callable[[], float] = time.time) -> None:
        """Open the file, or make it.

        Args:
            file: where the rooms lie; None keeps them in memory.
            now: a clock in seconds.

        Raises:
            BadRoom: the file cannot be used.
        """
        self._now, self._lock, self._pace = now, threading.RLock(), Pace(now)
        self._name = str(file or "memory")
        try:
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._base = sqlite3.connect(
                ":memory:" if file is None else file,
                timeout=10,
                isolation_level=None,
                check_same_thread=False,
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._base.execute(f"PRAGMA {pragma}")
            self._base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise BadRoom(
                f"The rooms' file {self._name} cannot be used ({error}): remove it and start again."
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def start(self, text: str) -> tuple[str, str]:
        """Open a room.

        Args:
            text: of a lesson.

        Returns:
            Its code, and the teacher's token.

        Raises:
            BadLesson: the text is none.
            BadRoom: there are too many rooms.
        """
        lesson_file.parse(text)
        token = codes.new_token()
        with self._writing():
            self._expire()
            count, pages, size = (
                self._base.execute(query).fetchone()[0]
                for query in ("SELECT count(*) FROM rooms", "PRAGMA page_count", "PRAGMA page_size")
            )
            if count >= ROOMS or pages * size > MOST_BYTES:
                raise BadRoom(
                    f"This server has no place for another room ({count} are open): close one, or "
                    "wait until tomorrow."
                )
            taken = {row[0] for row in self._base.execute("SELECT code FROM rooms")}
            code = next(code for code in iter(codes.new_code, "") if code not in taken)
            self._base.execute(
                "INSERT INTO rooms (code, teacher, lesson, created, used) VALUES (?, ?, ?, ?, ?)",
                (code, codes.digest_of(token), text, self._now(), self._now()),
            )
        return code, token

    def room(self, code: str) -> Room:
        """Return a room.

        Raises:
            BadRoom: there is none of that code.
        """
        with self._reading():
            row = self._base.execute(
                "SELECT code, lesson, at, revealed, shown, leads, named, version, used FROM rooms "
                "WHERE code = ?",
                (code,),
            ).fetchone()
            if row is None or row[8] < self._now() - HOURS * 3600:
                raise BadRoom(f"There is no room {code}: it was closed, or the code is another.")
        code, text, at, bits, shown, leads, named, version, _ = row
        revealed = bool(bits >> at & 1)
        return Room(code, text, at, revealed, shown, bool(leads), bool(named), version)

    def is_teacher(self, code: str, token: str) -> bool:
        """Return whether a token is that of the teacher of a room."""
        with self._reading():
            row = self._base.execute(
                "SELECT 1 FROM rooms WHERE code = ? AND teacher = ? AND teacher != ''",
                (code, codes.digest_of(token)),
            ).fetchone()
        return row is not None

    def change(self, code: str, **values: object) -> None:
        """Change what a room shows: at, shown, leads or named.

        Raises:
            BadRoom: there is no such room.
        """
        unknown = set(values) - {"at", "shown", "leads", "named"}
        if unknown:
            raise TypeError(f"A room has no {unknown}.")
        room = self.room(code)
        if "at" in values:
            at = int(str(values["at"]))
            values["at"] = min(max(at, 0), len(room.lesson.screens) - 1)
        if all(getattr(room, name) == value for name, value in values.items()):
            return
        given = ", ".join(f"{name} = ?" for name in values)  # names are checked above
        with self._writing():
            self._base.execute(
                f"UPDATE rooms SET {given}, version = version + 1, used = ? "  # noqa: S608
                "WHERE code = ?",
                (*values.values(), self._now(), code),
            )

    def reveal(self, code: str, at: int) -> None:
        """Show the answers to a screen; it takes none any more, also when the class comes back."""
        with self._writing():
            self._base.execute(
                "UPDATE rooms SET revealed = revealed | (1 << ?), version = version + 1, used = ? "
                "WHERE code = ?",
                (at, self._now(), code),
            )

    def end(self, code: str) -> None:
        """Close a room and delete all that was said in it."""
        with self._writing():
            self._base.execute("DELETE FROM rooms WHERE code = ?", (code,))

    def join(self, code: str, student: str, name: str = "") -> Student:
        """Let somebody into a room; who is in it already gets the new name.

        Args:
            code: of the room.
            student: digest of the student's token.
            name: as typed; empty to stay anonymous.

        Raises:
            BadRoom: there is no such room, or it is full.
        """
        self.room(code)
        given = codes.name_from(name)
        with self._writing():
            row = self._base.execute(
                "SELECT number FROM students WHERE room = ? AND student = ?", (code, student)
            ).fetchone()
            if row is None:
                count, last = self._base.execute(
                    "SELECT count(*), coalesce(max(number), 0) FROM students WHERE room = ?",
                    (code,),
                ).fetchone()
                if count >= STUDENTS:
                    raise BadRoom(f"Room {code} is full: {STUDENTS} are in it.")
                row = (last + 1,)
            given = given or f"Student {row[0]}"
            self._base.execute(
                "INSERT INTO students (room, student, name, number, joined) "
                "VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET name = excluded.name, away = 0",
                (code, student, given, row[0], self._now()),
            )
        return Student(student, given)

    def leave(self, code: str, student: str) -> None:
        """Let somebody out of a room; what was answered stays, and so does the name."""
        with self._writing():
            self._base.execute(
                "UPDATE students SET away = 1 WHERE room = ? AND student = ?", (code, student)
            )

    def lively(self) -> tuple[str, ...]:
        """Return the codes of the rooms in which something happened lately."""
        with self._reading():
            rows = self._base.execute(
                "SELECT code FROM rooms WHERE used > ?", (self._now() - LIVELY,)
            ).fetchall()
        return tuple(row[0] for row in rows)

    def student(self, code: str, student: str) -> Student | None:
        """Return who is in a room by the digest of the token; None for others."""
        with self._reading():
            row = self._base.execute(
                "SELECT name FROM students WHERE room = ? AND student = ? AND away = 0",
                (code, student),
            ).fetchone()
        return None if row is None else Student(student, row[0])

    def students(self, code: str) -> tuple[Student, ...]:
        """Return everybody who is in a room, in the order of joining."""
        with self._reading():
            rows = self._base.execute(
                "SELECT student, name FROM students WHERE room = ? AND away = 0 ORDER BY number",
                (code,),
            ).fetchall()
        return tuple(Student(*row) for row in rows)

    def answer(self, code: str, at: int, part: str, student: str, value: str) -> None:
        """Take an answer; a later one to the same part replaces it, an equal one changes nothing.

        Args:
            code: of the room.
            at: the screen that was answered.
            part: one of the screen's.
            student: digest of the student's token.
            value: a class, an answer, or a painting's JSON.

        Raises:
            BadRoom: the class has gone on, the student is not in the room, the part is none of
                the screen's, the answer is too long, or they come too fast.
        """
        # A browser that is led to another page may say once more what it chose before.
        if self.mine(code, at, student).get(part) == value:
            return
        room = self.room(code)
        if room.at != at or room.revealed:
            raise BadRoom("The class has gone on: this answer came too late.")
        if part not in room.screen.parts:
            raise BadRoom("This screen asks for something else: load the page again.")
        if not value or len(value) > LONGEST_ANSWER:
            raise BadRoom(f"The answer is empty or longer than {LONGEST_ANSWER} characters.")
        if self.student(code, student) is None:
            raise BadRoom(f"You are not in room {code}: join it first.")
        if not self._pace.allows(code, student):
            raise BadRoom("That was too fast: wait a second and answer again.")
        with self._writing():
            # The room may have gone on since it was looked at.
            taken = self._base.execute(
                "INSERT INTO answers SELECT code, ?, ?, ?, ?, ? FROM rooms "
                "WHERE code = ? AND at = ? AND revealed >> at & 1 = 0 "
                "ON CONFLICT DO UPDATE SET value = excluded.value, given = excluded.given",
                (at, part, student, value, self._now(), code, at),
            ).rowcount
            if taken:
                self._base.execute(
                    "UPDATE rooms SET used = ? WHERE code = ? AND used < ?",
                    (self._now(), code, self._now() - TOUCH),
                )
        if not taken:
            raise BadRoom("The class has gone on: this answer came too late.")

    def answers(self, code: str, at: int | None = None) -> tuple[Answer, ...]:
        """Return the answers to a screen, or to all, in the order of screens and of joining."""
        with self._reading():
            rows = self._base.execute(
                "SELECT student, name, screen, part, value FROM answers "
                "JOIN students USING (room, student) WHERE room = ? AND (? IS NULL OR screen = ?) "
                "ORDER BY screen, part, number",
                (code, at, at),
            ).fetchall()
        return tuple(Answer(Student(*row[:2]), *row[2:]) for row in rows)

    def mine(self, code: str, at: int, student: str) -> Mapping[str, str]:
        """Return what a student has answered to a screen, by part."""
        with self._reading():
            return dict(
                self._base.execute(
                    "SELECT part, value FROM answers WHERE room = ? AND screen = ? AND student = ?",
                    (code, at, student),
                ).fetchall()
            )

    def finished(self, code: str, at: int) -> frozenset[str]:
        """Return who is here and answered every part of a screen, by id."""
        parts = len(self.room(code).lesson.screens[at].parts)
        with self._reading():
            rows = self._base.execute(
                "SELECT student FROM answers JOIN students USING (room, student) "
                "WHERE room = ? AND screen = ? AND away = 0 "
                "GROUP BY student HAVING count(*) >= ?",
                (code, at, max(parts, 1)),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def counts(self, code: str, at: int) -> tuple[int, int]:
        """Return how many students a room has, and how many answered every part of a screen."""
        with self._reading():
            everybody = self._base.execute(
                "SELECT count(*) FROM students WHERE room = ? AND away = 0", (code,)
            ).fetchone()[0]
        return everybody, len(self.finished(code, at))

    def _expire(self) -> None:
        self._base.execute("DELETE FROM rooms WHERE used < ?", (self._now() - HOURS * 3600,))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, self._explained():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make one change, or none where the block fails."""
        with self._lock, self._explained():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BadRoom(
                f"The rooms' file {self._name} does not take this ({error}): free some space, or "
                "start the server again."
            ) from error
