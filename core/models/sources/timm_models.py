"""timm's classification models: `timm:resnet18.a1_in1k`, `timm:local-dir:FOLDER`.

Which models there are only changes with timm's version, and importing timm takes seconds, so the
lines are kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from torch import nn

from core.errors import BadWeights, DownloadFailed, UnknownModel
from core.files.digests import file_digest
from core.imports.lazy import library
from core.models import files, hub, imagenet, kept_entries, local_models
from core.models.catalog_entry import RANDOM, Entry
from core.models.checkpoint import read_state
from core.models.sources.source import Tick, Trained
from core.requests.references import ModelSource

PREFIX = "timm:"
FOLDER = "local-dir:"
CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Names of weight files in a repository or a folder, the safer first."""
_FILE = "timm-models.json"
_PLAIN: Mapping[str, Any] = {
    "num_classes": 1000,
    "input_size": (3, 224, 224),
    "crop_pct": 0.875,
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
    "interpolation": "bicubic",
}
"""Of an architecture that timm has no weights for."""
_NAME = re.compile(r"[\w.-]{1,120}")


class TimmModels:
    """The source `timm`."""

    name: ModelSource = "timm"

    def entries(self) -> tuple[Entry, ...]:
        """Return folders of the owner's models, then all that timm publishes weights for."""
        return (*_offered(), *_listed())

    def find(self, model_id: str) -> Entry | None:
        """Return a model by `timm:NAME`, `timm:NAME.TAG` or a folder, also with `:random`."""
        if not model_id.lower().startswith(PREFIX):
            return None
        name = model_id[len(PREFIX) :].strip()
        if name.lower().startswith(FOLDER):
            return _by_folder(name[len(FOLDER) :])
        name, _, weights = name.lower().partition(":")
        # The control's id names the architecture, so it must be what that id alone means.
        name = name.partition(".")[0] if weights == RANDOM and name in _by_name() else name
        entry = _by_name().get(name)
        if entry is None and _NAME.fullmatch(name):
            entry = _unlisted(name)
        if entry is None or weights not in ("", RANDOM):
            raise UnknownModel(
                f"timm has no model {model_id[:80]!r}: {_near(name)} `timm:NAME` takes any name of "
                "timm.list_pretrained()."
            )
        if not weights:
            return entry
        # Without the tag, which stands for trained weights.
        title = f"{entry.arch.removeprefix(PREFIX)} ({RANDOM} weights)"
        return replace(entry.control(), title=title)

    def build(self, entry: Entry, classes: int) -> nn.Module:
        """Build the network."""
        net = library("timm").create_model(_architecture(entry), num_classes=classes)
        assert isinstance(net, nn.Module)
        return net

    def trained(self, entry: Entry, path: Path) -> Trained | None:
        """Let timm put the published weights into the network: some need to be renamed."""
        overlay = {"state_dict": dict(read_state(path)), "num_classes": entry.classes}
        try:
            net = library("timm").create_model(
                _architecture(entry),
                pretrained=True,
                num_classes=entry.classes,
                pretrained_cfg_overlay=overlay,
            )
        except Exception as error:  # a model's own filter may raise anything for a wrong file
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BadWeights(
                f"{path.name} does not fit timm's {entry.arch.removeprefix(PREFIX)} "
                f"({reason[:160].rstrip('.')})."
            ) from error
        return Trained(net)

    def locate(self, entry: Entry) -> Path | None:
        """Find the weights: in the folders of weight files, then in the hub's cache."""
        if entry.local is not None:
            return _weights_in(entry.local)
        if entry.weights_name == RANDOM:
            return None
        name = entry.id.removeprefix(PREFIX)
        return files.shelf().named(f"{name}{suffix}" for suffix in files.SUFFIXES) or (
            hub.cached(entry.repository, WEIGHTS)
        )

    def digest(self, entry: Entry, path: Path) -> str:
        """Return the digest of the weights; in a folder, also of what says how to use them."""
        if entry.local is None:
            return file_digest(path)
        parts = (file_digest(path), file_digest(entry.local / CONFIG))
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def fetch(self, entry: Entry, tick: Tick) -> None:
        """Download the weights from the hub."""
        if not entry.repository:
            raise DownloadFailed(f"Nobody publishes weights for {entry.id}.")
        there = hub.published_files(entry.repository)
        names = [name for name in WEIGHTS if name in there]
        if not names:
            raise DownloadFailed(f"{entry.repository} has no weights that PyTorch can read.")
        hub.fetch(entry.repository, names[:1], tick)


def _architecture(entry: Entry) -> str:
    """Return what timm builds; of a folder also with the arguments that stand in it."""
    return f"{FOLDER}{entry.local}" if entry.local else entry.arch.removeprefix(PREFIX)


@cache
def _listed() -> tuple[Entry, ...]:
    return tuple(kept_entries.kept(_FILE, "timm", ("sources/timm_models.py",), _ask))


@cache
def _by_name() -> Mapping[str, Entry]:
    """Entries by name and, for the first weights of an architecture, by the architecture."""
    named = {entry.id.removeprefix(PREFIX).lower(): entry for entry in _listed()}
    default = {_architecture(e).lower(): e for e in _listed() if e.is_default}
    return default | named


def _ask() -> list[Entry]:
    """Ask timm which models it has weights for."""
    timm, info = library("timm"), library("timm.data")
    config_of = library("timm.models").get_pretrained_cfg
    defaults = {arch: config_of(arch) for arch in timm.list_models()}
    entries = []
    for name in timm.list_pretrained():
        config = config_of(name)
        if info.infer_imagenet_subset(config.to_dict()) and config.hf_hub_id:
            arch, _, tag = name.partition(".")
            is_default = defaults[arch] is not None and defaults[arch].tag == tag
            entries.append(_entry(name, arch, tag, config.to_dict(), is_default=is_default))
    return entries


def _entry(name: str, arch: str, tag: str, config: Mapping[str, Any], *, is_default: bool) -> Entry:
    """Describe a model from timm's configuration of its weights."""
    _, size, _ = config["input_size"]
    family = library("timm.models._registry")._model_to_module.get(arch, "timm")
    return Entry(
        id=f"{PREFIX}{name}",
        arch=f"{PREFIX}{arch}",
        title=f"{name} (timm)",
        family=family,
        weights_name=tag or "timm",
        classes=int(config["num_classes"]),
        names=imagenet.names(int(config["num_classes"])) if config["num_classes"] == 1000 else (),
        url=f"https://huggingface.co/{config['hf_hub_id']}" if config.get("hf_hub_id") else "",
        file_name=WEIGHTS[0],
        size_mb=0.0,
        digest_prefix="",
        input_size=int(size),
        resize_size=math.floor(size / float(config.get("crop_pct") or 1)),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        interpolation=config["interpolation"],
        crop="squash" if config.get("crop_mode") == "squash" else "center",
        is_default=is_default,
        source="timm",
        repository=config.get("hf_hub_id") or "",
    )


@cache
def _unlisted(name: str) -> Entry | None:
    """Return a model that timm knows and the list leaves out, such as one without weights."""
    registry = library("timm.models")
    arch, _, tag = name.partition(".")
    if not registry.is_model(arch):
        return None
    try:
        config = registry.get_pretrained_cfg(name, allow_unregistered=not tag)
    except RuntimeError:  # the architecture has no weights of this name
        return None
    if config is None or not config.num_classes:
        return None if tag else _entry(arch, arch, "", _PLAIN, is_default=False)
    return _entry(name, arch, tag, config.to_dict(), is_default=False)


def class_names(entry: Entry) -> tuple[str, ...]:
    """Return the class names of an entry that lists none, because there are 20,000 of them."""
    return entry.names or imagenet.names(entry.classes)


def _offered() -> tuple[Entry, ...]:
    """Return the folders of timm's models that the server's owner offers."""
    entries = []
    for path in local_models.paths():
        with contextlib.suppress(OSError, UnknownModel):
            # Other libraries' folders have such a file, too; asking timm for them takes seconds.
            if b'"architecture"' in (path / CONFIG).read_bytes():
                entries.append(_in_folder(path))
    return tuple(entries)


def _by_folder(name: str) -> Entry:
    """Return the model of a folder, or its control."""
    name, colon, _ = name.partition(f":{RANDOM}")
    entry = _in_folder(local_models.find(name) or Path(name).expanduser())
    return replace(entry.control(), id=f"{entry.id}:{RANDOM}") if colon else entry


def _weights_in(folder: Path) -> Path | None:
    return next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)


def _in_folder(folder: Path) -> Entry:
    """Describe a folder as timm saves models for the hub: `config.json` and a weight file.

    Raises:
        UnknownModel: it is no such folder.
    """
    try:
        config, arch, arguments = library("timm.models._hub").load_model_config_from_path(folder)
        whole = {**library("timm.models").get_pretrained_cfg(arch).to_dict(), **config}
        whole["num_classes"] = int((arguments or {}).get("num_classes") or whole["num_classes"])
        entry = _entry(folder.name, arch, "", whole, is_default=False)
    except Exception as error:  # whatever the file holds
        raise UnknownModel(
            f"{folder} is no folder of a timm model: it needs config.json with timm's architecture "
            f"and {WEIGHTS[0]}."
        ) from error
    names = config.get("label_names") or ()
    descriptions = config.get("label_descriptions") or {}
    return entry.at(
        folder,
        id=f"{PREFIX}{FOLDER}{folder.name}",
        names=tuple(str(descriptions.get(name, name)) for name in names) or entry.names,
    )


def _near(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, _by_name(), n=3, cutoff=0.6)
    return f"did you mean {', '.join(PREFIX + each for each in close)}?" if close else ""
