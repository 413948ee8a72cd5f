"""Results that a stopped run leaves behind: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Numbers = dict[str, float]


class Kept:
    """Results by a name; what the file has is not computed again."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier run left, if there is such a file."""
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        rows = map(json.loads, lines)
        self._rows: dict[str, Numbers] = {row["name"]: row["numbers"] for row in rows}

    def __call__(self, name: str, make: Callable[[], Numbers]) -> Numbers:
        """Return the numbers of a name, made and written where they are not there."""
        if name not in self._rows:
            self._rows[name] = made = make()
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps({"name": name, "numbers": made}) + "\n")
            shown = ", ".join(f"{key} {value:.3f}" for key, value in made.items())
            print(f"{name}: {shown}", flush=True)
        return self._rows[name]
