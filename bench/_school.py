"""A class for a benchmark: a teacher, students with phones, and one who floods the server."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from bench._person import Person
from core.classroom import codes
from core.classroom.lesson import GUESS, PAINT
from core.requests.paintings import Painting
from pages.ui.classroom.doors import OWN

PATIENCE = 60.0
"""Seconds after which somebody gives up, which is an error."""
TRIES = 3
"""Of somebody whose connection breaks while an answer is sent."""
ANSWERED = "Everything is answered"


class Teacher(Person):
    """Starts a room from the page, and steps through its lesson.

    Attributes:
        code: of the room.
        teaches: the query of the teacher's address.
        pictures: that there are, by name; the lesson has the first ones.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, "classroom")
        self.code, self.teaches = "", ""
        self.pictures: list[str] = []

    async def start(self, rounds: int) -> None:
        """Start a room with a lesson of that many pictures."""
        await self.arrive(PATIENCE)
        await self.until(lambda: self.idle and self.widget("lesson"), PATIENCE, "lessons")
        await self.fill("lesson", OWN)
        offered = await self.until(
            lambda: self.idle and self.widget("round_pictures"), PATIENCE, "pictures"
        )
        self.pictures = list(offered.options)
        await self.choose("round_pictures", *self.pictures[:rounds])
        await self.until(lambda: self.idle, PATIENCE, "lesson")
        await self.press("start_room")
        await self.until(lambda: self.idle and self.value_of("teacher"), PATIENCE, "room")
        self.code, self.teaches = self.value_of("room"), self._query

    async def reveal(self) -> None:
        """Show what came out."""
        await self.press("screen_reveal")

    async def next(self) -> None:
        """Go to the next screen."""
        await self.press("screen_next")

    async def show(self, picture: str) -> None:
        """Choose a picture on the page that is open."""
        await self.until(lambda: self.idle and self.widget("picture"), PATIENCE, "page")
        await self.fill("picture", picture)

    async def back_to_class(self) -> None:
        """Open the lesson again."""
        await self.open("classroom", self.teaches)
        await self.until(lambda: self.idle and self.widget("screen_next"), PATIENCE, "lesson")


class Student(Person):
    """Joins with a phone, guesses, paints, and looks.

    Attributes:
        took: seconds of what was waited for, by its name.
        accepted: answers that the page said it has, by screen and part.
    """

    def __init__(self, url: str, code: str, number: int) -> None:
        super().__init__(url, "classroom", f"room={code}", phone=True)
        self.code, self.name = code, f"Phone {number}"
        self.took: dict[str, list[float]] = {}
        self.accepted: dict[tuple[int, str], str] = {}
        self._random = random.Random(number)

    async def join(self) -> None:
        """Open the link, give a name, and come in."""
        start = perf_counter()
        await self.arrive(PATIENCE)
        await self.until(lambda: self.idle and self.widget("join_room"), PATIENCE, "door")
        self._note("open", start)
        await self.fill("room_name", self.name, send=False)
        await self.press("join_room")
        await self.until(lambda: self._asked_at(0), PATIENCE, "first question")
        self._note("join", start)

    async def answer(self, at: int) -> None:
        """Guess and paint; where the connection breaks meanwhile, go on from what the page says."""
        await self.until(lambda: self._asked_at(at), PATIENCE, "question")
        key, canvas = f"{GUESS}_{self.code}_{at}", f"{PAINT}_{self.code}_{at}"
        if not self.widget(canvas):
            chosen = self._random.choice(list(self.widget(key).options)).content
            connections, start = self.connections, perf_counter()
            await self._insist(
                lambda: self.choose(key, chosen), lambda: self.widget(canvas), "place to paint"
            )
            self._note("answer", start, again=self.connections > connections)
            self.accepted[at, GUESS] = chosen
        await asyncio.sleep(self._random.uniform(0, 2))
        connections, start = self.connections, perf_counter()
        drawn = json.loads(self.widget(canvas).json)
        painting = asdict(Painting.of(self._blob(drawn["rows"], drawn["cols"])))
        await self._insist(
            lambda: self.tell(canvas, painting=painting),
            lambda: self.says(ANSWERED),
            "answer taken",
        )
        self._note("answer", start, again=self.connections > connections)
        self.accepted[at, PAINT] = json.dumps(painting)

    async def _insist(
        self, do: Callable[[], Awaitable[None]], seen: Callable[[], object], what: str
    ) -> None:
        """Do something until it shows; again where what was sent broke off with the connection."""
        for left in reversed(range(TRIES)):
            connections = self.connections
            await do()
            try:
                await self.until(lambda: self.idle and seen(), PATIENCE / TRIES, what)
            except TimeoutError:
                if self.connections == connections or not left:
                    raise
                continue
            return

    async def look(self, since: float) -> None:
        """See what came out of a round that was revealed at that time."""
        await self.until(lambda: self.idle and self.widget("reveal"), PATIENCE, "reveal")
        self._note("reveal", since)

    async def follow(self, picture: str, since: float) -> None:
        """See the maps that the teacher opened at that time.

        Args:
            picture: name of its file; empty for any.
            since: when the teacher chose.
        """
        await self.until(
            lambda: (
                self.idle
                and self.says("your teacher's view")
                and self._has_maps()
                and self.says(picture)
            ),
            PATIENCE,
            "page of the teacher",
        )
        self._note("follow", since)

    async def back(self, since: float) -> None:
        """See the lesson again."""
        await self.until(
            lambda: self.idle and not self.says("your teacher's view"), PATIENCE, "lesson again"
        )
        self._note("follow", since)

    def lost(self, database: Path) -> list[tuple[int, str]]:
        """Return the accepted answers that the rooms' file does not have, as screen and part."""
        base = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        try:
            kept = {
                (at, part): value
                for at, part, value in base.execute(
                    "SELECT screen, part, value FROM answers WHERE room = ? AND student = ?",
                    (self.code, codes.student_of(self.code, self.token)),
                )
            }
        finally:
            base.close()
        return [place for place, value in self.accepted.items() if kept.get(place) != value]

    def _asked_at(self, at: int) -> bool:
        return self.idle and bool(self.widget(f"{GUESS}_{self.code}_{at}"))

    def _has_maps(self) -> bool:
        return any(each.HasField("plotly_chart") for _, _, each in self._places.values())

    def _note(self, what: str, since: float, *, again: bool = False) -> None:
        """Keep how long something took; what a broken connection delayed stands for itself."""
        name = f"{what}_again" if again else what
        self.took.setdefault(name, []).append(perf_counter() - since)

    def _blob(self, rows: int, cols: int) -> np.ndarray:
        """Return an ellipse somewhere, bool (rows, cols)."""
        middle = self._random.uniform(0.3, 0.7), self._random.uniform(0.3, 0.7)
        radius = self._random.uniform(0.1, 0.3)
        y, x = np.mgrid[:rows, :cols]
        distance = ((y + 0.5) / rows - middle[0]) ** 2 + ((x + 0.5) / cols - middle[1]) ** 2
        return np.asarray(distance < radius**2)


class Flood(Student):
    """Answers a thousand times a second, whatever comes back.

    Attributes:
        sent: messages.
    """

    sent = 0

    async def flood(self, at: int, seconds: float, rate: float = 1000.0) -> None:
        """Send an answer and ask for a run, again and again."""
        await self.until(lambda: self._asked_at(at), PATIENCE, "question")
        group = self.widget(f"{GUESS}_{self.code}_{at}")
        options = [each.content for each in group.options]
        start = perf_counter()
        while (now := perf_counter() - start) < seconds:
            while self.sent < now * rate:
                state = WidgetState(id=group.id)
                state.string_array_value.data.append(options[self.sent % len(options)])
                self._states[state.id] = state
                try:
                    await self._ask()
                except ConnectionClosed:
                    return
                self.sent += 1
            await asyncio.sleep(0.002)
