"""What a picture of a large folder costs beside the model, and whether memory grows.

    python -m bench folder --pictures 25 250 1000

Generated photos (smooth noise, 1600 x 1200, JPEG) go through `agree` with two cheap methods. Each
number of pictures is a process of its own, first into an empty folder and then again, where every
map is kept. `decode`, `model` and `write` are seconds of the threads that do them, side by side, so
they add up to more than the time that passed. With `--kept DIR` a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench._kept import Kept, Numbers

SIZE = (1600, 1200)
METHODS = "grad-cam,layer-cam"


def main(arguments: list[str]) -> int:
    """Print seconds a picture and the peak of memory for each number of pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench folder", description=__doc__)
    parser.add_argument("--pictures", type=int, nargs="+", default=[25, 250, 1000], metavar="N")
    parser.add_argument("--kept", type=Path, metavar="DIR", help="for pictures and results")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        place = args.kept or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        kept = Kept(place / "folder.jsonl")
        for count in args.pictures:
            pictures = photos(place / f"photos{count}", count)
            out = place / f"out{count}"
            first = kept(f"{count} pictures", lambda: _apart(pictures, out, anew=True))  # noqa: B023
            again = kept(f"{count} again", lambda: _apart(pictures, out, anew=False))  # noqa: B023
            beside = 1000 * (first["wall"] - first["model"])
            print(
                f"{count} pictures: {beside:.0f} ms a picture beside the model, peak "
                f"{first['peak']:.0f} MB; from kept results {1000 * again['wall']:.1f} ms"
            )
    return 0


def photos(folder: Path, count: int) -> Path:
    """Return a folder of generated photos; those that are there stay."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"photo{number:05}.jpg"
        if not path.is_file():
            rng = np.random.default_rng(number)
            small = Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8))
            small.resize(SIZE, Image.Resampling.BICUBIC).save(folder / "part", "JPEG", quality=90)
            (folder / "part").replace(path)
    return folder


def _apart(photos: Path, out: Path, *, anew: bool) -> Numbers:
    """Return the numbers of a run in a process of its own, whose peak is nobody else's."""
    if anew:
        shutil.rmtree(out, ignore_errors=True)
    context = multiprocessing.get_context("spawn")
    result = out.with_suffix(".json")
    child = context.Process(target=_run, args=(photos, out, result))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"agree ended with {child.exitcode}")
    numbers: Numbers = json.loads(result.read_text("utf-8"))
    return numbers


def _run(photos: Path, out: Path, result: Path) -> None:
    """Run `agree` and write seconds a picture, by what they went to, and the peak in MB."""
    from core.commands import map_maker, outcome, picture_log, waiting
    from core.commands.entry_point import main as command
    from core.export import bundle
    from core.pictures import picture

    spent: Counter[str] = Counter()
    lock = threading.Lock()

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - stands for any work
            start = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                with lock:
                    spent[name] += time.perf_counter() - start  # type: ignore[assignment]

        return run

    def files(*given: Any) -> list[tuple[str, bytes]]:  # noqa: ANN401
        return list(made(*given))

    made = bundle.picture_files
    setattr(picture_log, "picture_files", timed("write", files))  # noqa: B010
    setattr(outcome, "decode", timed("decode", picture.decode))  # noqa: B010
    setattr(map_maker, "wait_for", timed("model", waiting.wait_for))  # noqa: B010
    count = len(list(photos.glob("*.jpg")))
    start = time.perf_counter()
    code = command(["agree", str(photos), "--out", str(out), "--methods", METHODS])
    spent["wall"] = time.perf_counter() - start  # type: ignore[assignment]
    if code:
        raise SystemExit(code)
    numbers = {name: seconds / count for name, seconds in spent.items()}
    numbers["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    numbers = {"model": 0.0, "write": 0.0} | numbers
    result.write_text(json.dumps(numbers), encoding="utf-8", newline="\n")
