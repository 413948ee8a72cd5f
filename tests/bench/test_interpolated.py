"""The process that interpolates answers: what it learns, and what it says of one left out."""

from __future__ import annotations

import numpy as np
import torch

from bench.interpolated import Process, _kernel
from core.explain.perturb.composition import Rows
from core.explain.perturb.rows import rows_of
from core.explain.superpixel_weights import Vector


def together(rows: Rows) -> Vector:
    """What two superpixels do together, and a third alone; the others do nothing."""
    z = rows.astype(float)
    answers: Vector = 0.2 + 0.5 * z[:, 0] * z[:, 1] - 0.3 * z[:, 2]
    return answers


def test_it_learns_what_superpixels_do_together() -> None:
    seen, other = rows_of(0, 60, 6, "balanced"), rows_of(5, 64, 6)
    process = Process.fitted(seen, together(seen))
    np.testing.assert_allclose(process(other), together(other), atol=0.02)
    couples = process.logs[4:].numpy()
    assert couples[:2].min() > couples[3:].max(), "it knows which of them matter"


def test_an_answer_left_out_is_compared_with_what_the_others_say() -> None:
    rows = rows_of(1, 20, 5)
    answers = together(rows) + 0.05 * np.random.default_rng(0).standard_normal(20)
    process = Process.fitted(rows, answers)
    noise = float(process.logs[3].exp())
    for out in (3, 11):
        rest = torch.tensor([k for k in range(20) if k != out])
        kernel = _kernel(process.logs, process.signs, process.signs)
        wanted = torch.from_numpy((answers - process.middle) / process.spread)
        among = kernel[rest][:, rest] + noise * torch.eye(19, dtype=torch.float64)
        expected = kernel[out, rest] @ torch.linalg.solve(among, wanted[rest])
        error = float(wanted[out] - expected) * process.spread
        np.testing.assert_allclose(process.left_out()[out], error, rtol=1e-6)
