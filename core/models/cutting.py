"""A model cut in two at a layer, by whichever way follows it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import torch
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.models.calls import Call
from core.models.fast_forms import Forms
from core.models.layout import Layout
from core.models.split import Split
from core.models.split_graph import make_plan
from core.models.split_tapped import tapped_plan
from core.models.tracing_lock import GATE


def cut(
    outline: nn.Module,
    calls: Sequence[Call],
    path: str,
    blank: Tensor,
    layout: Layout,
    forms: Forms,
) -> Split:
    """Split a model with torch.fx where that can follow it, else by replacing the layer.

    Args:
        outline: the model with its tensors on the `meta` device.
        calls: of a pass of one picture through it, from `record`.
        path: dotted path of the layer.
        blank: (1, C, h, w) on the `meta` device.
        layout: of the layer's output.
        forms: of the model, with its weights.

    Raises:
        UnsupportedLayer: neither way gives the model's own logits.
    """
    with suppress(UnsupportedLayer):
        return Split(make_plan(outline, path, blank, layout), forms)
    plan = tapped_plan(outline, calls, path, blank)
    for attempt in (plan, plan.complete()):
        split = Split(attempt, forms)
        if _is_whole(split, forms, blank.shape):
            return split
    raise UnsupportedLayer(
        f"The model gives other logits once its layer {path} is replaced by what it gave: "
        "pick another layer."
    )


def _is_whole(split: Split, forms: Forms, shape: torch.Size) -> bool:
    """Tell whether head and tail together give the model's own logits."""
    rng = torch.Generator().manual_seed(0)
    batch = torch.randn(shape, generator=rng).to(forms.device)
    with torch.no_grad():
        with GATE.shared():
            expected = forms.plain(batch).float()
        logits = split.tail(*split.head(batch))
    return torch.allclose(logits, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
