"""AblationCAM: a channel weighs what the class's score loses when the channel is switched off.

Only the part of the model behind the layer runs again, in large chunks; where that part is
affine, one gradient gives the same drops at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import numpy as np
import torch

from core.explain.base import Tick
from core.explain.cams.affine import is_affine
from core.explain.cams.engine import Task, Weighed, changes_nothing, empty
from core.explain.cams.layer_method import LayerMethod
from core.models.classifier import Classifier
from core.models.split import Split
from core.requests.options import Value

CHUNK_BYTES = 32_000_000
"""Size of the switched-off activations that go through the tail at once."""
AFFINE = 2
"""Passes through a tail that is affine."""
NEAR_ZERO = 1e-3
"""A score below this share of the largest logit makes weights that mean little."""
TOLERANCE = 1e-3
"""How far the gradient's account of the score may be off, relative to its terms."""

_affine: WeakKeyDictionary[Split, bool] = WeakKeyDictionary()
"""What earlier runs found out about a layer, for the cost of the next."""


def exact_drops(
    split: Split, leaf: torch.Tensor, rest: list[torch.Tensor], class_index: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Run the tail once, and take all drops from its gradient where it is affine.

    The account is checked: with every channel off, the score must fall by the sum of all drops.

    Args:
        split: the model cut at the layer.
        leaf: activation of one picture, as the layer gives it.
        rest: other values that are alive at the cut.
        class_index: the class.

    Returns:
        The logits (1, K), and float32 (C,) drops on the CPU or None where the tail is not affine.
    """
    leaf = leaf.detach().requires_grad_()
    with torch.enable_grad():
        logits = split.tail(leaf, *rest)
        if not is_affine(logits):
            return logits.detach(), None
        try:
            (gradient,) = torch.autograd.grad(logits[0, class_index], leaf)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:  # the model writes over what a gradient would need
            return logits.detach(), None
    products = (gradient * leaf.detach()).movedim(split.channel_axis, 1)[0].flatten(1)
    lost = products.cpu().double().sum(dim=1)
    nothing = split.tail(torch.zeros_like(leaf), *rest)
    fall = float(logits[0, class_index] - nothing[0, class_index])
    if abs(fall - float(lost.sum())) > TOLERANCE * float(lost.abs().sum()):
        return logits.detach(), None
    return logits.detach(), lost.float()


def drops(
    split: Split,
    leaf: torch.Tensor,
    rest: list[torch.Tensor],
    class_index: int,
    score: float,
    tick: Tick,
) -> torch.Tensor:
    """Return what the score loses without each channel in turn, whatever the tail is.

    The chunk is written once; each pass zeroes one channel per row and puts it back after.

    Args:
        split: the model cut at the layer.
        leaf: activation of one picture, as the layer gives it.
        rest: other values that are alive at the cut.
        class_index: the class.
        score: its logit with all channels.
        tick: told the share done; may raise to stop.

    Returns:
        float32 (C,) on the CPU, positive where the channel supports the class.
    """
    axis = split.channel_axis
    channels = leaf.shape[axis]
    chunk = min(channels, rows_at_once(leaf, rest))
    rows = leaf.repeat(chunk, *[1] * (leaf.dim() - 1))
    view, original = rows.movedim(axis, 1), leaf.movedim(axis, 1)[0]
    repeated = [repeated_rows(part, chunk) for part in rest]
    lost = torch.empty(channels)
    for start in range(0, channels, chunk):
        tick(start / channels, f"channel {start} of {channels}")
        number = min(chunk, channels - start)
        each = torch.arange(number, device=leaf.device)
        view[each, each + start] = 0
        others = [
            part if many is part else many[:number]
            for part, many in zip(rest, repeated, strict=True)
        ]
        logits = split.tail(rows[:number], *others)
        lost[start : start + number] = score - logits[:, class_index].float().cpu()
        view[each, each + start] = original[start : start + number]
    return lost


def rows_at_once(leaf: torch.Tensor, rest: list[torch.Tensor]) -> int:
    """Return how many changed activations fit one pass through the tail."""
    return max(1, CHUNK_BYTES // sum(part.nbytes for part in (leaf, *rest)))


def repeated_rows(part: torch.Tensor, times: int) -> torch.Tensor:
    """Give a value of one picture as many rows; a constant of the model stays as it is."""
    return part.repeat(times, *[1] * (part.dim() - 1)) if part.shape[:1] == (1,) else part


def losses(
    split: Split, batch: torch.Tensor, class_index: int, tick: Tick
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
    """Return what the class's score loses without each channel, by whichever way is open.

    Args:
        split: the model cut at the layer.
        batch: float32 (1, 3, h, w), normalised.
        class_index: the class.
        tick: told the share done; may raise to stop.

    Returns:
        float32 (C,) drops on the CPU, the logits (1, K), the channels' maps float32 (C, gh, gw) on
        the CPU, and the forward passes that it took.
    """
    tick(0.0, "forward")
    with torch.no_grad():
        leaf, *rest = split.head(batch)
        logits, lost = exact_drops(split, leaf, rest, class_index)
        _affine[split] = lost is not None
        passes = AFFINE
        if lost is None:
            lost = drops(split, leaf, rest, class_index, float(logits[0, class_index]), tick)
            passes = len(lost) + 1
        return lost, logits, split.maps(leaf)[0].float().cpu(), passes


def weigh(task: Task) -> Weighed:
    """Weigh every channel by the share of the class's score that is lost without it.

    Source: Desai and Ramaswamy 2020: w = (y - y_k) / y with channel k set to 0.
    """
    lost, logits, maps, passes = losses(task.split, task.batch, task.class_index, task.tick)
    score = float(logits[0, task.class_index])
    if score == 0.0:
        notes: tuple[str, ...] = ("The class's score is 0: the drops are not divided by it.",)
        weights = lost
    else:
        notes = _score_notes(score, float(logits.abs().max()))
        weights = lost / score
    weighted = np.asarray((weights[:, None, None] * maps).numpy())
    weighed = Weighed(weighted, logits, passes, notes)
    # Drops that come from a gradient are exact however small; those of two passes are not.
    differences = passes > AFFINE
    return empty(weighed) if differences and changes_nothing(lost, logits, "exact") else weighed


def _score_notes(score: float, largest: float) -> tuple[str, ...]:
    if abs(score) < NEAR_ZERO * largest:
        return (
            f"The class's score is nearly 0 ({score:.2g}); weights are shares of it, "
            "so only their order is meaningful.",
        )
    if score < 0:
        return (
            f"The class's score is negative ({score:.3g}); weights are shares of it, "
            "so the map shows what opposes the class.",
        )
    return ()


def _passes(classifier: Classifier, layer: str, options: Mapping[str, Value]) -> int:
    """Return 2 for a layer that is known to have an affine tail, else a pass per channel."""
    split = classifier.made_split(layer)
    return AFFINE if split and _affine.get(split) else classifier.layer(layer).shape[0] + 1


ABLATION_CAM = LayerMethod(
    name="ablation-cam",
    title="Ablation-CAM",
    sentence=(
        "Switches the layer's channels off one by one and weighs each by how much the class "
        "score drops."
    ),
    paper="Desai and Ramaswamy 2020: weight of k is (y - y_k) / y, channel k set to 0",
    link="https://openaccess.thecvf.com/content_WACV_2020/html/"
    "Desai_Ablation-CAM_Visual_Explanations_for_Deep_Convolutional_Network_via_Gradient-free_"
    "WACV_2020_paper.html",
    engine=weigh,
    passes=_passes,
    signed=True,
    whole_passes=False,
)
