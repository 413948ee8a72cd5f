"""Text from people, made safe for Markdown."""

from __future__ import annotations

import re

_LINKS = re.compile(r"(://|@|(?i:www)(?=\.)|:(?=(?:material/|streamlit:)))")
"""What Streamlit turns into links and icons although it is escaped, up to where it is broken."""
JOINER = "\u2060"
"""Takes no room, and no line ends there."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 class`, `1,000 classes`."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is: no link, picture, colour, icon or formula in it.

    `[x](http://y)` becomes `\[x\](http\://y)`; line ends become blanks.
    """
    line = _LINKS.sub(rf"\1{JOINER}", " ".join(text.split()))
    line = re.sub(r"([\\`*_\[\]<>$:~|&])", r"\\\1", line)
    line = re.sub(r"^([#+-])", r"\\\1", line)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", line)


def lesson_markdown(text: str) -> str:
    """Return a lesson's text with emphasis, lists and code, and nothing else of Markdown.

    A lesson may be anybody's file: a picture or a link in it would tell others who reads it.
    """
    lines = []
    for line in text.splitlines():
        plain = line.strip()
        mark = re.match(r"([*-]|\d{1,3}[.)]) +", plain)
        begin = mark[0] if mark else ""
        rest = re.sub(
            r"([\\\[\]<>$:~|&#])", r"\\\1", _LINKS.sub(rf"\1{JOINER}", plain[len(begin) :])
        )
        lines.append(begin + rest)
    return "\n".join(lines)
