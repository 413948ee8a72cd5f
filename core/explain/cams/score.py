"""ScoreCAM: a channel weighs what the class scores when only the channel's area is visible.

Masked pictures are made a chunk at a time; all of ResNet-50's last layer at once would be
1.2 GB.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch.nn.functional import interpolate

from core.explain.cams.engine import Task, Weighed, changes_nothing, empty
from core.explain.cams.layer_method import LayerMethod
from core.models.classifier import Classifier
from core.requests.options import Option, Value

CHUNK_PIXELS = 8 * 224 * 224
"""Pixels of masked pictures in one forward pass on a CPU, where 8 to 12 pictures are fastest a
picture, in float32 and in bfloat16; a GPU takes eight times as many."""


def masks(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Enlarge each channel to the picture and scale it to [0, 1] by itself.

    Args:
        maps: float32 (n, gh, gw).
        size: height and width of the picture.

    Returns:
        float32 (n, 1, h, w) in [0, 1]; a flat channel gives 0.

    Source: Wang et al. 2020, section 3; 1e-8 and aligned corners as in the grad-cam package.
    """
    large = interpolate(maps[None], size=size, mode="bilinear", align_corners=True)[0]
    low = large.amin(dim=(1, 2), keepdim=True)
    high = large.amax(dim=(1, 2), keepdim=True)
    return ((large - low) / (high - low + 1e-8))[:, None]


def chosen_channels(maps: torch.Tensor, budget: int) -> torch.Tensor:
    """Return the indices of the channels to score: all, or the `budget` with the highest peak."""
    peaks = maps.amax(dim=(1, 2))
    if budget == 0 or budget >= len(peaks):
        return torch.arange(len(peaks), device=maps.device)
    return peaks.topk(budget).indices.sort().values


def distinct(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Find channels whose masks are the same to a millionth: the same picture is scored once.

    Channels that are 0 everywhere all hide the whole picture, and channels that answer at one
    place alone all show that place, however strong they are. Of the 2048 of ResNet-50's last
    layer 10 to 26 % need no pass of their own on the photos that were tried.

    Args:
        maps: float32 (n, gh, gw).

    Returns:
        int64 (m,) indices of the channels to score, rising; and int64 (n,): which of them has a
        channel's mask.
    """
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    scaled = ((maps - low) / (high - low + 1e-8)).flatten(1)
    kinds, kind = torch.unique((scaled * 1e6).round(), dim=0, return_inverse=True)
    places = torch.arange(len(maps), device=maps.device)
    first = torch.full((len(kinds),), len(maps), device=maps.device)
    first = first.scatter_reduce(0, kind, places, "amin")
    order = first.sort()
    return order.values, order.indices.argsort()[kind]


def scores(task: Task, maps: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Return the class's logit for every channel's mask, and the forward passes that took.

    Args:
        task: the layer and the class.
        maps: float32 (n, gh, gw), the channels to score, on the device.

    Returns:
        float32 (n,) logits on the CPU, and the number of pictures scored.
    """
    height, width = task.batch.shape[-2:]
    order, which = distinct(maps)
    chunk = max(1, CHUNK_PIXELS // (height * width)) * (1 if maps.device.type == "cpu" else 8)
    scores = torch.empty(len(order))
    for start in range(0, len(order), chunk):
        task.tick(start / len(order), f"masked picture {start} of {len(order)}")
        rows = order[start : start + chunk]
        masked = task.batch * masks(maps[rows], (height, width))
        logits = task.classifier.logits(masked, task.precision)
        scores[start : start + chunk] = logits[:, task.class_index].float().cpu()
    return scores[which.cpu()], len(order)


def weigh(task: Task) -> Weighed:
    """Weigh every channel by the softmax, over channels, of the score of its masked picture.

    Source: Wang et al. 2020, section 3; without the baseline's score, which softmax cancels.
    """
    task.tick(0.0, "forward")
    with torch.no_grad():
        leaf, *rest = task.split.head(task.batch)
        logits = task.split.tail(leaf, *rest)
        maps = task.split.maps(leaf)[0].float()
        budget = int(task.options["channels"])
        channels = chosen_channels(maps, budget)
        found, passes = scores(task, maps[channels])
        weights = torch.zeros(len(maps))
        weights[channels.cpu()] = found.softmax(dim=0)
        weighted = weights[:, None, None] * maps.cpu()
    notes: tuple[str, ...] = ()
    if len(channels) < len(maps):
        notes = (
            f"Only the {len(channels)} of {len(maps)} channels with the highest peak were scored: "
            "the map is not exactly Score-CAM's.",
        )
    weighed = Weighed(np.asarray(weighted.numpy()), logits, passes + 1, notes)
    # One channel has nothing to be compared with: its map is the answer whatever its score.
    alike = (
        len(found) > 1
        and bool(weighed.maps.any())
        and changes_nothing(found - found.mean(), logits, task.precision)
    )
    return empty(weighed) if alike else weighed


def _passes(classifier: Classifier, layer: str, options: Mapping[str, Value]) -> int:
    channels, budget = classifier.layer(layer).shape[0], int(options["channels"])
    return 1 + (channels if budget == 0 else min(budget, channels))


SCORE_CAM = LayerMethod(
    name="score-cam",
    title="Score-CAM",
    sentence=(
        "Shows the model the picture through each channel as a mask and trusts the channels that "
        "score high."
    ),
    paper="Wang et al. 2020: weight of k is softmax over k of y(picture * scaled A_k)",
    link="https://arxiv.org/abs/1910.01279",
    engine=weigh,
    passes=_passes,
    options=(
        Option(
            "channels",
            0,
            "Score only this many channels, those with the highest peak; 0 scores all. "
            "With 256 the strongest tenth of the map changed by up to 28 % in tests.",
            0,
            4096,
        ),
    ),
    uses_precision=True,
)
