"""A JSON file of one long list, in parts: not all of its items are held at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from core.export.plain import plain


def json_parts(
    before: Mapping[str, object],
    name: str,
    items: Iterable[object],
    after: Mapping[str, object],
    indent: int,
) -> Iterator[bytes]:
    """Yield an object in UTF-8, item by item of its list, of which each has a line of its own.

    Args:
        before: what comes before the list, one entry at least.
        name: of the list.
        items: of the list, each as JSON holds it (see `plain`).
        after: what comes behind it.
        indent: blanks before each entry, and twice as many before an item.
    """
    yield (
        _text(plain(before), indent).removesuffix(b"\n}") + f',\n{" " * indent}"{name}": ['.encode()
    )
    start = b"\n" + b" " * (2 * indent)
    between = start
    for item in items:
        yield between + _text(item, None)
        between = b"," + start
    yield b"]" if between == start else b"\n" + b" " * indent + b"]"
    yield (b"," + _text(plain(after), indent).removeprefix(b"{") if after else b"\n}") + b"\n"


def _text(content: object, indent: int | None) -> bytes:
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
    # A class name from a damaged file may hold lone surrogates: written as JSON's own escape.
    return text.encode(errors="backslashreplace")
