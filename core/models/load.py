"""From a model id to a classifier, with the weights on disk or a person's own."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

import torch
from torch import nn

from core.errors import BadWeights
from core.models.card import Card
from core.models.catalog import find, source_of
from core.models.catalog_entry import RANDOM, Entry
from core.models.checkpoint import StateDict, read_contents, read_state
from core.models.classifier import Classifier
from core.models.device import pick
from core.models.files import file_digest, is_published, missing
from core.models.given_network import classes_of, made_ready
from core.models.heads import Head
from core.models.label_file import read_labels
from core.models.own_state import own_state
from core.models.reference import digest_of, preprocess_of
from core.models.sources.source import Trained
from core.models.sources.timm_models import class_names
from core.models.weights import build, class_count, fill, renamed
from core.requests.references import Activation, ModelRef, Preprocess

SEED = 0
"""Seed of the weights of every `:random` model."""

_seeding = threading.Lock()
_STARTED = (nn.Linear, nn.Conv2d, nn.modules.batchnorm._BatchNorm, nn.LayerNorm)


def load(
    model_id: str,
    device: torch.device | None = None,
    weights: Path | None = None,
    labels: bytes | None = None,
    preprocess: Preprocess | None = None,
    activation: Activation | None = None,
) -> Classifier:
    """Load a model; nothing is kept and nothing is downloaded here.

    Args:
        model_id: as in the catalogue, for example `resnet50` or `resnet18:random`.
        device: where to compute; the machine's best when not given.
        weights: a person's own state dict for the architecture that `model_id` names.
        labels: a label file, see `core.models.label_file`; the catalogue's names when not given.
        preprocess: from a picture to the input; the catalogue's when not given.
        activation: from logits to probabilities; when not given, `sigmoid` for one logit, else the
            catalogue's.

    Raises:
        UnknownModel: no such id.
        MissingWeights: the weights are not on disk; the message says which file to put where.
        BadWeights: the file does not fit the architecture, or the names do not fit the file.
        BadLabels: the label file cannot be read.
        BadOption: the model cannot take such an input.
    """
    entry, device = find(model_id), device or pick()
    names = None if labels is None else read_labels(labels)
    asked, preprocess = preprocess, preprocess or preprocess_of(entry)
    if weights is None and entry.weights_name == RANDOM:
        net = _seeded(entry, preprocess.channels)
        card = _card(entry, _digest_of(net), _named(entry, names, entry.classes), origin="")
        card = replace(
            card, preprocess=preprocess, activation=activation or _activation(entry, card)
        )
        return Classifier(net, _referred(card, entry, device, None, labels), device)
    path = _located(entry) if weights is None else weights
    trained = source_of(entry).trained(entry, path) if weights is None else None
    if trained is not None:
        trained = replace(trained, net=made_ready(trained.net, entry.id))
        card = _card_of(trained, entry, asked or trained.preprocess or preprocess, names)
        card = replace(card, activation=activation or _activation(entry, card))
        return Classifier(trained.net, _referred(card, entry, device, None, labels), device)
    head, origin = None, None
    if weights is None:
        state = _state_of(entry)
        count = class_count(entry, state, path.name)
    else:
        own = own_state(read_contents(path), entry)
        state, head, count, origin = own.state, own.head, own.head.classes, own.origin
    if weights is None and count != entry.classes:
        raise BadWeights(
            f"{path.name} has {count} classes instead of {entry.classes}: "
            f"give it as your own weights for {entry.arch}, with a label file."
        )
    named = _named(entry, names, count)
    net = _filled(entry, state, count, path.name, preprocess.channels, head)
    local = "" if is_published(entry, path) else "local file"
    card = _card(entry, file_digest(path), named, origin="own file" if weights else local)
    card = replace(
        card,
        preprocess=preprocess,
        activation=activation or _activation(entry, card),
        checkpoint=asdict(origin) if origin else {},
    )
    return Classifier(net, _referred(card, entry, device, weights, labels), device)


def _activation(entry: Entry, card: Card) -> Activation:
    return "sigmoid" if len(card.names) == 1 else entry.activation


def _card_of(
    trained: Trained, entry: Entry, preprocess: Preprocess, names: tuple[str, ...] | None
) -> Card:
    """Describe a network that its source has filled."""
    count = classes_of(trained.net, entry.id, preprocess)
    digest = source_of(entry).digest(entry, _located(entry))
    card = _card(entry, digest, _named(entry, names or trained.names, count), origin="")
    return replace(card, preprocess=preprocess)


def _located(entry: Entry) -> Path:
    path = source_of(entry).locate(entry)
    if path is None:
        raise missing(entry)
    if entry.file is not None and not is_published(entry, path):
        raise BadWeights(
            f"{path} is damaged or of another version (its digest is not {entry.id}'s): "
            "install requirements.txt again."
        )
    return path


def _state_of(entry: Entry) -> StateDict:
    """Read the file of an entry, completed by its base where it has only what differs."""
    state = renamed(entry, read_state(_located(entry)))
    return OrderedDict(_state_of(find(entry.base)) | state) if entry.base else state


def _filled(
    entry: Entry, state: StateDict, count: int, name: str, channels: int, head: Head | None
) -> nn.Module:
    for empty in (True, False):
        net = build(entry, count, empty=empty, channels=channels)
        if head is not None:
            head.install(net)
        fill(net, state, entry.arch, name)
        # Some constants are computed while a network is built and stand in no state dict.
        if not any(tensor.is_meta for tensor in chain(net.parameters(), net.buffers())):
            break
    return net


def _seeded(entry: Entry, channels: int) -> nn.Module:
    # The seed is the process's; the lock keeps two controls from mixing their numbers.
    with _seeding, torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        net = build(entry, channels=channels)
        for layer in net.modules():
            # Vision transformers start with a head of zeros, others with norms of zeros behind
            # their branches: every logit would be the same.
            if isinstance(layer, _STARTED) and layer.weight is not None and not layer.weight.any():
                layer.reset_parameters()
        return net


def _digest_of(net: nn.Module) -> str:
    digest = hashlib.sha256()
    for key, tensor in net.state_dict().items():
        digest.update(f"{key} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()


def _named(entry: Entry, names: tuple[str, ...] | None, count: int) -> tuple[str, ...]:
    if names is None:
        known = class_names(entry) if count == entry.classes else ()
        return known or tuple(f"class {i}" for i in range(count))
    if len(names) != count:
        raise BadWeights(
            f"There are {len(names)} class names and the model has {count} classes: "
            "give one name for each class, in the order of the logits."
        )
    return names


def _card(entry: Entry, digest: str, names: tuple[str, ...], origin: str) -> Card:
    """Describe the loaded model; `origin` is empty for published weights."""
    base = entry.title.partition(" (")[0]
    return Card(
        id=f"{entry.arch}:own" if origin == "own file" else entry.id,
        title=f"{base} ({origin} {digest[:8]})" if origin else entry.title,
        arch=entry.arch,
        digest=digest,
        names=names,
        preprocess=preprocess_of(entry),
    )


def _referred(
    card: Card, entry: Entry, device: torch.device, weights: Path | None, labels: bytes | None
) -> Card:
    """Add the reference by which requests name the model."""
    reference = ModelRef(
        source="own_file" if weights is not None else entry.source,
        id=entry.id,
        weights=RANDOM if entry.weights_name == RANDOM and weights is None else card.digest,
        preprocess=card.preprocess,
        activation=card.activation,
        device=str(device),
        labels=digest_of(labels) if labels is not None else "",
        weights_name=str(weights or entry.local or ""),
    )
    return replace(card, reference=reference)
