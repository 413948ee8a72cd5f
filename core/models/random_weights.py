"""Random weights in the place of trained ones, from a generator of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def randomise(model: nn.Module, paths: Iterable[str], seed: int) -> None:
    """Replace the weights of some modules; what lies inside them stays as it is.

    Convolutions and linear layers start as He et al. 2015 say: normal numbers of variance
    2 / inputs, no bias. Norms pass on what they get. Other parameters keep their values in random
    order. The numbers of a module depend on the seed and its path alone, and no generator of the
    process is touched.

    Args:
        model: private to the caller.
        paths: dotted module paths; empty for the model itself.
        seed: of all numbers.
    """
    for path in paths:
        module = model.get_submodule(path)
        digest = hashlib.sha256(f"{seed} {path}".encode()).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))
        norm = _is_norm(module)
        with torch.no_grad():
            for name, parameter in module.named_parameters(recurse=False):
                parameter.copy_(
                    _constant(name, parameter) if norm else _drawn(name, parameter, rng)
                )
            if norm:
                for name, buffer in module.named_buffers(recurse=False):
                    if buffer.is_floating_point():
                        buffer.copy_(_constant(name, buffer))


def _is_norm(module: nn.Module) -> bool:
    return "Norm" in type(module).__name__ and not list(module.children())


def _constant(name: str, tensor: Tensor) -> Tensor:
    """Return what makes a norm pass on its input: 1 to multiply or divide by, 0 to add."""
    return torch.full_like(tensor, float(name in ("weight", "running_var")))


def _drawn(name: str, tensor: Tensor, rng: torch.Generator) -> Tensor:
    if name.endswith("bias"):
        return torch.zeros_like(tensor)
    if name.endswith("weight") and tensor.dim() > 1:
        deviation: float = (2 / tensor[0].numel()) ** 0.5
        return torch.randn(tensor.shape, generator=rng) * deviation
    order = torch.randperm(tensor.numel(), generator=rng)
    return tensor.flatten()[order.to(tensor.device)].view_as(tensor)
