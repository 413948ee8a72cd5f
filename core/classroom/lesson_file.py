"""The text of a lesson: Markdown with a few fields. docs/lessons.md describes it for teachers.

title: Where does it look?
minutes: 10
summary: What a heat map is.

# First guess
view: heatmaps?picture=Cat&maps=grad-cam
guess: yes

Text for everybody.

> Notes for the teacher.

"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NoReturn
from urllib.parse import parse_qsl

from core.classroom.lesson import Case, Lesson, Screen, View
from core.errors import BadLesson
from core.files.text import decode
from core.requests.address import Page

MOST_BYTES = 64 << 10
"""Of a lesson's text."""
MOST_SCREENS = 60
MOST_CASES = 12
MOST_ANSWERS = 8
LONGEST = 400
"""Characters of a field."""
LONGEST_ADDRESS = 4000
PAGES: tuple[Page, ...] = typing.get_args(Page)
HEAD_FIELDS = ("title", "minutes", "summary")
FIELDS = (
    "view",
    "guess",
    "paint",
    "ask",
    "answers",
    "right",
    "choices",
    "says",
    "forecast",
    "case",
)
_GUESSED = {"": "", "no": "", "yes": "choices", "free": "free"}
_PAINTED = {"": "", "model": "model", "object": "object"}
_FORECAST = {"": "", "before": "before", "after": "after"}


def lesson_from(data: bytes, name: str) -> str:
    """Return the text of a lesson's file, which `parse` reads.

    Raises:
        BadLesson: it is too large, or no lesson.
        BadLabels: it is no text.
    """
    if len(data) > MOST_BYTES:
        raise BadLesson(
            f"{name} has {len(data) >> 10} kB: a lesson may have {MOST_BYTES >> 10} kB."
        )
    text = decode(data, name)
    parse(text)
    return text


@lru_cache(64)
def parse(text: str) -> Lesson:
    """Read a lesson.

    Raises:
        BadLesson: a field is unknown or wrong; the sentence names its line.
    """
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise BadLesson(f"A lesson may have {MOST_BYTES >> 10} kB: shorten it.")
    blocks = list(_blocks(text))
    head = blocks.pop(0)
    fields = head.single(HEAD_FIELDS)
    if head.text.strip():
        head.fail("A lesson begins with its fields", "put text below the heading of a screen")
    if not fields.get("title"):
        head.fail("The lesson has no title", "begin with a line such as title: Cats and cups")
    screens: list[Screen] = []
    for block in blocks:
        screens += _screens(block, screens)
    if not 1 <= len(screens) <= MOST_SCREENS:
        raise BadLesson(
            f"A lesson has 1 to {MOST_SCREENS} screens, each below a heading such as # First "
            f"guess: this one has {len(screens)}."
        )
    return Lesson(
        title=fields["title"],
        summary=fields.get("summary", ""),
        minutes=_minutes(head, fields.get("minutes", "10")),
        screens=tuple(screens),
    )


@dataclass(slots=True)
class _Block:
    """A heading with what stands below it."""

    line: int
    title: str = ""
    fields: list[tuple[int, str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    def all(self, name: str) -> list[str]:
        return [value for _, key, value in self.fields if key == name]

    def single(self, known: Sequence[str], several: Sequence[str] = ()) -> dict[str, str]:
        """Return the fields, each at most once."""
        found: dict[str, str] = {}
        for line, name, value in self.fields:
            if name not in known:
                self.fail(f"Line {line} has a field {name!r:.40}", f"use {', '.join(known)}")
            if name in found and name not in several:
                self.fail(f"Line {line} gives {name} a second time", "leave one of them")
            longest = LONGEST_ADDRESS if name in ("view", "case") else LONGEST
            if len(value) > longest:
                self.fail(f"Line {line} is too long", f"use at most {longest} characters")
            found[name] = value
        return found

    def fail(self, what: str, remedy: str) -> NoReturn:
        where = f" in the screen {self.title!r:.60}, line {self.line}" if self.title else ""
        raise BadLesson(f"{what}{where}: {remedy}.")


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the fields of the lesson, then each screen."""
    block, in_fields = _Block(1), True
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if plain.startswith("# "):
            yield block
            block, in_fields = _Block(number, plain[2:].strip()[:LONGEST]), True
        elif plain.startswith(">"):
            block.notes.append(plain[1:].strip())
            in_fields = False
        elif in_fields and plain and not block.lines:
            name, colon, value = plain.partition(":")
            if not colon or not name.strip().isalpha():
                in_fields = False
                block.lines.append(line)
            else:
                block.fields.append((number, name.strip().lower(), value.strip()))
        else:
            in_fields = in_fields and not block.title
            if plain or block.lines:
                block.lines.append(line)
    yield block


def _screens(block: _Block, before: Sequence[Screen]) -> list[Screen]:
    """Return the screen of a heading; one for each picture of its view."""
    fields = block.single(FIELDS, several=("case",))
    view = _view(block, fields["view"]) if fields.get("view") else None
    screen = Screen(
        title=block.title,
        text=block.text,
        notes="\n".join(block.notes).strip(),
        view=view,
        guess=_one_of(block, "guess", fields.get("guess", ""), _GUESSED),
        paint=_one_of(block, "paint", fields.get("paint", ""), _PAINTED),
        ask=fields.get("ask", ""),
        answers=_parts(fields.get("answers", "")),
        right=fields.get("right", ""),
        choices=_parts(fields.get("choices", "")),
        says=fields.get("says", ""),
        forecast=_one_of(block, "forecast", fields.get("forecast", ""), _FORECAST),
        cases=tuple(_case(block, each) for each in block.all("case")),
    )
    screen = _with_cases(block, screen, before)
    _check(block, screen)
    pictures = view.all("picture") if view and (screen.guess or screen.paint) else ()
    if view is None or len(pictures) < 2:
        return [screen]
    rest = tuple(pair for pair in view.parameters if pair[0] != "picture")
    return [
        replace(
            screen,
            title=f"{screen.title} ({number} of {len(pictures)})",
            view=View(view.page, (("picture", picture), *rest)),
        )
        for number, picture in enumerate(pictures, 1)
    ]


def _with_cases(block: _Block, screen: Screen, before: Sequence[Screen]) -> Screen:
    """Let the second forecast ask the same as the first."""
    if screen.forecast != "after":
        return screen
    first = next((one for one in before if one.forecast == "before"), None)
    if first is None:
        block.fail("There is no forecast before this one", "put one with forecast: before first")
    if screen.cases:
        block.fail("A forecast afterwards has cases", "leave them out: it asks the same as before")
    return replace(screen, cases=first.cases)


def _check(block: _Block, screen: Screen) -> None:
    """Refuse what cannot be asked."""
    if not screen.title:
        block.fail("A screen has no title", "write one behind the #")
    if (screen.guess or screen.paint) and screen.view is None:
        block.fail("There is nothing to guess or paint", "add a view with a picture")
    if (screen.guess or screen.paint) and screen.view and not screen.view.all("picture"):
        block.fail("The view names no picture", "add picture=Cat, for example")
    if bool(screen.ask) != bool(screen.answers):
        block.fail("A question and its answers belong together", "give ask and answers: yes | no")
    if screen.ask and not 2 <= len(screen.answers) <= MOST_ANSWERS:
        block.fail(f"There are {len(screen.answers)} answers", f"give 2 to {MOST_ANSWERS}")
    if screen.right and screen.right not in screen.answers:
        block.fail("The right answer is none of the answers", "write it as it stands there")
    if bool(screen.forecast) != bool(screen.cases):
        block.fail("A forecast and its cases belong together", "give forecast: before and cases")
    if len(screen.cases) > MOST_CASES:
        block.fail(f"There are {len(screen.cases)} cases", f"give at most {MOST_CASES}")
    if screen.forecast and (screen.guess or screen.paint or screen.ask):
        block.fail("A forecast stands alone", "ask other things on a screen of their own")


def _one_of(block: _Block, name: str, value: str, meanings: Mapping[str, str]) -> typing.Any:  # noqa: ANN401 - one of the meanings
    """Return what a word of a field means."""
    if value.lower() not in meanings:
        block.fail(f"{name} is {value!r:.40}", f"use {' or '.join(filter(None, meanings))}")
    return meanings[value.lower()]


def _parts(text: str) -> tuple[str, ...]:
    """Return what stands between bars, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


def _case(block: _Block, text: str) -> Case:
    """Read `heatmaps?picture=Cat | the sound model | teapot | tabby`."""
    address, *rest = (part.strip() for part in text.split("|"))
    view = _view(block, address)
    if len(view.all("picture")) != 1:
        block.fail("A case names one picture", "write case: heatmaps?picture=Cat")
    says, *choices = rest or [""]
    return Case(view, tuple(dict.fromkeys(filter(None, choices))), says)


def view_of(address: str) -> View:
    """Read the address of a page, with or without what stands before its name.

    Raises:
        BadLesson: there is no such page, or its parameters are too many.
    """
    path, _, query = address.partition("?")
    page = path.rstrip("/").rpartition("/")[2] or "heatmaps"
    found = next((name for name in PAGES if name == page), None)
    if found is None:
        raise BadLesson(f"There is no page {page!r:.40}: use {', '.join(PAGES)}.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=60)
    except ValueError as error:
        raise BadLesson("The address has more than 60 parameters: leave some out.") from error
    return View(found, tuple(pairs))


def _view(block: _Block, address: str) -> View:
    """Read the address in a field."""
    try:
        return view_of(address)
    except BadLesson as error:
        what, _, remedy = str(error).rstrip(".").partition(": ")
        block.fail(what, remedy)


def _minutes(block: _Block, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:4]) <= 600:
        block.fail(f"minutes is {text!r:.40}", "give a number from 1 to 600")
    return int(text)
