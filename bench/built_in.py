"""The built-in models: seconds of a pass in every form beside MobileNetV2, and of quick maps.

A form is the model as it computes big batches: plain, with batch norms and activations folded into
the convolutions, in a faster number format where the device has one. Forms take turns in one run,
so other work on the machine slows all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, process_time

import torch
from torch import Tensor, nn

from bench._requests import map_of
from core.explain import methods
from core.models.classifier import Classifier
from core.models.device import describe
from core.models.load import load
from core.pictures import built_in
from core.requests.maps import Precision

BATCH, ROUNDS = 16, 20
BESIDE = "mobilenet_v2:random"
"""Weights do not change how long a pass takes."""
Work = Mapping[str, Callable[[], object]]


def main(arguments: list[str]) -> int:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(prog="python -m bench built_in", description=__doc__)
    parser.add_argument("--model", default="efficientnet_lite0,efficientnet_lite2")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each pass")
    parser.add_argument("--slow-rounds", type=int, default=1, help="of Score-CAM; 0 leaves it out")
    options = parser.parse_args(arguments)
    models = {name: load(name) for name in options.model.split(",")}
    beside = load(BESIDE)
    print(f"{describe(beside.device)}, {torch.get_num_threads()} threads, batches of {BATCH}")
    for classifier in models.values():
        _errors(classifier)
    for form in ("plain", "exact", "fast"):
        if form == "fast" and beside.effective_precision("fast") == "exact":
            print("fast: this device has no faster number format")
            continue
        work = {name: _pass(model, form) for name, model in {BESIDE: beside, **models}.items()}
        _compare(form, work, options.rounds)
    for classifier in models.values():
        _maps(classifier, options.rounds, options.slow_rounds)
    return 0


def _form(classifier: Classifier, form: str) -> nn.Module:
    if form == "plain":
        return classifier._model
    return classifier._forms.for_logits("fast" if form == "fast" else "exact")


def _pass(classifier: Classifier, form: str) -> Callable[[], Tensor]:
    """Return a pass over one batch; also for models of different input sizes."""
    dtype = classifier._forms.dtype("fast" if form == "fast" else "exact")
    prepared = classifier.prepare(built_in.load("cat"))
    batch = prepared.batch.repeat(BATCH, 1, 1, 1)
    if form != "plain":
        batch = batch.to(dtype, memory_format=torch.channels_last)
    model = _form(classifier, form)

    def forward() -> Tensor:
        with torch.no_grad():
            logits: Tensor = model(batch)
            return logits

    return forward


def _compare(form: str, work: Work, rounds: int) -> None:
    """Let all of them take turns and print milliseconds a picture and the ratio to the first."""
    wall: dict[str, list[float]] = {name: [] for name in work}
    cpu: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):  # the first round warms up
        for name, run in work.items():
            started, spent = perf_counter(), process_time()
            run()
            wall[name].append((perf_counter() - started) / BATCH * 1000)
            cpu[name].append((process_time() - spent) / BATCH * 1000)
    for name in work:
        times = [median(each[name][1:]) for each in (wall, cpu)]
        ratios = [median(each[name][1:]) / median(each[BESIDE][1:]) for each in (wall, cpu)]
        print(
            f"{form:6s} {name:22s} {times[0]:7.2f} ms a picture, {times[1]:7.2f} ms of CPU; ratio "
            f"{ratios[0]:.2f}, {ratios[1]:.2f} of CPU"
        )


def _errors(classifier: Classifier) -> None:
    """Print how far every form is from the exact one on the built-in pictures."""
    pictures = [built_in.load(sample.key) for sample in built_in.SAMPLES]
    batch = torch.cat([classifier.prepare(picture).batch for picture in pictures])
    with torch.no_grad():
        exact: Tensor = classifier._model(batch)
    precisions: tuple[Precision, ...] = ("exact", "fast")
    for precision in precisions:
        if precision != classifier.effective_precision(precision):
            continue
        logits = classifier.logits(batch, precision)
        largest, scale = float((logits - exact).abs().max()), float(exact.abs().max())
        same = int((logits.argmax(1) == exact.argmax(1)).sum())
        print(
            f"{classifier.id} {precision}, big batches: logits differ by {largest:.1e} of "
            f"{scale:.1f} at most; the same first class in {same} of {len(pictures)} pictures"
        )


def _maps(classifier: Classifier, rounds: int, slow_rounds: int) -> None:
    """Print the seconds of maps of the last layer, warm."""
    prepared = classifier.prepare(built_in.load("cat"))
    index = classifier.predict(prepared, top=1)[0].index
    for name in ("grad-cam", "ablation-cam", "score-cam"):
        if name == "score-cam" and not slow_rounds:
            continue
        method, one = methods.get(name), map_of(classifier, prepared, name, index)
        times = []
        for _ in range((slow_rounds if name == "score-cam" else rounds) + 1):
            started = perf_counter()
            method.run(*one)
            times.append(perf_counter() - started)
        print(f"{classifier.id} {method.title:12s} {median(times[1:]) * 1000:8.1f} ms, warm")
