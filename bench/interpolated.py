"""LIME's weights from answers that a Gaussian process interpolates: what passes that saves.

The process is fitted to the kept answers of `python -m bench sampling` (no pass is made) and gives
an answer for many more rows, to which LIME's linear model is fitted. Its kernel has a factor for
each superpixel, so that it learns which of them matter and how they act together. `corrected` adds
the fit of the answers' errors where each was left out, which takes away the process's bias but
not the answers' noise.

Source: Kondor and Lafferty 2002 (diffusion kernels on a hypercube); Rasmussen and Williams 2006,
chapters 2 and 5 (equations 2.30, 5.8 and 5.12); O'Hagan 1991 (integrals of a process).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from bench import _trials
from bench._requests import lime_of
from core.explain.perturb.composition import Rows
from core.explain.perturb.lime_fit import Recipe, distances_of
from core.explain.perturb.lime_trust import weighted_ridge
from core.explain.perturb.rows import rows_of
from core.explain.perturb.sample_cache import superpixels_of
from core.explain.superpixel_weights import Vector
from core.models.efficientnet_lite import DEFAULT
from core.models.load import load

COUNTS = (100, 140, 180, 220, 260, 300, 340, 400)
POOL = 16_000
"""Rows that are answered by the process."""
SEEDS = (1, 2)
KINDS = ("plain", "interpolated", "corrected")


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench interpolated", description=__doc__)
    add = parser.add_argument
    add("--model", default=DEFAULT)
    add("--data", type=Path, default=_trials.DATA, help="folder with data/photos and weights")
    add("--kept", type=Path, required=True, help="folder of `python -m bench sampling`")
    add("--pictures", type=int, default=10)
    options = parser.parse_args(arguments)
    weights = options.data / "weights" / f"{options.model}.pth"
    classifier = load(options.model, weights=weights if weights.is_file() else None)
    enough: dict[str, list[int]] = {kind: [] for kind in KINDS}
    print(f"{classifier.id}: balanced samples with the error of {COUNTS[-1]} random ones")
    for picture in _trials.photos(options.data)[: options.pictures]:
        request, subject = lime_of(classifier, classifier.prepare(picture), 0, COUNTS[-1])
        parts = superpixels_of(request.samples.superpixels, subject).count
        name = f"{classifier.arch}-exact-{Path(picture.name).stem}"

        def answers(sampling: str, seed: int, name: str = name) -> Vector:
            kept = np.load(options.kept / f"{name}-{sampling}-{seed}.npy")
            return np.asarray(kept, np.float64)

        found = _enough(answers, parts)
        for kind in KINDS:
            enough[kind].append(found[kind])
        print(f"{picture.name:42s} {found}", flush=True)
    for kind in KINDS:
        print(f"{kind}: median {median(enough[kind]):.0f} of {COUNTS[-1]}")
    return 0


def _enough(answers: Callable[[str, int], Vector], parts: int) -> dict[str, int]:
    """Return how many balanced samples have the error of the most random ones, by kind."""
    everything = answers("random", 0)
    truth = _linear(rows_of(0, len(everything), parts), everything)

    def error(weights: Vector) -> float:
        return float(np.linalg.norm(weights - truth))

    most = COUNTS[-1]
    wanted = np.mean(
        [
            error(_linear(rows_of(seed, most, parts), answers("random", seed)[:most]))
            for seed in SEEDS
        ]
    )
    found: dict[str, int] = {}
    for count in COUNTS:
        tried = [
            _fits(rows_of(seed, count, parts, "balanced"), answers("balanced", seed)[:count])
            for seed in SEEDS
        ]
        for kind in KINDS:
            if kind not in found and np.mean([error(fit[kind]) for fit in tried]) <= wanted:
                found[kind] = count
    return {kind: found.get(kind, most) for kind in KINDS}


def _fits(rows: Rows, answers: Vector) -> dict[str, Vector]:
    """Return LIME's weights float64 (superpixels,) by kind."""
    process = Process.fitted(rows, answers)
    many = rows_of(991, POOL + 1, rows.shape[1], "balanced")
    smooth = _linear(many, process(many))
    return {
        "plain": _linear(rows, answers),
        "interpolated": smooth,
        "corrected": smooth + _linear(rows, process.left_out()),
    }


def _linear(rows: Rows, answers: Vector) -> Vector:
    recipe = Recipe()
    return weighted_ridge(rows.astype(float), answers, recipe.kernel(distances_of(rows, recipe)))


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process over switches, fitted to answers.

    Attributes:
        logs: float64 (4 + superpixels,), the logarithms of the sizes of the constant, the additive
            part, the product and the noise, then the logits of how far each superpixel couples.
        signs: float64 (N, superpixels), 1 where a superpixel is shown, -1 where it is hidden.
        solved: float64 (N,), the inverse of the kernel times the answers.
        inverse: float64 (N,), the diagonal of that inverse.
        middle, spread: of the answers.
    """

    logs: Tensor
    signs: Tensor
    solved: Tensor
    inverse: Tensor
    middle: float
    spread: float

    @classmethod
    def fitted(cls, rows: Rows, answers: Vector) -> Process:
        """Fit the kernel by the marginal likelihood, with a weak prior on the couplings."""
        signs = torch.from_numpy(2.0 * rows - 1)
        middle, spread = float(answers.mean()), float(answers.std()) + 1e-12
        wanted = torch.from_numpy((answers - middle) / spread)
        parts, noise = rows.shape[1], torch.eye(len(rows), dtype=torch.float64)
        start = np.array([-1.0, -1.0, 0.0, -2.0, *[np.log(0.6 / parts)] * parts])

        def cost(values: Vector) -> tuple[float, Vector]:
            logs = torch.tensor(values, requires_grad=True)
            lower = torch.linalg.cholesky(_kernel(logs, signs, signs) + logs[3].exp() * noise)
            solved = torch.cholesky_solve(wanted[:, None], lower)[:, 0]
            likely = 0.5 * wanted @ solved + lower.diagonal().log().sum()
            total = likely + 0.05 * ((logs[4:] - start[4]) ** 2).sum()
            (slope,) = torch.autograd.grad(total, logs)
            return float(total.detach()), slope.numpy()

        limits = {"bounds": [(-9, 4)] * len(start), "options": {"maxiter": 40}}
        found = minimize(cost, start, jac=True, method="L-BFGS-B", **limits)
        logs = torch.from_numpy(found.x)
        inverse = torch.linalg.inv(_kernel(logs, signs, signs) + logs[3].exp() * noise)
        return cls(logs, signs, inverse @ wanted, inverse.diagonal(), middle, spread)

    def __call__(self, rows: Rows) -> Vector:
        """Return the answers that are expected, float64 (N,)."""
        other = torch.from_numpy(2.0 * rows - 1)
        expected: Vector = (_kernel(self.logs, other, self.signs) @ self.solved).numpy()
        return self.middle + self.spread * expected

    def left_out(self) -> Vector:
        """Return each answer less what the others lead to expect, float64 (N,)."""
        error: Vector = (self.solved / self.inverse).numpy()
        return self.spread * error


def _kernel(logs: Tensor, these: Tensor, those: Tensor) -> Tensor:
    """Return a constant, an additive part, and a product over superpixels; float64 (N, M)."""
    couples = logs[4:].sigmoid()
    alike, unlike = couples.log1p(), (-couples).log1p()
    exponent = (these * (alike - unlike) / 2) @ those.T - ((alike - unlike) / 2).sum()
    additive = these @ those.T / these.shape[1]
    return logs[0].exp() + logs[1].exp() * additive + logs[2].exp() * exponent.exp()
