"""The embedded model: seconds of a pass, of Grad-CAM and of Score-CAM at the last layer."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch

from bench._requests import map_of
from core.explain import methods
from core.models.device import describe
from core.models.load import load
from core.pictures import built_in
from core.requests.maps import Precision

BATCH, ROUNDS = 32, 20


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """Median seconds of `rounds` calls after a first one that warms up."""
    work()
    taken = []
    for _ in range(rounds):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return median(taken)


def main(arguments: list[str]) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench embedded", description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds of Score-CAM")
    options = parser.parse_args(arguments)
    classifier = load(options.model)
    prepared = classifier.prepare(built_in.load("cat"))
    index = classifier.predict(prepared, top=1)[0].index
    batch = prepared.batch.expand(BATCH, -1, -1, -1).contiguous()
    print(f"{classifier.id}, {describe(classifier.device)}, {torch.get_num_threads()} threads")
    precisions: tuple[Precision, ...] = ("exact", "fast")
    for precision in precisions:

        def forward(precision: Precision = precision) -> torch.Tensor:
            return classifier.logits(batch, precision)

        took = _seconds(forward, ROUNDS) / BATCH * 1000
        print(f"{precision:6s} forward    {took:8.2f} ms a picture in batches of {BATCH}")
        for name, rounds in (("grad-cam", ROUNDS), ("score-cam", options.slow_rounds)):
            method = methods.get(name)
            one = map_of(classifier, prepared, name, index, precision)
            took = _seconds(lambda m=method, o=one: m.run(*o), rounds)  # type: ignore[misc]
            print(f"{precision:6s} {method.title:10s} {took * 1000:8.1f} ms")
    return 0
