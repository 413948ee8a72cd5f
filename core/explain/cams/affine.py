"""Whether everything behind a layer is affine in it, so that one gradient says it all.

Behind the last block of most convolutional networks only a mean and a linear layer follow. There
y(A) = b + <G, A>, and what the score loses without channel k is the sum of G_k * A_k.
"""

from __future__ import annotations

import torch

_SUMS = {"Add", "Sub", "Neg", "Sum", "Mean", "Cat", "Stack", "AdaptiveAvgPool2D", "AvgPool2D"}
_MOVES = {"View", "UnsafeView", "Reshape", "ReshapeAlias", "Expand", "Squeeze", "Unsqueeze"}
_MOVES |= {"Permute", "Transpose", "T", "Slice", "Select", "Clone", "Alias", "ToCopy"}
_PRODUCTS = {"Mul", "Mm", "Addmm", "Bmm", "Baddbmm", "Convolution"}
"""Affine only where one factor depends on the layer."""


def is_affine(logits: torch.Tensor) -> bool:
    """Tell from the recorded operations whether `logits` are affine in what they depend on.

    Args:
        logits: result of a differentiable pass in which only the layer's activation, and no
            weight, requires a gradient.

    Returns:
        True where every recorded operation is a sum, a mean, a rearrangement, or a product with
        something that does not depend on the layer; an unknown operation gives False.
    """
    seen: set[object] = set()
    waiting = [logits.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        inputs = [function for function, _ in node.next_functions if function is not None]
        name = node.name().rpartition("::")[2].rstrip("0123456789").removesuffix("Backward")
        single = name in _PRODUCTS and len(inputs) == 1
        if not (single or name in _SUMS or name in _MOVES or name == "AccumulateGrad"):
            return False
        waiting.extend(inputs)
    return bool(seen)
