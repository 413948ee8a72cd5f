"""torchvision's models with their published weights, as lines of the catalogue.

Importing torchvision takes seconds, for torch's compiler mostly, and which models there are only
changes with its version. So the lines are kept in the user's cache, and torchvision is imported
when a model is built.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CannotWrite
from core.files.writing import write_whole
from core.imports.lazy import library
from core.models.catalog_entry import Entry
from core.models.device import check_installation
from core.models.files import cache_folder
from core.models.titles import family_and_title, weights_title

if TYPE_CHECKING:
    from torchvision.models import WeightsEnum

Listing = Mapping[str, tuple[Entry, ...]]
"""Entries, newest weights first, by architecture, sorted so that 18 is before 101."""

FILE = "torchvision-models.json"
_SOURCES = ("published.py", "titles.py", "catalog_entry.py")
"""Files of this package that decide what the lines say."""


@cache
def published() -> Listing:
    """Return torchvision's classification models, from the user's cache where they are kept.

    Raises:
        BadInstallation: nothing is kept, and torchvision does not fit the installed torch.
    """
    folder, made_of = cache_folder(), _made_of()
    if folder is None or not made_of:
        return _listed()
    return _kept(folder / FILE, made_of) or _keep(folder / FILE, made_of, _listed())


def _listed() -> Listing:
    """Ask torchvision."""
    check_installation()
    models = library("torchvision.models")
    names = sorted(models.list_models(module=models), key=_natural)
    return {arch: tuple(_of_architecture(arch)) for arch in names}


def _made_of() -> str:
    """Digest of torchvision's version and of this code; empty where the version is not known."""
    try:
        digest = hashlib.sha256(version("torchvision").encode())
        for name in _SOURCES:
            digest.update(Path(__file__).with_name(name).read_bytes())
    except (PackageNotFoundError, OSError):
        return ""
    return digest.hexdigest()


def _kept(path: Path, made_of: str) -> Listing | None:
    """Read what `_keep` wrote; None where it is not there, damaged, or made of something else."""
    try:
        whole = json.loads(path.read_bytes())
        if whole["made_of"] != made_of:
            return None
        names = [tuple(each) for each in whole["names"]]
        return {
            arch: tuple(_entry(fields, names) for fields in entries)
            for arch, entries in whole["architectures"].items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _entry(fields: dict[str, Any], names: list[tuple[str, ...]]) -> Entry:
    fields |= {key: tuple(fields[key]) for key in ("mean", "std", "siblings")}
    entry = Entry(**{**fields, "names": names[fields["names"]]})
    if len(entry.names) != entry.classes:
        raise ValueError("names of another model")
    return entry


def _keep(path: Path, made_of: str, listing: Listing) -> Listing:
    """Write the listing and return it; without a cache to write to, nothing is kept."""
    every = [entry for entries in listing.values() for entry in entries]
    names = list(dict.fromkeys(entry.names for entry in every))  # the 1000 of ImageNet once
    slots = [field.name for field in dataclasses.fields(Entry) if field.name != "file"]
    whole = {
        "made_of": made_of,
        "names": names,
        "architectures": {
            arch: [
                {slot: getattr(entry, slot) for slot in slots} | {"names": names.index(entry.names)}
                for entry in entries
            ]
            for arch, entries in listing.items()
        },
    }
    with contextlib.suppress(OSError, CannotWrite):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(whole).encode())
    return listing


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
