"""LIME's weights from random and from balanced samples: the passes that one saves for equal error.

The model's answers are kept in a folder, a file for each picture and way of drawing, so a stopped
run goes on where it was and every number can be computed again without the model. The truth are
the weights of many random samples; nothing else is drawn with their seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, median

import numpy as np
import numpy.typing as npt

from bench import _trials
from bench._requests import lime_of
from core.explain.base import Subject
from core.explain.perturb.lime_fit import Recipe, distances_of, fit
from core.explain.perturb.lime_trust import weighted_ridge
from core.explain.perturb.rows import rows_of
from core.explain.perturb.sample_cache import neighbourhood_of, superpixels_of
from core.explain.perturb.settling import is_settled, looks, times_drawn
from core.explain.superpixel_weights import LinearFit, Vector
from core.models.efficientnet_lite import DEFAULT
from core.models.load import load
from core.requests.maps import PRECISIONS, SAMPLINGS, LimeRequest, Outline

Answers = npt.NDArray[np.float32]
Drawn = tuple[str, int]
"""How rows are drawn, and the seed."""
TRUTH: Drawn = ("random", 0)
COUNT = 400
"""Samples whose error is compared."""
TOP = 5
STEPS = tuple(range(100, COUNT + 1, 20))


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench sampling", description=__doc__)
    add = parser.add_argument
    add("--model", default=DEFAULT)
    add("--data", type=Path, default=_trials.DATA, help="folder with data/photos and weights")
    add("--kept", type=Path, required=True, help="folder of answers; what it has is not asked for")
    add("--truth", type=int, default=5000, help="random samples behind the truth")
    add("--seeds", type=int, default=3, help="of each way of drawing")
    add("--pictures", type=int, default=10)
    add("--precision", default="exact", choices=PRECISIONS, help="of the passes")
    add(
        "--auto",
        choices=SAMPLINGS,
        help="when `--samples auto` stops: on the truth's samples, or on balanced ones",
    )
    options = parser.parse_args(arguments)
    weights = options.data / "weights" / f"{options.model}.pth"
    classifier = load(options.model, weights=weights if weights.is_file() else None)
    options.kept.mkdir(parents=True, exist_ok=True)
    saved, ratios = [], []
    stops: list[Stop] = []
    if not options.auto:
        print(f"{classifier.id}: error of {COUNT} samples against {options.truth} random ones,")
        print("relative; then the balanced samples with the error of the random ones")
    for picture in _trials.photos(options.data)[: options.pictures]:
        prepared = classifier.prepare(picture)
        target = classifier.predict(prepared, top=1)[0].index
        request, subject = lime_of(classifier, prepared, target, COUNT)
        request = replace(request, samples=replace(request.samples, precision=options.precision))
        name = f"{classifier.arch}-{options.precision}-{Path(picture.name).stem}"

        def fitted(drawn: Drawn, count: int, most: int = 0) -> LinearFit:
            """Fit the first samples of those that are kept."""
            path = options.kept / f"{name}-{drawn[0]}-{drawn[1]}.npy"  # noqa: B023 - called here only
            answers = _answers(path, request, subject, drawn, most or count)  # noqa: B023
            parts = superpixels_of(request.samples.superpixels, subject).count  # noqa: B023
            rows = rows_of(drawn[1], count, parts, drawn[0])
            return fit(rows, answers[:count, None], 0)

        if options.auto:
            drawn = TRUTH if options.auto == TRUTH[0] else (options.auto, 1)
            path = options.kept / f"{name}-{drawn[0]}-{drawn[1]}.npy"
            answers = partial(_answers, path, request, subject, drawn)
            stops.append(_stop(answers, drawn, fitted(TRUTH, options.truth)))
            print(f"{picture.name:42s} {stops[-1]}", flush=True)
            continue
        truth = fitted(TRUTH, options.truth).weights
        size = float(np.linalg.norm(truth))
        seeds = range(1, options.seeds + 1)

        def error(sampling: str, count: int) -> float:
            """Return the mean error over the seeds."""
            each = (fitted((sampling, seed), count, COUNT).weights for seed in seeds)  # noqa: B023
            return mean(float(np.linalg.norm(w - truth)) / size for w in each)  # noqa: B023

        of_random, of_balanced = error("random", COUNT), error("balanced", COUNT)
        enough = next((n for n in STEPS if error("balanced", n) <= of_random), COUNT)
        ratios.append(of_balanced / of_random)
        saved.append(1 - enough / COUNT)
        print(
            f"{picture.name:42s} {len(truth):3d} superpixels: random {of_random:.3f}, balanced "
            f"{of_balanced:.3f}, ratio {ratios[-1]:.2f}; equal at {enough} of {COUNT}",
            flush=True,
        )
    if stops:
        print(
            f"median {median(stop.samples for stop in stops):.0f} samples; the top {TOP} of "
            f"{options.truth} random ones in {sum(stop.same for stop in stops)} of {len(stops)}, "
            f"after 1000 samples in {sum(stop.usual for stop in stops)}"
        )
        return 0
    print(
        f"median: error {median(ratios):.2f} of random, {100 * median(saved):.0f} % of the passes "
        f"saved ({100 * min(saved):.0f} to {100 * max(saved):.0f} %)"
    )
    return 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Where `--samples auto` stops.

    Attributes:
        samples: how many it took.
        settled: whether it had to take no more.
        same: whether its heaviest superpixels are those of the truth.
        usual: whether those of 1000 of the same samples are.
    """

    samples: int
    settled: bool
    same: bool
    usual: bool


def _stop(answers: Callable[[int], Answers], drawn: Drawn, truth: LinearFit) -> Stop:
    """Look at the first samples as LIME does, and ask for no more than it would.

    Args:
        answers: gives so many at least, float32 (count,).
        drawn: how their rows are drawn.
        truth: the fit of many random samples.
    """
    recipe, parts = Recipe(), len(truth.weights)

    def first(count: int) -> LinearFit:
        return fit(rows_of(drawn[1], count, parts, drawn[0]), answers(count)[:count, None], 0)

    settled, count = False, 0
    for count in looks():
        linear = first(count)

        def redraw(count: int = count) -> Vector:
            rows = rows_of(drawn[1], count, parts, drawn[0])
            kernel = recipe.kernel(distances_of(rows, recipe))
            switches, target = rows.astype(float), answers(count)[:count].astype(float)
            draws = times_drawn(count, *drawn)
            return np.array([weighted_ridge(switches, target, kernel * times) for times in draws])

        settled = is_settled(linear, Outline(), redraw)
        if settled:
            break
    every = set(truth.top(TOP))
    usual = set(first(1000).top(TOP))
    return Stop(count, settled, set(linear.top(TOP)) == every, usual == every)


def _answers(
    path: Path, request: LimeRequest, subject: Subject, drawn: Drawn, count: int
) -> Answers:
    """Return the probabilities of the explained class, float32 (count,), from the file or new."""
    kept: Answers | None = np.load(path) if path.is_file() else None
    if kept is not None and len(kept) >= count:
        return kept
    sampling, seed = drawn
    samples = replace(request.samples, samples=count, seed=seed, sampling=sampling)
    neighbourhood = neighbourhood_of(samples, subject)
    neighbourhood.grow(subject.classifier, count)
    made = neighbourhood.first(count)[1][:, request.target].copy()
    np.save(path, made)
    return made
