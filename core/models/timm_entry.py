"""timm's architectures as lines of the catalogue, for a person's own weights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from torch import nn

from core.imports.lazy import library
from core.models.catalog_entry import Entry
from core.requests.input_settings import INTERPOLATIONS
from core.requests.references import Interpolation

PREFIX = "timm:"
"""What ids of timm's architectures begin with."""
_FILTERS: Mapping[str, Interpolation] = {name: name for name in INTERPOLATIONS}


@cache
def timm_entry(name: str, names: tuple[str, ...]) -> Entry | None:
    """Return the line of an architecture with the preprocessing of its default configuration.

    Args:
        name: as timm's registry has it, for example `resnet18`.
        names: of ImageNet's 1000 classes.

    Returns:
        The line, or None where timm has no such architecture.
    """
    registry = library("timm.models")
    if not registry.is_model(name):
        return None
    config = registry.get_pretrained_cfg(name, allow_unregistered=True)
    _, *size = config.input_size if config else (3, 224, 224)
    share = config.crop_pct if config else 0.875
    red_green_blue = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    mean, std = (config.mean, config.std) if config else red_green_blue
    return Entry(
        id=f"{PREFIX}{name}",
        arch=f"{PREFIX}{name}",
        title=f"{name} (timm)",
        family="timm",
        weights_name="own",
        classes=len(names),
        names=names,
        url="",
        file_name="",
        size_mb=0.0,
        digest_prefix="",
        input_size=size[0],
        resize_size=int(size[0] / share),
        mean=tuple(mean),
        std=tuple(std),
        interpolation=_FILTERS.get(config.interpolation if config else "", "bilinear"),
        crop="squash" if config and config.crop_mode == "squash" else "center",
    )


def build_timm(name: str, classes: int) -> nn.Module:
    """Build the network of an architecture, without trained weights."""
    net: nn.Module = library("timm").create_model(name, num_classes=classes)
    return net
