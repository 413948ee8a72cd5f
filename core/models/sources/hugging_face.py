"""Image classifiers of Hugging Face's transformers: `hf:OWNER/NAME`, `hf:FOLDER`.

Code that a repository brings along is never run, and weights are read as tensors only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from core.errors import BadLabels, BadOption, BadWeights, DownloadFailed, UnknownModel
from core.files.digests import file_digest
from core.imports.lazy import library
from core.models import hub, local_models
from core.models.catalog_entry import RANDOM, Entry
from core.models.class_names import in_order
from core.models.logits import giving_logits
from core.models.published import triple
from core.models.sources.processor import preprocess_from
from core.models.sources.source import Tick, Trained
from core.requests.references import Activation, ModelSource

PREFIX = "hf:"
CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
SAFE, SHARDS, PICKLED = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
_SUFFIX = "ForImageClassification"


class HuggingFace:
    """The source `hugging_face`."""

    name: ModelSource = "hugging_face"

    def entries(self) -> tuple[Entry, ...]:
        """Return folders of the owner's models, then classifiers in the hub's cache."""
        folders = [path for path in local_models.paths() if _config(path).get("model_type")]
        asked: list[Callable[[], Entry | None]] = [partial(_of_folder, path) for path in folders]
        asked += [partial(_of_repository, name) for name in sorted(hub.cached_repositories())]
        entries = []
        for ask in asked:
            with contextlib.suppress(UnknownModel):  # one damaged folder takes no other away
                entries.append(ask())
        return tuple(entry for entry in entries if entry is not None and entry.classes)

    def find(self, model_id: str) -> Entry | None:
        """Return a model by `hf:OWNER/NAME` or `hf:FOLDER`, both also with `:random`."""
        if not model_id.lower().startswith(PREFIX):
            return None
        name, _, control = model_id[len(PREFIX) :].strip().partition(f":{RANDOM}")
        folder = local_models.find(name) or Path(name).expanduser()
        if (folder / CONFIG).is_file():
            entry: Entry | None = _of_folder(folder)
        elif hub.OWNER_AND_NAME.fullmatch(name):
            entry = _of_repository(name) or _unseen(name)
        else:
            raise UnknownModel(
                f"{model_id[:80]!r} is neither OWNER/NAME on the Hugging Face hub nor a folder "
                f"with {CONFIG}: check the spelling."
            )
        assert entry is not None
        return entry.control() if control == "" and model_id.endswith(f":{RANDOM}") else entry

    def build(self, entry: Entry, classes: int) -> nn.Module:
        """Build the network of the configuration."""
        transformers = _transformers()
        folder = _folder(entry)
        if folder is None:
            raise UnknownModel(f"{entry.id} is not on this machine: download it first.")
        try:
            config = transformers.AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            config.num_labels = classes
            net = transformers.AutoModelForImageClassification.from_config(
                config, trust_remote_code=False
            )
        except Exception as error:  # whatever a folder holds
            raise _unreadable(entry, error) from error
        return giving_logits(net, swapped=_swaps_channels(folder))

    def trained(self, entry: Entry, path: Path) -> Trained:
        """Let transformers read the folder."""
        transformers = _transformers()
        folder = path.parent
        try:
            net, report = transformers.AutoModelForImageClassification.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=path.name != PICKLED,
                weights_only=True,
                dtype="float32",
                output_loading_info=True,
            )
        except Exception as error:  # whatever a folder holds
            if "mismatch" in str(error):
                raise BadWeights(
                    f"{entry.id} does not fit its {CONFIG}: that names {entry.classes} classes "
                    "(id2label), and the last layer of its weights has another number."
                ) from error
            raise _unreadable(entry, error) from error
        if missing := sorted(report["missing_keys"]):
            others = f" and {len(missing) - 1} more" * (len(missing) > 1)
            raise BadWeights(
                f"{entry.id} is no trained classifier: it lacks {missing[0]!r}{others}."
            )
        return Trained(giving_logits(net, swapped=_swaps_channels(folder)))

    def locate(self, entry: Entry) -> Path | None:
        """Find the weights in the folder or in the hub's cache."""
        folder = _folder(entry) if entry.weights_name != RANDOM else None
        names = (SAFE, SHARDS, PICKLED)
        paths = (folder / name for name in names) if folder else iter(())
        return next((path for path in paths if path.is_file()), None)

    def digest(self, entry: Entry, path: Path) -> str:
        """Return the digest of the weights and of the configuration, which decides what they do."""
        digest = hashlib.sha256()
        shards = path.parent.glob("model-*.safetensors") if path.name == SHARDS else ()
        for file in (path, *sorted(shards), path.parent / CONFIG, path.parent / PROCESSOR):
            if file.is_file():
                digest.update(file_digest(file).encode())
        return digest.hexdigest()

    def fetch(self, entry: Entry, tick: Tick) -> None:
        """Download configuration and weights from the hub."""
        if not entry.repository:
            raise DownloadFailed(f"{entry.id} is a folder: nothing can be downloaded for it.")
        there = hub.published_files(entry.repository)
        if CONFIG not in there:
            raise DownloadFailed(f"{entry.repository} has no {CONFIG}: it is no model to load.")
        shards = sorted(n for n in there if n.startswith("model-") and n.endswith(".safetensors"))
        weights = [SAFE] if SAFE in there else [SHARDS, *shards] if SHARDS in there else [PICKLED]
        if weights == [PICKLED] and PICKLED not in there:
            raise DownloadFailed(f"{entry.repository} has no weights that PyTorch can read.")
        first = [name for name in (CONFIG, PROCESSOR) if name in there]
        hub.fetch(entry.repository, [*first, *weights], tick)


def _transformers() -> ModuleType:
    """Return the library, made to draw and say nothing of its own."""
    transformers = library("transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _folder(entry: Entry) -> Path | None:
    """Return the folder of a model, where it is on this machine."""
    if entry.local is not None:
        return entry.local
    path = hub.cached(entry.repository or entry.arch.removeprefix(PREFIX), (CONFIG,))
    return path.parent if path else None


def _of_folder(folder: Path) -> Entry:
    return _entry(f"{PREFIX}{folder.name}", folder, local=folder, repository="")


def _of_repository(name: str) -> Entry | None:
    """Return a model whose configuration is in the hub's cache; None where it is no classifier."""
    path = hub.cached(name, (CONFIG,))
    if path is None or not any(
        str(kind).endswith(_SUFFIX) for kind in _config(path.parent).get("architectures") or ()
    ):
        return None
    return _entry(f"{PREFIX}{name}", path.parent, local=None, repository=name)


def _unseen(name: str) -> Entry:
    """Return a model of which nothing is on this machine."""
    return Entry(
        id=f"{PREFIX}{name}",
        arch=f"{PREFIX}{name}",
        title=f"{name} (Hugging Face)",
        family="Hugging Face",
        weights_name="hub",
        classes=0,
        names=(),
        url=f"https://huggingface.co/{name}",
        file_name=SAFE,
        size_mb=0.0,
        digest_prefix="",
        input_size=224,
        resize_size=224,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        source="hugging_face",
        repository=name,
    )


def _entry(model_id: str, folder: Path, *, local: Path | None, repository: str) -> Entry:
    """Describe a model from its configuration and that of its processor.

    Raises:
        UnknownModel: they are damaged.
    """
    config = _config(folder)
    try:
        names = _names(config)
        preprocess = preprocess_from(_json(folder / PROCESSOR), config)
    except (TypeError, ValueError, ArithmeticError, BadOption) as error:
        raise UnknownModel(
            f"{CONFIG} or {PROCESSOR} of {model_id} is damaged ({_first_line(error)})."
        ) from error
    name = model_id.removeprefix(PREFIX)
    return Entry(
        id=model_id,
        arch=f"{PREFIX}{repository or folder.name}",
        title=f"{name} (Hugging Face)",
        family="Hugging Face",
        weights_name="hub",
        classes=len(names),
        names=names,
        url=f"https://huggingface.co/{repository}" if repository else "",
        file_name=SAFE,
        size_mb=0.0,
        digest_prefix="",
        input_size=preprocess.size[0],
        input_width=preprocess.size[1],
        activation=_activation(config, len(names)),
        resize_size=preprocess.resize,
        mean=triple(preprocess.mean),
        std=triple(preprocess.std),
        interpolation=preprocess.interpolation,
        crop=preprocess.crop,
        source="hugging_face",
        repository=repository,
        local=local,
    )


def _names(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the class names in the order of the logits.

    Transformers invents LABEL_0 and so on where nobody named the classes. Where an index is
    missing, nobody knows which logit a name belongs to.
    """
    labels = config.get("id2label") or {}
    try:
        names = in_order(((int(key), str(name)) for key, name in labels.items()), CONFIG)
    except (BadLabels, TypeError, ValueError, AttributeError):
        names = []
    known = len(labels) if isinstance(labels, dict) else 0
    count = known or int(config.get("num_labels") or 2)
    plain = [" ".join(name.split(",")[0].split())[:200] for name in names]
    invented = all(name == f"LABEL_{index}" for index, name in enumerate(names))
    return tuple(f"class {i}" for i in range(count)) if invented else tuple(plain)


def _activation(config: dict[str, Any], classes: int) -> Activation:
    several = config.get("problem_type") == "multi_label_classification"
    return "sigmoid" if several or classes == 1 else "softmax"


def _swaps_channels(folder: Path) -> bool:
    """Tell whether the model was trained on blue, green, red, as MobileViT was."""
    return bool(_json(folder / PROCESSOR).get("do_flip_channel_order"))


def _config(folder: Path) -> dict[str, Any]:
    return _json(folder / CONFIG)


def _json(path: Path) -> dict[str, Any]:
    """Return what a file holds; nothing where it is damaged or not there."""
    try:
        return dict(_parsed(path, path.stat().st_mtime_ns))
    except OSError:
        return {}


@lru_cache(maxsize=512)
def _parsed(path: Path, changed: int) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _unreadable(entry: Entry, error: Exception) -> BadWeights:
    return BadWeights(
        f"transformers cannot load {entry.id} ({_first_line(error)}): the folder must hold "
        "an image classifier of the library's own architectures."
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(".")
