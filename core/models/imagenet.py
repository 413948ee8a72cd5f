"""The classes of ImageNet and its subsets, by the number of a model's classes."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from core.imports.lazy import library
from core.models.published import published


class _Subset(Protocol):
    """What timm knows of a subset: its `ImageNetInfo`."""

    def index_to_description(self, index: int) -> str: ...

    def index_to_label_name(self, index: int) -> str: ...


@cache
def names(classes: int) -> tuple[str, ...]:
    """Return the class names of an ImageNet subset, known by its size; none for other sizes.

    The 1000 have torchvision's names, so that models of both can be compared and linked.
    """
    if classes == 1000:
        listed = (entry for entries in published().values() for entry in entries)
        return next(entry.names for entry in listed if entry.classes == 1000)
    subset = _subset(classes)
    if subset is None:
        return ()
    return tuple(subset.index_to_description(index) for index in range(classes))


@cache
def numbers(classes: int) -> tuple[str, ...]:
    """Return the WordNet numbers (`n01440764`) of an ImageNet subset, as `names` does."""
    subset = _subset(classes)
    if subset is None:
        return ()
    return tuple(subset.index_to_label_name(index) for index in range(classes))


def _subset(classes: int) -> _Subset | None:
    info = library("timm.data")
    name = info.infer_imagenet_subset({"num_classes": classes})
    if name is None:
        return None
    subset: _Subset = info.ImageNetInfo(name)
    return subset
