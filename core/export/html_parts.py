"""Parts of the reports: one HTML page that needs no network, with everything inside."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from core.export.report_style import STYLE


def document(title: str, parts: Iterable[str]) -> str:
    """Return a whole page.

    Args:
        title: of the browser's tab.
        parts: HTML, one below the other.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def figure(address: str, caption: str) -> str:
    """Return a picture with a line below it."""
    shown = text(caption)
    return f'<figure><img alt="{shown}" src="{address}"><figcaption>{shown}</figcaption></figure>'


def table_of(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a table of plain cells."""
    top = "".join(f"<th>{text(cell)}</th>" for cell in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"


def bullets(sentences: Iterable[str]) -> str:
    """Return a list; nothing where there are no sentences."""
    items = "".join(f"<li>{text(each)}</li>" for each in sentences)
    return f"<ul>{items}</ul>" if items else ""


def png_url(data: bytes) -> str:
    """Return a PNG file inside an address."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def text(said: str) -> str:
    """Return words as HTML shows them."""
    return html.escape(said)
