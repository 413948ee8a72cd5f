"""What a request calls a model: from the catalogue and digests of files, without loading."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import BadOption, BadWeights, UnknownModel
from core.models import catalog, device
from core.models.catalog_entry import RANDOM, Entry
from core.models.files import file_digest, missing
from core.models.guess import assumed
from core.requests.input_settings import changed
from core.requests.references import Activation, ModelRef, Preprocess


def reference_of(
    model_id: str,
    device_name: str = "auto",
    weights: Path | None = None,
    labels: Path | None = None,
    changes: Sequence[str] = (),
) -> ModelRef:
    """Return the reference of a model; reads files for their digests, and loads nothing.

    Args:
        model_id: as in the catalogue; empty to guess the architecture of `weights`.
        device_name: as `core.models.device.pick` takes it.
        weights: a person's own state dict for the architecture that `model_id` names.
        labels: a person's own file of class names.
        changes: of preprocessing and activation, as `core.requests.input_settings.changed` takes.

    Raises:
        BadOption: a change is outside its range, or own weights for a model whose architecture only
            its own source builds.
        UnknownModel: no such id.
        MissingWeights: the weights are not on disk.
        BadWeights: a file cannot be read.
        BadDevice: the machine has no such device.
    """
    basis: list[str] = []
    given: Activation | None = None
    if weights is not None:
        if model_id and catalog.find(model_id).source in ("hugging_face", "own_code"):
            raise BadOption(
                f"{model_id} brings its own weights: give --weights with an architecture of "
                "torchvision or timm, for example resnet50."
            )
        assumption = assumed(weights, model_id)
        model_id, given = assumption.id, assumption.activation
        basis += ["channels=1"] * (assumption.channels == 1)
    entry = catalog.find(model_id)
    digest = RANDOM
    if weights is not None:
        digest = _digest(weights)
    elif entry.weights_name != RANDOM:
        status = catalog.status(entry)
        if status.digest is None:
            raise missing(entry)
        digest = status.digest
    preprocess, activation = changed(preprocess_of(entry), given or entry.activation, basis)
    preprocess, activation = changed(preprocess, activation, changes)
    return ModelRef(
        source="own_file" if weights is not None else entry.source,
        id=entry.id,
        weights=digest,
        preprocess=preprocess,
        activation=activation,
        device=str(device.pick(device_name)),
        labels=_digest(labels) if labels is not None else "",
        weights_name=str(weights or entry.local or ""),
        labels_name=str(labels or ""),
        input=tuple(changes),
    )


def control_of(reference: ModelRef, device_name: str = "auto") -> ModelRef | None:
    """Return the same network, untrained, with the same preprocessing: the usual control.

    Args:
        reference: of any model, also of a person's own weights.
        device_name: as `core.models.device.pick` takes it.

    Returns:
        None for a network without training, and for one that only its own code builds.

    Raises:
        BadDevice: the machine has no such device.
    """
    if reference.weights == RANDOM or reference.source == "own_code":
        return None
    # Of torchvision's ids, the part behind the colon names weights; other ids have none.
    plain = reference.id if reference.id.startswith(("timm:", "hf:")) else ""
    try:
        control = catalog.find(f"{plain or reference.id.partition(':')[0]}:{RANDOM}").id
    except UnknownModel:
        return None
    made = reference_of(control, device_name)
    return replace(made, preprocess=reference.preprocess, input=reference.input)


def preprocess_of(entry: Entry) -> Preprocess:
    """Return how an entry's training turned pictures into its input."""
    return Preprocess(
        size=(entry.input_size, entry.input_width or entry.input_size),
        resize=entry.resize_size,
        mean=entry.mean,
        std=entry.std,
        interpolation=entry.interpolation,
        crop=entry.crop,
    )


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise BadWeights(f"{path} cannot be read ({error.strerror}): check the path.") from error


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()
