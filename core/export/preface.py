"""What a report says of itself: title, author, date, notes."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core.errors import BadOption
from core.files.names import visible

LONGEST = {"title": 120, "author": 120, "date": 40, "notes": 4000}
"""Characters of each field."""


@dataclass(frozen=True, slots=True)
class Preface:
    """The head of a report; what is empty is left out.

    Attributes:
        title, author, date: one line each.
        notes: paragraphs, one a line.
    """

    title: str = ""
    author: str = ""
    date: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if len(text) > LONGEST[name]:
                raise BadOption(
                    f"The {name} has {len(text)} characters: give {LONGEST[name]} at most."
                )
            lines = text.splitlines() if name == "notes" else [text]
            kept = "\n".join(visible(" ".join(line.split())) for line in lines)
            object.__setattr__(self, name, kept.strip())

    @property
    def byline(self) -> str:
        """Author and date in one line."""
        return ", ".join(filter(None, (self.author, self.date)))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The notes."""
        return tuple(filter(None, self.notes.splitlines()))

    @property
    def record(self) -> dict[str, str]:
        """The fields that are not empty, by name."""
        return {name: text for name, text in asdict(self).items() if text}

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the command `agree` that give the same; the date is that of its run."""
        given = {name: text for name, text in self.record.items() if name != "date"}
        return tuple(f"--{name}={text}" for name, text in given.items())
