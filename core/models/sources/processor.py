"""What `preprocessor_config.json` of transformers says, as a `Preprocess`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.requests.references import Interpolation, Preprocess

_FILTERS: Mapping[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
    5: "hamming",
}
"""Pillow's numbers of its filters."""
_CONVNEXT_CROPS_BELOW = 384
"""ConvNeXt's processor crops smaller pictures and squashes larger ones."""


def preprocess_from(processor: Mapping[str, Any], config: Mapping[str, Any]) -> Preprocess:
    """Read a processor's settings; what they leave out is as in transformers' own ViT.

    Args:
        processor: of `preprocessor_config.json`; empty where there is none.
        config: of `config.json`, for the size of the input.

    Returns:
        From pictures in [0, 1] to the input. A factor other than 1/255 and an offset are taken
        into mean and deviation.
    """
    size, shorter = _size(processor.get("size"), config)
    crop = _size(processor.get("crop_size"), config)[0] if processor.get("do_center_crop") else None
    resize, squash = max(size), not shorter
    percent = processor.get("crop_pct")
    if percent and shorter and size[0] < _CONVNEXT_CROPS_BELOW:
        resize = int(size[0] / float(percent))
    elif percent:
        squash = True
    mean, std = _colours(processor)
    return Preprocess(
        size=crop or size,
        resize=max(resize, *(crop or size)),
        mean=mean,
        std=std,
        interpolation=_FILTERS.get(processor.get("resample", 2), "bilinear"),
        crop="squash" if squash else "center",
    )


def _size(value: object, config: Mapping[str, Any]) -> tuple[tuple[int, int], bool]:
    """Return (height, width) and whether only the shorter side is given."""
    if isinstance(value, Mapping):
        if "height" in value and "width" in value:
            return (int(value["height"]), int(value["width"])), False
        if "shortest_edge" in value:
            return (int(value["shortest_edge"]),) * 2, True
    if isinstance(value, int):
        return (value, value), False
    side = config.get("image_size", 224)
    height, width = side if isinstance(side, list | tuple) else (side, side)
    return (int(height), int(width)), False


def _colours(
    processor: Mapping[str, Any],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return mean and deviation for pictures in [0, 1]."""
    factor = 255 * float(processor.get("rescale_factor", 1 / 255))
    if processor.get("do_rescale") is False:
        factor = 255.0
    offset = 1.0 if processor.get("rescale_offset") else 0.0
    mean, std = (0.0,) * 3, (1.0,) * 3
    # Only MobileViT's processor, which alone swaps channels, does not normalise unless told to.
    if processor.get("do_normalize", "do_flip_channel_order" not in processor):
        mean = _triple(processor.get("image_mean", 0.5))
        std = _triple(processor.get("image_std", 0.5))
    red, green, blue = ((m + offset) / factor for m in mean)
    r, g, b = (s / factor for s in std)
    return (red, green, blue), (r, g, b)


def _triple(value: object) -> tuple[float, float, float]:
    numbers = value if isinstance(value, list | tuple) else [value] * 3
    red, green, blue = (float(number) for number in (*numbers, *numbers, *numbers)[:3])
    return red, green, blue
