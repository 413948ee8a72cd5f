"""Feed damaged files to SeeWhy: nothing but a result or one sentence may come back.

    python -m tools.fuzz pictures --cases 700 --seed 1

The same seed gives the same cases. A case that fails is written to the folder `--keep`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.files import error_stream
from tools import fuzz_checkpoints, fuzz_pictures, fuzz_text
from tools.fuzz_case import Case

KINDS: dict[str, Callable[[int, int], Iterator[Case]]] = {
    "pictures": fuzz_pictures.cases,
    "labels": fuzz_text.labels,
    "tables": fuzz_text.tables,
    "words": fuzz_text.words,
    "checkpoints": fuzz_checkpoints.cases,
}
"""What makes the cases of each kind, from their number and the seed."""


@dataclass(slots=True)
class Tally:
    """What became of the cases of one kind."""

    results: int = 0
    sentences: int = 0
    faults: int = 0
    slowest: float = 0.0

    @property
    def line(self) -> str:
        """The figures in one line."""
        return (
            f"{self.results + self.sentences + self.faults} cases: {self.results} results, "
            f"{self.sentences} sentences, {self.faults} faults; the slowest took "
            f"{self.slowest:.2f} s"
        )


def tally(cases: Iterator[Case], keep: Path | None) -> Tally:
    """Run every case; print the fault of each one that fails."""
    sums = Tally()
    for case in cases:
        begun = time.perf_counter()
        outcome = case.outcome()
        sums.slowest = max(sums.slowest, time.perf_counter() - begun)
        if outcome.fault:
            sums.faults += 1
            print(f"{case.title}: {outcome.fault}")
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{sums.faults:03d}_{Path(case.name).name}").write_bytes(case.data)
        elif outcome.sentence:
            sums.sentences += 1
        else:
            sums.results += 1
    return sums


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 where a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; default: all"
    )
    parser.add_argument("--cases", type=int, default=700, help="of each kind (default: 700)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files of cases that fail")
    given = parser.parse_args(arguments)
    unknown = [kind for kind in given.kinds if kind not in KINDS]
    if unknown:
        parser.error(f"no kind is called {unknown[0]!r}: choose among {', '.join(KINDS)}")
    faults = 0
    for kind in given.kinds or KINDS:
        with error_stream.of_a_command():
            sums = tally(KINDS[kind](given.cases, given.seed), given.keep)
        print(f"{kind}: {sums.line}")
        faults += sums.faults
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
