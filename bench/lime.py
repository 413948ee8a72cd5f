"""LIME: agreement with stock lime, speed, what is reused, memory.

Ours and stock lime run in turn on the same picture, superpixels and seed, so a busy machine slows
both. Superpixels are found before the clock starts, for both.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lime.lime_image import ImageExplanation, LimeImageExplainer
from torch import nn

from bench import _stock
from bench._memory import peak_extra
from bench._requests import lime_of
from core.errors import MissingWeights
from core.explain.base import SAMPLES, Explanation, Subject, weighted_superpixels
from core.explain.perturb.lime import LIME
from core.explain.perturb.sample_cache import neighbourhood_of, superpixels_of
from core.models.classifier import Classifier
from core.models.device import describe
from core.models.efficientnet_lite import DEFAULT
from core.models.load import load
from core.pictures import built_in
from core.pictures.picture import Picture, read
from core.requests.maps import LimeRequest, Precision

Numbers = dict[str, Any]
Asked = tuple[LimeRequest, Subject]
TOP = 5
"""Superpixels that are compared, and classes of stock lime."""


def main(arguments: list[str]) -> int:
    """Measure, print, and write JSON."""
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.memory_of:
        print(json.dumps(_memory(options.memory_of, options.memory_samples)))
        return 0
    if options.quick:
        options.samples = min(options.samples, 100)
    pictures = _pictures(options.photos)[: 2 if options.quick else 10]
    report: Numbers = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "samples": options.samples,
        "pictures": [picture.name for picture in pictures],
        "models": {},
    }
    for name in options.model.split(","):
        classifier = _load(name)
        report["device"] = describe(classifier.device)
        print(f"\n{classifier.id} ({classifier.digest[:8]}), {report['device']}")
        report["models"][classifier.id] = numbers = _measure(classifier, pictures, options)
        numbers["digest"] = classifier.digest
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench lime", description=__doc__)
    add = parser.add_argument
    add("--model", default=DEFAULT, help="model ids, comma separated")
    add("--photos", type=Path, help="folder of pictures; the built-in ones without")
    add("--out", type=Path, help="JSON file to write")
    add("--samples", type=int, default=1000, help="perturbed pictures")
    add("--rounds", type=int, default=1, help="pictures on which stock lime runs")
    add("--quick", action="store_true", help="100 samples, two pictures, memory for 300 samples")
    add("--threads", type=int, default=0, help="CPU threads; 0: torch's choice")
    add("--memory-of", help=argparse.SUPPRESS)
    add("--memory-samples", type=int, default=5000, help=argparse.SUPPRESS)
    return parser


def _pictures(folder: Path | None) -> list[Picture]:
    if folder is None:
        return [built_in.load(sample.key) for sample in built_in.SAMPLES]
    return [read(path) for path in sorted(folder.iterdir()) if path.is_file()]


def _load(model_id: str) -> Classifier:
    try:
        return load(model_id)
    except MissingWeights:
        return load(f"{model_id.partition(':')[0]}:random")


def _measure(
    classifier: Classifier, pictures: list[Picture], options: argparse.Namespace
) -> Numbers:
    requests = [_request(classifier, picture, options.samples) for picture in pictures]
    _warm(requests[0][1])
    numbers: Numbers = {"speed": _speed(classifier, requests[: options.rounds])}
    numbers["reuse"] = _reuse(*requests[0])
    numbers["other questions"] = _questions(*requests[0])
    numbers["composing"] = _composing(*requests[0])
    numbers["fast and exact"] = _fast(classifier, requests)
    numbers["memory"] = _memory_in_fresh_process(classifier, options)
    for name in ("other questions", "composing", "memory"):
        print(f"{name}: {json.dumps(numbers[name])}")
    return numbers


def _request(classifier: Classifier, picture: Picture, count: int) -> Asked:
    prepared = classifier.prepare(picture)
    index = classifier.predict(prepared, top=1)[0].index
    return lime_of(classifier, prepared, index, count)


def _warm(subject: Subject) -> None:
    """Make the model's fast forms, which happens once."""
    for precision in _precisions(subject.classifier):
        subject.classifier.logits(subject.prepared.batch.repeat(4, 1, 1, 1), precision)


def _precisions(classifier: Classifier) -> tuple[Precision, ...]:
    available = classifier.effective_precision("fast") == "fast"
    return ("exact", "fast") if available else ("exact",)


def _fresh(request: LimeRequest, subject: Subject, into: list[_stock.Clock]) -> Explanation:
    """Run with nothing kept but the superpixels."""
    SAMPLES.clear()
    superpixels_of(request.samples.superpixels, subject)
    with _stock.clock(into):
        return LIME.run(request, subject)


def _in(precision: Precision, request: LimeRequest) -> LimeRequest:
    return replace(request, samples=replace(request.samples, precision=precision))


def _stock_lime(
    net: nn.Module, request: LimeRequest, subject: Subject, into: list[_stock.Clock]
) -> tuple[ImageExplanation, int]:
    """Run lime on the picture and superpixels of a request; return the pictures it asked about."""
    classifier, asked = subject.classifier, 0
    parts = superpixels_of(request.samples.superpixels, subject)

    def answer(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        nonlocal asked
        asked += len(pictures)
        rgb = torch.from_numpy(pictures).to(classifier.device).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            scores: torch.Tensor = net(classifier.normalise(rgb))
        found: npt.NDArray[np.float32] = scores.softmax(1).cpu().numpy()
        return found

    explainer = LimeImageExplainer(random_state=request.seed)
    with contextlib.redirect_stderr(io.StringIO()), _stock.clock(into):
        explanation = explainer.explain_instance(
            subject.prepared.view,
            answer,
            top_labels=TOP,
            num_samples=request.samples.samples,
            segmentation_fn=lambda _: parts.segments,
            random_seed=request.seed,
        )
    return explanation, asked


def _speed(classifier: Classifier, requests: list[Asked]) -> Numbers:
    """Run stock lime, exact and fast in turn on each picture."""
    net = _stock.private_copy(classifier).requires_grad_(False)
    clocks: dict[str, list[_stock.Clock]] = {"stock": []}
    differences = []
    for request, subject in requests:
        stock, asked = _stock_lime(net, request, subject, clocks["stock"])
        for precision in _precisions(classifier):
            into = clocks.setdefault(precision, [])
            made = _fresh(_in(precision, request), subject, into)
            assert made.passes == asked
            if precision == "exact":
                differences.append(_difference(request, subject, stock))
    numbers: Numbers = {"pictures": len(requests), "max difference": max(differences)}
    print(f"{'':8s}{'seconds':>10s}{'CPU s':>10s}{'ratio':>8s}{'CPU ratio':>11s}")
    for name, found in clocks.items():
        wall, cpu = (median(getattr(clock, kind) for clock in found) for kind in ("wall", "cpu"))
        numbers[name] = {"wall": wall, "cpu": cpu}
        ratios = [numbers["stock"][kind] / numbers[name][kind] for kind in ("wall", "cpu")]
        numbers[name] |= {"ratio": ratios[0], "cpu ratio": ratios[1]}
        print(f"{name:8s}{wall:10.2f}{cpu:10.2f}{ratios[0]:8.2f}{ratios[1]:11.2f}", flush=True)
    print(f"largest difference of weights, {TOP} classes: {max(differences):.1e}")
    return numbers


def _difference(request: LimeRequest, subject: Subject, stock: ImageExplanation) -> float:
    """Return the largest difference of weights over stock lime's classes; makes no pass."""
    highest = 0.0
    for index in stock.top_labels:
        made = LIME.run(replace(request, target=int(index)), subject)
        theirs = dict(stock.local_exp[index])
        own = weighted_superpixels(made).fit.weights
        highest = max(highest, *(abs(own[k] - theirs[k]) for k in range(len(own))))
    return float(highest)


def _reuse(request: LimeRequest, subject: Subject) -> Numbers:
    """Compare raising the count from half with starting anew."""
    count = max(100, request.samples.samples)  # 50 is the fewest that are fitted
    request = _with_samples(request, count)
    fresh: list[_stock.Clock] = []
    more: list[_stock.Clock] = []
    for _ in range(3):
        whole = _fresh(request, subject, fresh)
        _fresh(_with_samples(request, count // 2), subject, [])
        with _stock.clock(more):
            grown = LIME.run(request, subject)
    shares = {
        kind: median(getattr(c, kind) for c in more) / median(getattr(c, kind) for c in fresh)
        for kind in ("wall", "cpu")
    }
    equal = bool(np.array_equal(whole.heat, grown.heat))
    print(f"{count // 2} to {count} samples: {shares['wall']:.2f} of a fresh {count}", flush=True)
    return {"share": shares, "passes": grown.passes, "same result": equal}


def _with_samples(request: LimeRequest, count: int) -> LimeRequest:
    return replace(request, samples=replace(request.samples, samples=count))


def _questions(request: LimeRequest, subject: Subject) -> Numbers:
    """Time what must not ask the model; everything is kept already."""
    LIME.run(request, subject)
    asked = {
        "class": replace(request, target=0 if request.target else 1),
        "top-k": replace(request, outline=replace(request.outline, superpixels=9)),
        "sign": replace(request, outline=replace(request.outline, sign="negative")),
        "regressor": replace(request, surrogate=replace(request.surrogate, regressor="lasso")),
        "fewer samples": _with_samples(request, max(50, request.samples.samples // 3)),
    }
    numbers: Numbers = {}
    for name, changed in asked.items():
        started = perf_counter()
        made = LIME.run(changed, subject)
        numbers[name] = {"seconds": round(perf_counter() - started, 3), "passes": made.passes}
    return numbers


def _composing(request: LimeRequest, subject: Subject) -> Numbers:
    """Return the share of time that goes into perturbed pictures, the rest being the model's."""
    neighbourhood = neighbourhood_of(request.samples, subject)
    rows = neighbourhood.first(25)[0]
    clocks: dict[str, list[_stock.Clock]] = {"compose": [], "model": []}
    for _ in range(5):
        with _stock.clock(clocks["compose"]):
            batch = neighbourhood._compose(rows)
        with _stock.clock(clocks["model"]):
            subject.classifier.logits(batch)
    seconds = {name: median(c.wall for c in found) for name, found in clocks.items()}
    return {"share": seconds["compose"] / sum(seconds.values()), "superpixels": rows.shape[1]}


def _fast(classifier: Classifier, requests: list[Asked]) -> Numbers:
    """Compare the first superpixels of fast and exact on every picture."""
    if len(_precisions(classifier)) == 1:
        return {"available": False}
    overlaps, correlations = {}, {}
    precisions: tuple[Precision, ...] = ("exact", "fast")
    for request, subject in requests:
        found = [_fresh(_in(precision, request), subject, []) for precision in precisions]
        tops = [set(np.argsort(-weighted_superpixels(e).fit.weights)[:TOP].tolist()) for e in found]
        weights = [weighted_superpixels(e).fit.weights for e in found]
        name = subject.prepared.picture.name
        overlaps[name] = len(tops[0] & tops[1]) / TOP
        correlations[name] = float(np.corrcoef(weights[0], weights[1])[0, 1])
        print(
            f"fast and exact: {overlaps[name]:.1f} of the first {TOP} superpixels in common, "
            f"correlation {correlations[name]:.4f}, {name}",
            flush=True,
        )
    return {
        "available": True,
        "pictures": len(overlaps),
        "equal": sum(overlap == 1.0 for overlap in overlaps.values()),
        "overlap": overlaps,
        "correlation": correlations,
    }


def _memory(model_id: str, count: int) -> Numbers:
    """Return the memory that LIME takes beyond a model that is ready, in MB."""
    classifier = load(model_id)
    request, subject = _request(classifier, built_in.load(built_in.SAMPLES[0].key), count)
    _warm(subject)
    extra = peak_extra(lambda: LIME.run(request, subject))
    return {"samples": count, "peak extra MB": extra / 1e6}


def _memory_in_fresh_process(classifier: Classifier, options: argparse.Namespace) -> Numbers:
    if not Path("/proc/self/statm").exists():
        return {"available": False}
    command = [sys.executable, "-m", "bench", "lime", "--memory-of", classifier.id]
    command += ["--threads", str(torch.get_num_threads())]
    command += ["--memory-samples", "300" if options.quick else "5000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    numbers: Numbers = json.loads(done.stdout)
    return numbers
