"""The architecture of the embedded image-text encoder: a small image tower and a table of words.

It shares nothing with the embedded classifier: other widths, other depth, an earlier last stride,
weights of its own. A model that explains another must not be that other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

INPUT_SIZE = 64
"""Pixels a side that the image tower sees; it takes others, at a loss."""
WIDTH = 256
"""Numbers of an embedding."""
CHANNELS = (40, 80, 160, 320)
BLOCKS = (1, 2, 2, 2)
"""Channels and residual blocks of the four stages; each begins at half the side of the one before,
and the stem halves it once, so that 64 pixels become 32, 16, 8 and 4 positions."""
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Shift and scale of RGB in [0, 1], per channel."""


class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut (He et al. 2016, identity or 1 x 1)."""

    def __init__(self, wide_in: int, wide_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(wide_in, wide_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(wide_out)
        self.conv2 = nn.Conv2d(wide_out, wide_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(wide_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or wide_in != wide_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(wide_in, wide_out, 1, stride, bias=False), nn.BatchNorm2d(wide_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, wide_in, h, w) to (N, wide_out, h / stride, w / stride)."""
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ImageTower(nn.Module):
    """Pictures to embeddings.

    Args:
        channels, blocks: of each stage.
        width: numbers of an embedding.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = CHANNELS,
        blocks: tuple[int, ...] = BLOCKS,
        width: int = WIDTH,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels[0], 5, 2, 2, bias=False)
        self.bn = nn.BatchNorm2d(channels[0])
        stages, before = [], channels[0]
        for number, (wide, count) in enumerate(zip(channels, blocks, strict=True)):
            for depth in range(count):
                stages.append(Block(before, wide, 2 if number and not depth else 1))
                before = wide
        self.stages = nn.Sequential(*stages)
        self.project = nn.Linear(before, width)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, batch: Tensor) -> Tensor:
        """Map float (N, 3, h, w), normalised, to (N, width), not yet of length 1."""
        x: Tensor = self.stages(functional.relu(self.bn(self.stem(batch))))
        out: Tensor = self.project(x.mean((2, 3)))
        return out


class MiniEncoder(nn.Module):
    """An image tower and one embedding a word.

    Args:
        words: number of words.
        tower: the image tower; the full one when not given.
        width: numbers of an embedding.
    """

    def __init__(self, words: int, tower: ImageTower | None = None, width: int = WIDTH) -> None:
        super().__init__()
        self.image = tower or ImageTower(width=width)
        self.words = nn.Embedding(words, width)
        # Long at the start: the length divides the step by which a word turns.
        nn.init.normal_(self.words.weight, std=0.25)

    def pictures(self, batch: Tensor) -> Tensor:
        """Embed float (N, 3, h, w), normalised, as float32 (N, width) of length 1."""
        return functional.normalize(self.image(batch).float(), dim=1)

    def all_words(self) -> Tensor:
        """Return the words' embeddings, float32 (words, width) of length 1."""
        return functional.normalize(self.words.weight.float(), dim=1)


def normalised(rgb: Tensor) -> Tensor:
    """Shift and scale colours as in training.

    Args:
        rgb: float (N, 3, h, w) in [0, 1].
    """
    mean, std = (torch.tensor(value, device=rgb.device).view(1, 3, 1, 1) for value in (MEAN, STD))
    return (rgb - mean) / std
