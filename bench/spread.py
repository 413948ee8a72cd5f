"""How much faster `agree --engine ray` is with two workers of one core than with one.

    python -m bench spread --pictures 24 --methods score-cam

Generated photos, as in `bench folder`, go through `agree`. Each run is a process that the
system keeps on one core or on two, with Ray and its workers, so both shares of the work have what
they would have on a machine of that size. The time until the workers are there is left out; they
import libraries and load the model within, and the report is made, which takes some 15 s together:
few cheap maps show that and not the workers. `--rounds` runs take turns, and the median counts.
Two cores do not always do twice the work of one, least on a shared machine: `halves` are two
processes without Ray, each on a core with `--shard`, and the later end counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.folder import photos

PICTURES = 24


class Run(NamedTuple):
    """A process: its engine, the cores that it has with all that it starts, its pictures."""

    engine: str
    cores: list[int]
    shard: str = "1/1"


def main(arguments: list[str]) -> int:
    """Print seconds a picture of each, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench spread", description=__doc__)
    parser.add_argument("--pictures", type=int, default=PICTURES, metavar="N")
    parser.add_argument("--methods", default="score-cam", metavar="NAMES")
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    args = parser.parse_args(arguments)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("Two workers need two cores.")
    runs: dict[str, list[Run]] = {
        "one": [Run("ray", cores[:1])],
        "two": [Run("ray", cores[:2])],
        "halves": [Run("local", [core], f"{at + 1}/2") for at, core in enumerate(cores[:2])],
    }
    taken: dict[str, list[float]] = {name: [] for name in runs}
    with tempfile.TemporaryDirectory() as temporary:
        folder = photos(Path(temporary, "photos"), args.pictures)
        for number in range(args.rounds):
            for name, own in runs.items():
                out = Path(temporary, f"{name}{number}")
                seconds = _together(folder, out, own, args.methods) / args.pictures
                taken[name].append(seconds)
                print(f"{name}: {seconds:.3f} s a picture", flush=True)
    found = {name: median(each) for name, each in taken.items()}
    one, halves = found["one"] / found["two"], found["halves"] / found["two"]
    print(
        f"{args.pictures} pictures, {args.methods}: two workers are {one:.2f} times as fast "
        f"as one, and {halves:.2f} times as fast as two processes without Ray"
    )
    return 0


def _together(photos: Path, out: Path, runs: list[Run], methods: str) -> float:
    """Return the seconds of the longest run; each has processes of its own."""
    context = multiprocessing.get_context("spawn")
    receivers = []
    for number, run in enumerate(runs):
        receiver, sender = context.Pipe(duplex=False)
        given = (photos, out / str(number), run, methods, sender)
        context.Process(target=_run, args=given).start()
        sender.close()
        receivers.append(receiver)
    try:
        return max(float(receiver.recv()) for receiver in receivers)
    except EOFError as error:
        raise SystemExit("agree failed") from error


def _run(
    photos: Path,
    out: Path,
    run: Run,
    methods: str,
    sender: multiprocessing.connection.Connection,
) -> None:
    """Run `agree`, and send the seconds from when it can compute until it ends."""
    os.sched_setaffinity(0, run.cores)
    os.environ |= {"OMP_NUM_THREADS": "1", "SEEWHY_RAY_CORES": "1", "RAY_ADDRESS": "local"}
    os.environ |= {"RAY_worker_niceness": "0"}  # as the process without Ray
    from core.commands import spread_work
    from core.commands.entry_point import main as command
    from core.work.ray_executor import RayExecutor

    lost = 0.0

    class Timed(RayExecutor):
        def __init__(self, *given: object, **named: object) -> None:
            nonlocal lost
            start = time.perf_counter()
            super().__init__(*given, **named)  # type: ignore[arg-type]
            assert self.workers.settled(60)
            while not all(each.life for each in self.workers.all):
                self.workers.greet()
                time.sleep(0.05)
            lost = time.perf_counter() - start

    setattr(spread_work, "RayExecutor", Timed)  # noqa: B010
    words = ["agree", str(photos), "--out", str(out), "--methods", methods]
    start = time.perf_counter()
    code = command([*words, "--engine", run.engine, "--shard", run.shard])
    if code == 0:
        sender.send(time.perf_counter() - start - lost)
    sender.close()
