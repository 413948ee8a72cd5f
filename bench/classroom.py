"""A class with phones: seconds until they are in, have answered, see the reveal, and follow.

    python -m bench classroom                    # thirty students, three rounds, LIME beside them
    python -m bench classroom --restart          # and the server is killed in the middle of a round
    python -m bench classroom --flood            # and one sends a thousand messages a second

One student plays the lesson first, alone: what follows is warm, and compares with that one. The
last line printed is JSON. Seconds are those of one machine that also runs the students.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import numpy as np
from websockets.exceptions import ConnectionClosed

from bench._school import PATIENCE, Flood, Student, Teacher
from bench._server import Peak, cpu, free_port, resident, serving
from bench._visitor import Visitor
from core.pictures.built_in import SAMPLES
from pages.ui.parts.rooms import FILE

JOINING, ANSWERING = 10.0, 6.0
"""Seconds within which a class joins, and begins to answer."""
FLOODED = 10.0
"""Seconds of a flood."""
TIMES = ("open", "join", "answer", "reveal", "follow", "answer_again")
"""What students wait for; the last one is an answer that the server's end interrupted."""


class Server:
    """A dashboard that can be killed and started again on the same caches."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.home, self._log, self._port = folder, log, free_port()
        self._running = ExitStack()
        self.highest, self.url, self.process = 0.0, "", 0

    def __enter__(self) -> Server:
        self.url, self.process = self._running.enter_context(
            serving(self._log, home=self.home, port=self._port)
        )
        self._peak = self._running.enter_context(Peak(self.process))
        return self

    def __exit__(self, *_: object) -> None:
        self.highest = max(self.highest, self._peak.highest)
        self._running.close()

    def kill(self) -> None:
        """End it as a failing computer would."""
        self.highest = max(self.highest, self._peak.highest)
        os.kill(self.process, signal.SIGKILL)
        self._running.close()

    @property
    def database(self) -> Path:
        """The rooms' file."""
        return next(self.home.rglob(FILE))


class Lime:
    """Somebody who computes LIME all the time, each time with another seed.

    Attributes:
        finished: results that were drawn.
    """

    def __init__(self, url: str, picture: str, samples: int) -> None:
        self._url, self._picture, self._samples = url, picture, samples
        self.finished = 0
        self._task = asyncio.create_task(self._go_on()) if samples else None

    async def _go_on(self) -> None:
        seed = 0
        while True:
            seed += 1
            asked = {"picture": self._picture, "samples": str(self._samples), "seed": str(seed)}
            visitor = Visitor(self._url, "superpixels", urlencode(asked))
            try:
                seen = await visitor.visit(600)
                self.finished += not seen.errors
                await asyncio.sleep(1 if seen.errors else 0)
            except ConnectionClosed:  # the server was killed, and comes back
                await asyncio.sleep(1)
            finally:
                await visitor.leave()

    async def end(self) -> None:
        """Close the page."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


def main(arguments: list[str]) -> int:
    """Measure and print; returns 1 when somebody met an error, or an answer was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench classroom", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 13))
    parser.add_argument("--samples", type=int, default=1000, help="of LIME; 0 for no LIME")
    parser.add_argument("--restart", action="store_true", help="kill the server in a round")
    parser.add_argument("--flood", action="store_true", help="one more student floods a round")
    parser.add_argument("--log", type=Path, help="file for what the server prints")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        with Server(home, options.log or Path(folder, "log")) as server:
            measured = asyncio.run(_measure(options, server))
    print(json.dumps(measured))
    return 1 if measured["errors"] or measured["lost"] else 0


async def _measure(options: argparse.Namespace, server: Server) -> dict[str, object]:
    """Return everything that is printed."""
    alone = await _lesson(options, server, 1, disturbed=False)
    before, started = resident(server.process), cpu(server.process)
    crowd = await _lesson(options, server, options.students, disturbed=True)
    seconds = {} if options.restart else {"cpu_s": round(cpu(server.process) - started, 1)}
    server.highest = max(server.highest, server._peak.highest)
    for text, count in (alone.errors + crowd.errors).most_common():
        print(f"{count} x {text}")
    return {
        "students": options.students,
        "errors": (alone.errors + crowd.errors).total(),
        "lost": alone.lost + crowd.lost,
        **{f"{name}_p95": at for name, at in crowd.spread(95).items()},
        "memory_mb": round(server.highest),
        "grew_mb": round(server.highest - before),
        "rounds": options.rounds,
        "answers": crowd.answers,
        "median": crowd.spread(50),
        "alone_median": alone.spread(50),
        "lime_finished": crowd.lime,
        "flood_sent": crowd.flooded,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        **seconds,
    }


def percentiles(took: Mapping[str, Sequence[float]], percentile: float) -> dict[str, float]:
    """Return a percentile of each time, in seconds."""
    return {
        name: round(float(np.percentile(took[name], percentile)), 3)
        for name in TIMES
        if name in took
    }


class Played:
    """What a class met in a lesson."""

    def __init__(self) -> None:
        self.errors: Counter[str] = Counter()
        self.took: dict[str, list[float]] = {}
        self.lost = self.answers = self.lime = self.flooded = 0

    def take(self, student: Student, database: Path) -> None:
        """Add what one student met."""
        self.errors.update(student.seen.errors)
        self.lost += len(student.lost(database))
        self.answers += len(student.accepted)
        for name, seconds in student.took.items():
            self.took.setdefault(name, []).extend(seconds)

    def spread(self, percentile: float) -> dict[str, float]:
        """Return a percentile of each time, in seconds."""
        return percentiles(self.took, percentile)


async def _lesson(
    options: argparse.Namespace, server: Server, count: int, *, disturbed: bool
) -> Played:
    """Play a lesson with so many students."""
    played, teacher = Played(), Teacher(server.url)
    students: list[Student] = []
    lime: Lime | None = None
    flood: Flood | None = None
    try:
        await teacher.start(options.rounds)
        if disturbed:
            lime = Lime(server.url, teacher.pictures[0], options.samples)
        students = [Student(server.url, teacher.code, number) for number in range(count)]
        middle = options.rounds // 2
        await _spread("join", students, Student.join, JOINING if count > 1 else 0, played)
        if disturbed and options.flood:
            flood = Flood(server.url, teacher.code, count)
            await flood.join()
        for at in range(options.rounds):
            answer = partial(Student.answer, at=at)
            tasks = [_spread(f"round {at + 1}", students, answer, ANSWERING, played)]
            if flood is not None and at == middle:
                tasks.append(flood.flood(at, FLOODED))
            if disturbed and options.restart and at == middle:
                tasks.append(_restarted(server))
            await asyncio.gather(*tasks)
            await _round_ends(teacher, students, at, played)
            if at + 1 < options.rounds:
                await teacher.next()
    except (TimeoutError, OSError, LookupError) as error:
        played.errors[f"{type(error).__name__}: {error}"] += 1
    finally:
        if lime is not None:
            played.lime = lime.finished
            await lime.end()
        for student in students:
            played.take(student, server.database)
        played.errors.update(teacher.seen.errors)
        played.flooded = flood.sent if flood is not None else 0
        everybody = [teacher, *students, *([flood] if flood is not None else [])]
        await asyncio.gather(*(one.leave() for one in everybody))
    return played


async def _round_ends(teacher: Teacher, students: list[Student], at: int, played: Played) -> None:
    """Reveal, show another picture in Heat maps, and come back."""
    await teacher.until(lambda: teacher.idle and teacher.widget("screen_reveal"), PATIENCE, "round")
    since = perf_counter()
    await teacher.reveal()
    await _spread("reveal", students, lambda one: one.look(since), 0, played)
    since = perf_counter()
    await teacher.open("heatmaps", "")
    await _spread("follow", students, lambda one: one.follow("", since), 0, played)
    other, since = teacher.pictures[-1 - at % 2], perf_counter()
    await teacher.show(other)
    file = next(f"{one.key}." for one in SAMPLES if other in (one.key, one.title))
    await _spread("picture", students, lambda one: one.follow(file, since), 0, played)
    since = perf_counter()
    await teacher.back_to_class()
    await _spread("back", students, lambda one: one.back(since), 0, played)


async def _spread(
    what: str,
    students: Sequence[Student],
    do: Callable[[Student], Awaitable[None]],
    within: float,
    played: Played,
) -> None:
    """Let all do something, each beginning at another moment of the seconds; print how it went."""

    async def one(student: Student, wait: float) -> None:
        await asyncio.sleep(wait)
        try:
            await do(student)
        except (TimeoutError, OSError, LookupError) as error:
            played.errors[f"{type(error).__name__}: {error}"] += 1

    chance = random.Random(0)
    await asyncio.gather(*(one(student, chance.uniform(0, within)) for student in students))
    took: dict[str, list[float]] = {}
    for student in students:
        for name, seconds in student.took.items():
            took.setdefault(name, []).extend(seconds)
    text = ", ".join(f"{name} {seconds}" for name, seconds in percentiles(took, 95).items())
    print(f"{what}: {text}; {played.errors.total()} errors", file=sys.stderr, flush=True)


async def _restarted(server: Server) -> None:
    """Kill the server while the class answers, and start it again."""
    await asyncio.sleep(ANSWERING / 2)
    server.kill()
    await asyncio.to_thread(server.__enter__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
