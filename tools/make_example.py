"""Write the example report that the README shows.

    python -m tools.make_example docs/example

Explains built-in pictures whose licences allow it with the default model and keeps what is read:
the page, the table and the chart.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

from core.commands.entry_point import main as command
from core.pictures import built_in

PICTURES = ("cat", "coffee", "flower", "china", "rocket", "astronaut")
KEPT = ("report.html", "agreement.csv", "iou_bar.png")


def main(out: Path) -> int:
    """Write the pictures to files, compare the methods on them, keep the report.

    Args:
        out: folder, made where it is missing.
    """
    out = out.resolve()
    # From inside the folder, so that the command in the report names no path of this machine.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        pictures = Path("pictures")
        pictures.mkdir()
        for key in PICTURES:
            Image.fromarray(built_in.load(key).pixels).save(pictures / f"{key}.png")
        code = command(["agree", str(pictures), "--out", "report"])
        if code == 0:
            out.mkdir(parents=True, exist_ok=True)
            for name in KEPT:
                shutil.copy(Path("report", name), out / name)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
