"""One damaged file, and what may come back of it."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import SeeWhyError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: a result where both are empty.

    Attributes:
        sentence: with which the file was refused.
        fault: what is wrong with that.
    """

    sentence: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A file and what reads it.

    Attributes:
        title: how it was made, for the list of faults.
        name: the file's name.
        data: its content.
        read: gets name and content; returns what is wrong with the result, or nothing.
    """

    title: str
    name: str
    data: bytes
    read: Callable[[bytes, str], str]

    def outcome(self) -> Outcome:
        """Read the file."""
        try:
            return Outcome(fault=self.read(self.data, self.name))
        except SeeWhyError as error:
            return Outcome(str(error), _fault_of_sentence(str(error)))
        except Exception:
            return Outcome(fault=traceback.format_exc(limit=-4))


def _fault_of_sentence(text: str) -> str:
    if len(text.splitlines()) != 1 or not text.isprintable():
        return f"not one printable line: {text!r}"
    if not text.endswith(".") or len(text) > 400:
        return f"not a short sentence: {text!r}"
    return ""


def damaged(data: bytes, other: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Return what was done to a file, and its content after that.

    Args:
        data: the file's content.
        other: another file's, for a splice.
        chance: decides all.
    """
    if not data:
        return "empty", data
    copy = bytearray(data)
    at = chance.randrange(len(copy))
    what = chance.choice(
        ("whole", "cut", "zeros", "flip", "flip", "bytes", "header", "remove", "insert", "splice")
    )
    match what:
        case "cut":
            del copy[at:]
        case "zeros":
            copy[at:] = bytes(len(copy) - at)
        case "flip":
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        case "bytes":
            for _ in range(chance.choice((1, 2, 8, 64))):
                copy[chance.randrange(len(copy))] = chance.choice((0, 1, 127, 128, 254, 255))
        case "header":
            for _ in range(chance.choice((1, 2, 4))):
                copy[chance.randrange(min(200, len(copy)))] = chance.getrandbits(8)
        case "remove":
            del copy[at : at + chance.choice((1, 4, 64, 1000))]
        case "insert":
            copy[at:at] = chance.randbytes(chance.choice((1, 4, 64, 1000)))
        case "splice":
            copy[at:] = other[chance.randrange(max(1, len(other))) :]
        case _:
            pass
    return what, bytes(copy)
