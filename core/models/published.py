"""torchvision's models with their published weights, as lines of the catalogue.

Importing torchvision takes seconds, for torch's compiler mostly, so the lines are kept in the
user's cache, and torchvision is imported when a model is built.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from torch import nn

from core.imports.lazy import library
from core.models.catalog_entry import Entry
from core.models.device import check_installation
from core.models.kept_entries import kept
from core.models.titles import family_and_title, weights_title

if TYPE_CHECKING:
    from torchvision.models import WeightsEnum

Listing = Mapping[str, tuple[Entry, ...]]
"""Entries, newest weights first, by architecture, sorted so that 18 is before 101."""

FILE = "torchvision-models.json"


@cache
def published() -> Listing:
    """Return torchvision's classification models, from the user's cache where they are kept.

    Raises:
        BadInstallation: nothing is kept, and torchvision does not fit the installed torch.
    """
    listing: dict[str, tuple[Entry, ...]] = {}
    for entry in kept(FILE, "torchvision", ("published.py", "titles.py"), _ask):
        listing[entry.arch] = (*listing.get(entry.arch, ()), entry)
    return listing


def _ask() -> list[Entry]:
    """Ask torchvision."""
    check_installation()
    models = library("torchvision.models")
    names = sorted(models.list_models(module=models), key=_natural)
    return [entry for arch in names for entry in _of_architecture(arch)]


AUXILIARY = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}
"""Beginnings of the names of tensors that only training needs."""


def construct(arch: str, classes: int, input_size: int) -> nn.Module:
    """Call an architecture's constructor with what its published weights need.

    Auxiliary heads of GoogLeNet and Inception are left out.
    """
    extra: dict[str, bool | int] = {}
    if arch in AUXILIARY:
        extra = {"aux_logits": False, "init_weights": True, "transform_input": True}
    elif arch.startswith("vit_"):
        extra = {"image_size": input_size}
    build = library("torchvision.models").get_model
    net = build(arch, weights=None, num_classes=classes, **extra)
    assert isinstance(net, nn.Module)
    return net


def _natural(name: str) -> list[tuple[str, int]]:
    """Sorting key that takes runs of digits as numbers."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def _of_architecture(arch: str) -> Iterator[Entry]:
    """Published weights of one architecture, newest first."""
    weights = library("torchvision.models").get_model_weights(arch)
    # Weights for feature extraction only (VGG-16's) name no classes: their last layer is NaN.
    classifiers = [member for member in weights if member.meta.get("categories")]
    siblings = tuple(member.url.rsplit("/", 1)[1] for member in classifiers)
    newest = weights.DEFAULT
    for member in sorted(classifiers, key=lambda member: member is not newest):
        yield _torchvision_entry(arch, member, siblings, is_default=member is newest)


def _torchvision_entry(
    arch: str, member: WeightsEnum, siblings: tuple[str, ...], *, is_default: bool
) -> Entry:
    """One entry from a member of torchvision's weight enumeration."""
    recipe = member.transforms()
    family, title = family_and_title(arch)
    file_name = member.url.rsplit("/", 1)[1]
    digest = re.search(r"-([0-9a-f]{8,64})\.", file_name)
    scores = member.meta.get("_metrics", {}).get("ImageNet-1K", {})
    return Entry(
        id=f"{arch}:{member.name}",
        arch=arch,
        title=f"{title} ({weights_title(member.name)})",
        family=family,
        weights_name=member.name,
        classes=len(member.meta["categories"]),
        names=_shared(tuple(member.meta["categories"])),
        url=member.url,
        file_name=file_name,
        size_mb=float(member.meta.get("_file_size", 0.0)),
        digest_prefix=digest[1] if digest else "",
        input_size=int(recipe.crop_size[0]),
        resize_size=int(recipe.resize_size[0]),
        mean=triple(recipe.mean),
        std=triple(recipe.std),
        interpolation="bicubic" if recipe.interpolation.value == "bicubic" else "bilinear",
        is_default=is_default,
        siblings=siblings,
        parameters=int(member.meta.get("num_params", 0)),
        top1=_score(scores, "acc@1"),
        top5=_score(scores, "acc@5"),
    )


@cache
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same tuple for equal names, so that the 1000 of ImageNet are kept once."""
    return names


def triple(values: Iterable[float]) -> tuple[float, float, float]:
    """Return the numbers of a colour's three channels."""
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _score(scores: dict[str, float], key: str) -> float | None:
    value = scores.get(key)
    return None if value is None or math.isnan(value) else value
