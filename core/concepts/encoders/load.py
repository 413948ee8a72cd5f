"""Image-text encoders by name, loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from core.concepts.encoders import word_bank
from core.concepts.encoders.clip_weights import OFFERED, OPEN_CLIP
from core.concepts.encoders.encoder import Encoder, Tick
from core.errors import BadWeights, UnknownEncoder
from core.models import catalog
from core.models.device import pick
from core.models.files import file_digest
from core.requests.references import WORD_BANK, EncoderRef, ModelRef

RETIRED: Mapping[str, str] = {"embedded": "The embedded encoder is no longer part of SeeWhy"}
"""Names that older links, commands and records have, with what became of them; `WORD_BANK` answers
for them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What answers to a name.

    Attributes:
        spec: name of the encoder, as for `load`.
        notes: sentences for the person, where it is not the one that was asked for.
    """

    spec: str
    notes: tuple[str, ...] = ()


def names() -> tuple[str, ...]:
    """Return the encoders that are offered, the one that needs no download first.

    `load` takes every model and weights that open_clip knows, and files.
    """
    return (WORD_BANK, *OFFERED)


def choice(spec: str, model: ModelRef) -> Choice:
    """Return the encoder that answers to a name for the units of a model.

    Args:
        spec: as for `load`, or a retired name.
        model: whose units are named; a bank of words over the same weights gives way to the other.

    Raises:
        MissingWeights: a bank's classifier is not installed.
    """
    notes = []
    if spec in RETIRED:
        notes.append(f"{RETIRED[spec]}: the {word_bank.TITLE}, answers instead.")
        spec = WORD_BANK
    if spec in word_bank.NETWORKS and word_bank.network_digest(spec) == model.weights:
        notes.append(word_bank.gives_way(spec))
        spec = word_bank.other(spec)
    return Choice(spec, tuple(notes))


def download_mb(spec: str) -> int | None:
    """Return the size of an encoder's download in units of 2**20 bytes; None where not known."""
    if spec in word_bank.NETWORKS:
        return 0
    return OFFERED[spec].download_mb if spec in OFFERED else None


def state_of(spec: str) -> str:
    """Return what differs once an encoder must be loaded again: its weights' size and time.

    Args:
        spec: as for `load`.

    Returns:
        Empty for an encoder that is not on this machine.

    Raises:
        UnknownEncoder: no such encoder.
    """
    path: Path | None
    if spec in word_bank.NETWORKS:
        path = catalog.status(catalog.find(word_bank.NETWORKS[spec])).path
    else:
        from core.concepts.encoders import clip_weights

        path = clip_weights.locate(clip_weights.parse(_checked(spec)), None)
    try:
        facts = path.stat() if path else None
    except OSError:
        return ""
    return f"{facts.st_size} {facts.st_mtime_ns}" if facts else ""


def is_ready(spec: str) -> bool:
    """Return whether an encoder can be loaded without a download.

    Raises:
        UnknownEncoder: no such encoder.
    """
    return bool(state_of(spec))


def fetch(spec: str, tick: Tick) -> None:
    """Fetch an encoder's weights where they are not on this machine.

    Args:
        spec: as for `load`.
        tick: told how far the download is.

    Raises:
        SeeWhyError: as `load` does.
    """
    if not is_ready(spec):
        from core.concepts.encoders import clip_weights

        clip_weights.fetch(clip_weights.parse(_checked(spec)), None, tick, allowed=True)


def reference_of(spec: str, device: str = "auto") -> EncoderRef:
    """Return what a request calls an encoder; reads its weights for their digest.

    Args:
        spec: as for `load`.
        device: as `core.models.device.pick` takes it.

    Raises:
        UnknownEncoder: no such encoder.
        MissingWeights: not on this machine; names the size.
        BadWeights: they cannot be read.
    """
    where = str(pick(device))
    if spec in word_bank.NETWORKS:
        return EncoderRef(spec, word_bank.weights_digest(spec), where)
    from core.concepts.encoders import clip_weights

    source = clip_weights.parse(_checked(spec))
    path = clip_weights.fetch(source, None, None, allowed=False)
    if source.file:
        return EncoderRef(OPEN_CLIP + source.model, _digest(path), where, source.file)
    return EncoderRef(source.spec, _digest(path), where)


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise BadWeights(f"{path} cannot be read ({error.strerror}): check the path.") from error


def load(
    spec: str,
    weights: Path | None = None,
    *,
    device: torch.device | None = None,
    allow_download: bool = False,
    tick: Tick | None = None,
) -> Encoder:
    """Load an encoder; nothing is kept.

    Args:
        spec: `imagenet_words`, or `imagenet_words:efficientnet_lite0` for the one over the smaller
            classifier; `open_clip:MODEL/WEIGHTS`, where the weights are a name that open_clip
            knows for the model (`open_clip:ViT-B-16/openai`) or the path of a file; `@DIGEST`
            behind it asks for the file of that SHA-256, of which eight digits are enough.
        weights: folder with weight files, searched first; without it the one that
            SEEWHY_WEIGHTS names. A relative path in `spec` begins here or where the process is.
        device: where to compute; the machine's best when not given.
        allow_download: fetch weights that are not on this machine.
        tick: told how far the download is.

    Raises:
        UnknownEncoder: no such encoder, or one that SeeWhy cannot run.
        MissingWeights: not on this machine and `allow_download` is False; names the size.
        DownloadFailed: could not be fetched.
        BadWeights: a file that does not fit, or not the one of the digest.
        Cancelled: raised by `tick`.
    """
    if spec in word_bank.NETWORKS:
        return word_bank.load(spec, device)
    # The library takes seconds to import, and a start without CLIP should not.
    from core.concepts.encoders import clip

    return clip.load(_checked(spec), weights, device, tick, allow_download=allow_download)


def _checked(spec: str) -> str:
    """Return what comes after `open_clip:`.

    Raises:
        UnknownEncoder: something else.
    """
    if spec in RETIRED:
        raise UnknownEncoder(f"{RETIRED[spec]}: give {WORD_BANK}, the {word_bank.TITLE}.")
    if not spec.startswith(OPEN_CLIP):
        raise UnknownEncoder(
            f"There is no encoder {spec[:80]!r}: give {WORD_BANK} or {OPEN_CLIP}MODEL/WEIGHTS, "
            f"for example {next(iter(OFFERED))}."
        )
    return spec.removeprefix(OPEN_CLIP)
