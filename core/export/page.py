"""Reports from templates: each is one HTML page that needs no network, with everything inside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    """Return what renders templates: text is escaped, and a value that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def rendered(template: str, **values: object) -> bytes:
    """Return a page in UTF-8.

    Args:
        template: name of a file in `templates`.
        **values: what it shows; text is escaped.
    """
    text = _environment().get_template(template).render(values)
    # A class name from a damaged file may hold lone surrogates.
    return text.encode(errors="xmlcharrefreplace")


@cache
def drawn_by() -> str:
    """Return a digest of the code and the templates that make a page: others make another one.

    The sentences on it come from all of `core`, so all of it counts.
    """
    whole = hashlib.sha256()
    for path in sorted(_TEMPLATES.parents[1].rglob("*")):
        if path.suffix in (".py", ".html"):
            whole.update(path.read_bytes())
    return whole.hexdigest()


def png_url(data: bytes) -> str:
    """Return a PNG file inside an address."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"
