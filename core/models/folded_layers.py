"""A convolution with its batch norm and activation in one step, and padding without a copy."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

_FUSED: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.Identity: ("none", []),
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}
"""What oneDNN calls an activation that it computes while it writes a convolution's result."""
_DTYPES = (torch.float32, torch.bfloat16)


def is_convolution(module: nn.Module) -> bool:
    """Return whether a batch norm behind the module can be folded into it."""
    return type(module) is nn.Conv2d or _is_timm(module, "Conv2dSame")


def is_norm(module: nn.Module) -> bool:
    """Return whether the module is a batch norm, maybe with an activation behind it."""
    return type(module) is nn.BatchNorm2d or _is_timm(module, "BatchNormAct2d")


def _is_timm(module: nn.Module, name: str) -> bool:
    """Tell a layer of timm by its name: the library is not imported for models without it."""
    kind = type(module)
    return kind.__name__ == name and kind.__module__.partition(".")[0] == "timm"


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Module:
    """Return one layer that gives what the norm gives behind the convolution.

    Args:
        conv: for which `is_convolution` holds; stays as it is.
        norm: for which `is_norm` holds, in evaluation mode; stays as it is.
    """
    merged = fuse_conv_bn_eval(conv, norm)
    if type(norm) is nn.BatchNorm2d:
        return merged
    act = norm.get_submodule("act")
    return FoldedConv(merged, act)


class FoldedConv(nn.Module):
    """A convolution and the activation behind it.

    On a CPU, without gradients, oneDNN computes both in one pass over the memory. A convolution
    of timm that pads as TensorFlow does, one pixel more at the end than at the start, copies its
    input for that; here its kernel gets a row and a column of zeros at the start instead, so that
    the same padding on both sides gives the same result.
    """

    def __init__(self, conv: nn.Conv2d, act: nn.Module) -> None:
        """Join two layers.

        Args:
            conv: with the batch norm folded in.
            act: the activation.
        """
        super().__init__()
        self.conv, self.act = conv, act
        self._same = type(conv) is not nn.Conv2d
        plain = conv.padding_mode == "zeros" and not isinstance(conv.padding, str)
        self._fused = _FUSED.get(type(act)) if plain else None
        odd = self._same and conv.dilation == (1, 1)
        wide = functional.pad(conv.weight, (1, 0, 1, 0)) if odd else None
        self.wide = None if wide is None else nn.Parameter(wide, requires_grad=False)

    def forward(self, batch: Tensor) -> Tensor:
        """Convolve and activate, (N, C, h, w)."""
        step = self._step(batch)
        if step is None:
            result: Tensor = self.act(self.conv(batch))
            return result
        weight, padding = step
        assert self._fused is not None
        made: Tensor = torch.ops.mkldnn._convolution_pointwise(
            batch,
            weight,
            self.conv.bias,
            padding,
            self.conv.stride,
            self.conv.dilation,
            self.conv.groups,
            *self._fused,
            "",
        )
        return made

    def _step(self, batch: Tensor) -> tuple[Tensor, tuple[int, ...]] | None:
        """Return kernel and padding for one fused step; None where there is none."""
        learns = torch.is_grad_enabled() and batch.requires_grad
        if self._fused is None or learns or batch.device.type != "cpu":
            return None
        if batch.dtype not in _DTYPES or not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
            return None
        if not self._same:
            assert not isinstance(self.conv.padding, str)
            return self.conv.weight, self.conv.padding
        sides = zip(batch.shape[2:], self.conv.kernel_size, self.conv.stride, strict=True)
        totals = [
            max((math.ceil(side / step) - 1) * step + kernel - side, 0)
            for side, kernel, step in sides
        ]
        if self.wide is not None and all(total % 2 for total in totals):
            return self.wide, tuple(total // 2 + 1 for total in totals)
        if self.conv.dilation == (1, 1) and not any(total % 2 for total in totals):
            return self.conv.weight, tuple(total // 2 for total in totals)
        return None
