"""Words that are measured on a picture's pixels: its colours, its light, its lines.

A colour's number is the share of the pixels that have it, by hue, saturation and value. Every other
word has one number that is larger where the word fits better.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

SIDE = 64
"""Pixels a side at which pictures are measured: other sides shift the numbers of fine detail."""
COLOURS = (
    "red",
    "orange colour",
    "brown",
    "yellow",
    "green",
    "cyan",
    "blue",
    "purple",
    "pink",
    "black",
    "white",
    "grey",
)
"""`orange` alone is the fruit, a class."""
TEXTURES = (
    "bright",
    "dark",
    "high contrast",
    "low contrast",
    "colourful",
    "monochrome",
    "smooth",
    "fine detail",
    "blurry",
    "horizontal lines",
    "vertical lines",
    "diagonal lines",
    "plain background",
    "white background",
    "black background",
)
WORDS = COLOURS + TEXTURES
CATEGORIES: Mapping[str, str] = dict.fromkeys(COLOURS, "colours") | dict.fromkeys(
    TEXTURES, "textures"
)
CHUNK = 500


def hue_saturation_value(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return hue in degrees, saturation and value in [0, 1], each (N, h, w).

    Args:
        rgb: float (N, 3, h, w) in [0, 1].
    """
    value, most = rgb.max(1)
    spread = value - rgb.min(1).values
    red, green, blue = rgb.unbind(1)
    safe = spread.clamp_min(1e-6)
    sectors = torch.stack(
        [((green - blue) / safe) % 6, (blue - red) / safe + 2, (red - green) / safe + 4], 1
    )
    hue = 60 * sectors.gather(1, most[:, None])[:, 0]
    return hue, spread / value.clamp_min(1e-6), value


def colour_shares(rgb: Tensor) -> Tensor:
    """Return the share of the pixels of each of `COLOURS`, float (N, 12); a pixel has one or none.

    Args:
        rgb: float (N, 3, h, w) in [0, 1].
    """
    hue, saturation, value = hue_saturation_value(rgb)
    black = value < 0.2
    pale = (saturation < 0.2) & ~black
    white = pale & (value > 0.82)
    vivid = ~black & ~pale
    warm = vivid & ((hue < 48) | (hue >= 345))
    pink = vivid & ((hue >= 290) & (hue < 345) | (hue >= 345) & (saturation < 0.5) & (value > 0.6))
    brown = warm & ~pink & (value < 0.62) & (hue >= 8) & (hue < 48)
    orange = warm & ~brown & ~pink & (hue >= 16) & (hue < 48) & (saturation >= 0.35)
    red = warm & ~brown & ~pink & ((hue < 16) | (hue >= 345)) & (saturation >= 0.35)
    found = {
        "red": red,
        "orange colour": orange,
        "brown": brown,
        "yellow": vivid & (hue >= 48) & (hue < 70),
        "green": vivid & (hue >= 70) & (hue < 165),
        "cyan": vivid & (hue >= 165) & (hue < 195),
        "blue": vivid & (hue >= 195) & (hue < 255),
        "purple": vivid & (hue >= 255) & (hue < 290),
        "pink": pink,
        "black": black,
        "white": white,
        "grey": pale & ~white,
    }
    return torch.stack([found[name].float().mean((1, 2)) for name in COLOURS], 1)


def _slopes(light: Tensor) -> tuple[Tensor, Tensor]:
    """Return the slopes along x and y in the middle of four pixels, each (N, h - 1, w - 1)."""
    across, down = light[:, :, 1:] - light[:, :, :-1], light[:, 1:] - light[:, :-1]
    return (across[:, 1:] + across[:, :-1]) / 2, (down[:, :, 1:] + down[:, :, :-1]) / 2


def texture_numbers(rgb: Tensor) -> dict[str, Tensor]:
    """Return for each of `TEXTURES` a number (N,) that is larger where the word fits better.

    Args:
        rgb: float (N, 3, 64, 64) in [0, 1].
    """
    light = (rgb * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1)
    chroma = rgb.max(1).values - rgb.min(1).values
    dx, dy = _slopes(light)
    edges = (dx.abs() + dy.abs()).mean((1, 2))
    coarse = functional.avg_pool2d(light[:, None], 2)[:, 0]
    wide_x, wide_y = _slopes(coarse)
    wide = (wide_x.abs() + wide_y.abs()).mean((1, 2))
    xx, yy = (dx**2).mean((1, 2)), (dy**2).mean((1, 2))
    xy, both = (dx * dy).mean((1, 2)), (xx + yy).clamp_min(1e-6)
    flat = torch.cat(
        [
            rgb[:, :, :5].flatten(2),
            rgb[:, :, -5:].flatten(2),
            rgb[:, :, :, :5].flatten(2),
            rgb[:, :, :, -5:].flatten(2),
        ],
        2,
    )
    unrest = flat.std(2).mean(1)
    calm = (unrest < 0.16).float()
    border = flat.mean((1, 2))
    # Lines need something to be seen; without contrast the ratios are those of noise.
    seen = (light.std((1, 2)) > 0.06).float()
    return {
        "bright": light.mean((1, 2)),
        "dark": -light.mean((1, 2)),
        "high contrast": light.std((1, 2)),
        "low contrast": -light.std((1, 2)),
        "colourful": chroma.mean((1, 2)),
        "monochrome": -chroma.mean((1, 2)),
        "smooth": -edges,
        "fine detail": edges,
        "blurry": -seen * edges / wide.clamp_min(1e-6) + (seen - 1),
        "horizontal lines": seen * (yy - xx) / both,
        "vertical lines": seen * (xx - yy) / both,
        "diagonal lines": seen * 2 * xy.abs() / both,
        "plain background": -unrest,
        "white background": calm * border,
        "black background": calm * (1 - border),
    }


def measured(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Measure `WORDS` on pictures.

    Args:
        pictures: uint8 (N, 64, 64, 3) RGB.

    Returns:
        float32 (N, words).
    """
    parts = [np.empty((0, len(WORDS)), np.float32)]
    for start in range(0, len(pictures), CHUNK):
        rows = torch.from_numpy(np.array(pictures[start : start + CHUNK]))
        rgb = rows.permute(0, 3, 1, 2).float() / 255
        numbers = texture_numbers(rgb)
        textures = torch.stack([numbers[name] for name in TEXTURES], 1)
        parts.append(torch.cat([colour_shares(rgb), textures], 1).numpy())
    return np.concatenate(parts)
