"""Text that people's programs wrote: its encoding by its mark, its line ends made one kind."""

from __future__ import annotations

import codecs

from core.errors import BadLabels
from core.files.first_bytes import not_fetched

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with UTF-16's mark, so it is looked for first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHOWN = 40
_DOCUMENTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\3\4", "a ZIP archive or a spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
"""How what is no text begins, and what it is; RTF and PDF would read as odd text."""


def decode(data: bytes, name: str) -> str:
    r"""Return the text of a file.

    An encoding without a mark is not guessed: a file in Windows-1252 reads as well as one in
    Windows-1251, with other letters.

    Args:
        data: UTF-8, or what a byte order mark says: UTF-16 as Excel's "Unicode text", UTF-32.
        name: for messages.

    Returns:
        The text without its mark, every line end (`\r\n`, `\r` of old Macs) as `\n`.

    Raises:
        BadLabels: another encoding, no text at all, or a web page or a pointer in the place of the
            file; the message names the line, or what the file is.
    """
    if words := not_fetched(data[:512]):
        raise BadLabels(f"{name} {words}")
    for beginning, what in _DOCUMENTS:
        if data.startswith(beginning):
            raise BadLabels(
                f"{name} is {what} and not plain text: save it as text or CSV in UTF-8."
            )
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        raise BadLabels(
            f"{name} is not {encoding.removesuffix('-le').removesuffix('-be').upper()} text "
            f"({_where(before)}): open it in the program that wrote it and save it as UTF-8."
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        if _is_wide(body):
            raise BadLabels(f"{name} is UTF-16 without its byte order mark: save it as UTF-8.")
        raise BadLabels(f"{name} is not a text file (it holds zero bytes): give text in UTF-8.")
    return text


def _where(before: str) -> str:
    """Name the line after some text, with what stands in it before the fault."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = lines[-1][-_SHOWN:]
    return f"line {len(lines)}" + (f" after {start!r}" if start.isprintable() and start else "")


def _is_wide(data: bytes) -> bool:
    """Tell whether nearly every second byte is zero, as in Western text in UTF-16."""
    if len(data) % 2:
        return False
    zeros = max(data[0::2].count(0), data[1::2].count(0))
    return zeros > 0.9 * (len(data) // 2) and data.count(0) < 0.6 * len(data)
