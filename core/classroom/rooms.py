"""The rooms of a server: lessons, where their classes are, and what was answered.

What was accepted outlives a killed server. Everything has a bound; a room goes a day after it was
last used.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from core.classroom import codes, lesson_file
from core.classroom.database import Database
from core.classroom.pace import Pace
from core.classroom.room import Answer, Room, Student
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


class Rooms:
    """The rooms of a server. Safe to use from any thread."""

    def __init__(
        self,
        file: Path | None,
        now: Callable[[], float] = time.time,
        on_change: Callable[[str], object] = lambda code: None,
    ) -> None:
        """Open the file, or make it.

        Args:
            file: where the rooms lie; None keeps them in memory.
            now: a clock in seconds.
            on_change: called with the code of a room after its teacher has changed or closed it.

        Raises:
            BadRoom: the file cannot be used.
        """
        self._now, self._pace, self._on_change = now, Pace(now), on_change
        self._database = Database(file)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

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
        with self._database.writing() as base:
            self._expire(base)
            count, pages, size = (
                base.execute(query).fetchone()[0]
                for query in ("SELECT count(*) FROM rooms", "PRAGMA page_count", "PRAGMA page_size")
            )
            if count >= ROOMS or pages * size > MOST_BYTES:
                raise BadRoom(
                    f"This server has no place for another room ({count} are open): close one, or "
                    "wait until tomorrow."
                )
            taken = {row[0] for row in base.execute("SELECT code FROM rooms")}
            code = next(code for code in iter(codes.new_code, "") if code not in taken)
            base.execute(
                "INSERT INTO rooms (code, teacher, lesson, created, used) VALUES (?, ?, ?, ?, ?)",
                (code, codes.digest_of(token), text, self._now(), self._now()),
            )
        return code, token

    def room(self, code: str) -> Room:
        """Return a room.

        Raises:
            BadRoom: there is none of that code.
        """
        with self._database.reading() as base:
            row = base.execute(
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
        with self._database.reading() as base:
            row = base.execute(
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
        with self._database.writing() as base:
            base.execute(
                f"UPDATE rooms SET {given}, version = version + 1, used = ? "  # noqa: S608
                "WHERE code = ?",
                (*values.values(), self._now(), code),
            )
        self._on_change(code)

    def reveal(self, code: str, at: int) -> None:
        """Show the answers to a screen; it takes none any more, also when the class comes back."""
        with self._database.writing() as base:
            base.execute(
                "UPDATE rooms SET revealed = revealed | (1 << ?), version = version + 1, used = ? "
                "WHERE code = ?",
                (at, self._now(), code),
            )
        self._on_change(code)

    def end(self, code: str) -> None:
        """Close a room and delete all that was said in it."""
        with self._database.writing() as base:
            base.execute("DELETE FROM rooms WHERE code = ?", (code,))
        self._on_change(code)

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
        with self._database.writing() as base:
            row = base.execute(
                "SELECT number FROM students WHERE room = ? AND student = ?", (code, student)
            ).fetchone()
            if row is None:
                count, last = base.execute(
                    "SELECT count(*), coalesce(max(number), 0) FROM students WHERE room = ?",
                    (code,),
                ).fetchone()
                if count >= STUDENTS:
                    raise BadRoom(f"Room {code} is full: {STUDENTS} are in it.")
                row = (last + 1,)
            given = given or f"Student {row[0]}"
            base.execute(
                "INSERT INTO students (room, student, name, number, joined) "
                "VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET name = excluded.name, away = 0",
                (code, student, given, row[0], self._now()),
            )
        return Student(student, given)

    def leave(self, code: str, student: str) -> None:
        """Let somebody out of a room; what was answered stays, and so does the name."""
        with self._database.writing() as base:
            base.execute(
                "UPDATE students SET away = 1 WHERE room = ? AND student = ?", (code, student)
            )

    def lively(self) -> tuple[str, ...]:
        """Return the codes of the rooms in which something happened lately."""
        with self._database.reading() as base:
            rows = base.execute(
                "SELECT code FROM rooms WHERE used > ?", (self._now() - LIVELY,)
            ).fetchall()
        return tuple(row[0] for row in rows)

    def student(self, code: str, student: str) -> Student | None:
        """Return who is in a room by the digest of the token; None for others."""
        with self._database.reading() as base:
            row = base.execute(
                "SELECT name FROM students WHERE room = ? AND student = ? AND away = 0",
                (code, student),
            ).fetchone()
        return None if row is None else Student(student, row[0])

    def students(self, code: str) -> tuple[Student, ...]:
        """Return everybody who is in a room, in the order of joining."""
        with self._database.reading() as base:
            rows = base.execute(
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
        with self._database.writing() as base:
            # The room may have gone on since it was looked at.
            taken = base.execute(
                "INSERT INTO answers SELECT code, ?, ?, ?, ?, ? FROM rooms "
                "WHERE code = ? AND at = ? AND revealed >> at & 1 = 0 "
                "ON CONFLICT DO UPDATE SET value = excluded.value, given = excluded.given",
                (at, part, student, value, self._now(), code, at),
            ).rowcount
            if taken:
                base.execute(
                    "UPDATE rooms SET used = ? WHERE code = ? AND used < ?",
                    (self._now(), code, self._now() - TOUCH),
                )
        if not taken:
            raise BadRoom("The class has gone on: this answer came too late.")

    def answers(self, code: str, at: int | None = None) -> tuple[Answer, ...]:
        """Return the answers to a screen, or to all, in the order of screens and of joining."""
        with self._database.reading() as base:
            rows = base.execute(
                "SELECT student, name, screen, part, value FROM answers "
                "JOIN students USING (room, student) WHERE room = ? AND (? IS NULL OR screen = ?) "
                "ORDER BY screen, part, number",
                (code, at, at),
            ).fetchall()
        return tuple(Answer(Student(*row[:2]), *row[2:]) for row in rows)

    def mine(self, code: str, at: int, student: str) -> Mapping[str, str]:
        """Return what a student has answered to a screen, by part."""
        with self._database.reading() as base:
            return dict(
                base.execute(
                    "SELECT part, value FROM answers WHERE room = ? AND screen = ? AND student = ?",
                    (code, at, student),
                ).fetchall()
            )

    def finished(self, code: str, at: int) -> frozenset[str]:
        """Return who is here and answered every part of a screen, by id."""
        parts = len(self.room(code).lesson.screens[at].parts)
        with self._database.reading() as base:
            rows = base.execute(
                "SELECT student FROM answers JOIN students USING (room, student) "
                "WHERE room = ? AND screen = ? AND away = 0 "
                "GROUP BY student HAVING count(*) >= ?",
                (code, at, max(parts, 1)),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def counts(self, code: str, at: int) -> tuple[int, int]:
        """Return how many students a room has, and how many answered every part of a screen."""
        with self._database.reading() as base:
            everybody = base.execute(
                "SELECT count(*) FROM students WHERE room = ? AND away = 0", (code,)
            ).fetchone()[0]
        return everybody, len(self.finished(code, at))

    def _expire(self, base: sqlite3.Connection) -> None:
        base.execute("DELETE FROM rooms WHERE used < ?", (self._now() - HOURS * 3600,))
