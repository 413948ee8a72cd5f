"""A room, who is in it, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass

from core.classroom import lesson_file
from core.classroom.lesson import Lesson, Screen


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
