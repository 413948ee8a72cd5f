"""QR codes, dark on light whatever the page's colours are: phones read no others reliably."""

from __future__ import annotations

import io

from core.imports.lazy import library

QUIET = 3
"""Modules of empty border."""
PIXELS = 12
"""Of a module."""


def qr_png(text: str) -> bytes:
    """Return a QR code as a PNG file.

    Args:
        text: an address, for example.
    """
    target = io.BytesIO()
    library("segno").make(text, error="m", micro=False).save(
        target, kind="png", scale=PIXELS, border=QUIET
    )
    return target.getvalue()
