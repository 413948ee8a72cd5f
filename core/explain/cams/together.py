"""Several pictures in one pass: activations, gradients and logits that maps of each share.

In evaluation mode no picture's numbers depend on the others of its batch, so that the gradient of
the sum of the explained logits holds each picture's own. What differs is rounding: other sizes
take other kernels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.caching.pauses import working_seconds
from core.explain.base import Tick
from core.explain.shared_pass import SharedPass
from core.models.classifier import Classifier
from core.models.input import Prepared


def run_together(
    classifier: Classifier,
    layer: str,
    pictures: Sequence[Prepared],
    targets: Sequence[Sequence[int]],
    tick: Tick,
    *,
    predicted: bool,
) -> list[SharedPass]:
    """Run the model once for several pictures.

    Args:
        classifier: the model.
        layer: module path.
        pictures: as the model sees them.
        targets: of each picture the classes whose gradients are wanted.
        tick: told the share done; may raise to stop.
        predicted: whether the gradient of the predicted class is wanted too.

    Raises:
        UnsupportedLayer: the model cannot be split there.
    """
    started, split = working_seconds(), classifier.split(layer)
    batch = torch.cat([each.batch for each in pictures])
    tick(0.0, f"{len(pictures)} pictures")
    leaf, *rest = split.head(batch)
    leaf = leaf.detach().requires_grad_()
    with torch.enable_grad():
        logits = split.tail(leaf, *rest)
        wanted = [
            list(dict.fromkeys([*([int(row.argmax())] if predicted else []), *own]))
            for row, own in zip(logits.detach(), targets, strict=True)
        ]
        tick(0.5, "gradients")
        gradients = _gradients(leaf, logits, wanted)
    maps = split.maps(leaf.detach()).float().cpu().numpy()
    slopes = [split.maps(each).float().cpu().numpy() for each in gradients]
    seconds = (working_seconds() - started) / len(pictures)
    return [
        SharedPass(
            logits[at : at + 1].detach(),
            np.ascontiguousarray(maps[at]),
            {
                index: np.ascontiguousarray(slope[at])
                for index, slope in zip(own, slopes, strict=False)
            },
            seconds,
        )
        for at, own in enumerate(wanted)
    ]


def _gradients(
    leaf: torch.Tensor, logits: torch.Tensor, wanted: Sequence[Sequence[int]]
) -> list[torch.Tensor]:
    """Return the gradients of each picture's first class, then of each one's second, ...

    Nothing where the model's code lets none pass: who asks for one says so in words.
    """
    rounds = max(map(len, wanted))
    found = []
    for at in range(rounds):
        rows = [row for row, own in enumerate(wanted) if at < len(own)]
        chosen = logits[rows, [wanted[row][at] for row in rows]].sum()
        try:
            (gradient,) = torch.autograd.grad(
                chosen,
                leaf,
                retain_graph=at + 1 < rounds,
                allow_unused=True,
                materialize_grads=True,
            )
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:  # in-place writes, detached values, inference mode
            return []
        found.append(gradient)
    return found
