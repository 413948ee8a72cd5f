"""Codes of rooms, tokens of the people in them, and the names that people give themselves."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

from core.errors import BadRoom

LETTERS = "BCDFGHJKMNPRTWXY"
"""Consonants that no other letter or digit looks like; without vowels they make no words."""
LENGTH = 4
LONGEST_NAME = 40
"""Characters of a student's name."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_code() -> str:
    """Return a code that is read out and typed: one of 65,536."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def code_from(typed: str) -> str:
    """Return the code that a person meant.

    Args:
        typed: in any case, with blanks or dashes between.

    Raises:
        BadRoom: it cannot be one.
    """
    code = re.sub(r"[\s-]", "", typed[:80]).upper()
    if len(code) != LENGTH or not set(code) <= set(LETTERS):
        raise BadRoom(
            f"{typed[:20]!r} is no room code: a code has {LENGTH} letters, for example BKRT."
        )
    return code


def new_token() -> str:
    """Return what nobody guesses: 256 bits as text for an address."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what stands for a token on disk; empty for what has not the form of one."""
    return hashlib.sha256(token.encode()).hexdigest() if _TOKEN.fullmatch(token) else ""


def student_of(code: str, token: str) -> str:
    """Return what stands for a student in one room: it tells nothing about other rooms."""
    return digest_of(token) and hashlib.sha256(f"{code} {token}".encode()).hexdigest()


def name_from(typed: str) -> str:
    """Return a name as it is shown: one line of what can be seen; empty stays anonymous."""
    kept = (
        " " if unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc") else character
        for character in unicodedata.normalize("NFC", typed[: 8 * LONGEST_NAME])
        if unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(kept).split())[:LONGEST_NAME].strip()
