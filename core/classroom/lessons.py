"""The lessons that come along."""

from __future__ import annotations

from functools import cache

from core.files.assets import ASSETS

FOLDER = ASSETS / "lessons"


@cache
def texts() -> dict[str, str]:
    """Return the texts of the lessons that come along, by name, in the order of a course."""
    return {
        path.stem.partition("-")[2]: path.read_text(encoding="utf-8")
        for path in sorted(FOLDER.glob("*.md"))
    }
