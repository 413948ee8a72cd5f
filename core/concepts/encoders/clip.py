"""CLIP and its kin through the open_clip library, in fp32."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import nn

from core import Pixels
from core.concepts.encoders.clip_weights import OPEN_CLIP, ClipWeights, fetch, hub_file, parse
from core.concepts.encoders.encoder import Matrix, Tick, as_image
from core.errors import BadWeights, UnknownEncoder
from core.models.device import pick
from core.models.files import file_digest
from core.models.tracing_lock import GATE

PICTURES, WORDS = 32, 256
"""Pictures and words at a time."""
NOTE = "Trained on captions from the web, so that it takes any English text."


def load(
    text: str,
    weights: Path | None,
    device: torch.device | None,
    tick: Tick | None,
    *,
    allow_download: bool,
) -> ClipEncoder:
    """Load a model; see `core.concepts.encoders.encoder.load`.

    Args:
        text: `MODEL/WEIGHTS` or `MODEL/WEIGHTS@DIGEST`.
        weights: folder that is searched first.
        device: where to compute; the machine's best when not given.
        tick: told how far the download is.
        allow_download: fetch weights that are not on this machine.
    """
    source = parse(text)
    _check(source)
    path = fetch(source, weights, tick, allowed=allow_download)
    digest = file_digest(path)
    if not digest.startswith(source.digest):
        raise BadWeights(
            f"{path.name} has the digest {digest[:12]} instead of {source.digest[:12]}: give the "
            "file that was asked for."
        )
    facts = _published(source, digest)
    net = _built(source, path, facts)
    return ClipEncoder(source, digest, net, device or pick())


def _check(source: ClipWeights) -> None:
    """Make sure that the library knows the model and that its words need no other download.

    Raises:
        UnknownEncoder: it does not, or they do.
    """
    # Asked for other names, such as `hf-hub:...`, the library would turn to the network.
    if source.model not in open_clip.list_models():
        near = difflib.get_close_matches(source.model, open_clip.list_models(), n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else "see open_clip.list_models()."
        raise UnknownEncoder(f"open_clip has no model {source.model[:60]!r}: {hint}")
    tags = open_clip.list_pretrained_tags_by_model(source.model)
    if source.tag and source.tag not in tags:
        raise UnknownEncoder(
            f"open_clip has no weights {source.tag[:60]!r} for {source.model}: give one of "
            f"{', '.join(tags) or 'none'}, or a file."
        )
    config = open_clip.get_model_config(source.model)
    if "hf_tokenizer_name" in config["text_cfg"] or "siglip" in source.model.lower():
        raise UnknownEncoder(
            f"{source.model} splits words with a tokenizer that SeeWhy does not bring: take a "
            "model such as ViT-B-16."
        )


def _published(source: ClipWeights, digest: str) -> Mapping[str, Any]:
    """Return what the library knows of the weights: activation, colours, resizing.

    A published file under another name is recognised by its digest where its address holds it:
    the same numbers in a network with the other activation function would give other embeddings.
    """
    if source.tag:
        return dict(open_clip.get_pretrained_cfg(source.model, source.tag))
    for tag in open_clip.list_pretrained_tags_by_model(source.model):
        facts = dict(open_clip.get_pretrained_cfg(source.model, tag))
        parts = str(facts.get("url", "")).replace(".", "/").replace("-", "/").split("/")
        if digest in parts or digest[:8] in parts:
            return facts
    return {}


def _built(source: ClipWeights, path: Path, facts: Mapping[str, Any]) -> nn.Module:
    """Build the network and fill it strictly, without running code that the file may hold.

    Raises:
        BadWeights: the file does not fit.
    """
    settings = ("mean", "std", "interpolation", "resize_mode")
    preprocessing = {key: facts[key] for key in settings if key in facts}
    try:
        with _quiet():
            net: nn.Module = open_clip.create_model(
                source.model,
                pretrained=str(path.resolve()),
                precision="fp32",
                force_quick_gelu=bool(facts.get("quick_gelu")),
                force_preprocess_cfg=preprocessing,
                weights_only=True,
            )
    except Exception as error:  # a damaged or foreign file can raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".:")
        raise BadWeights(
            f"{path.name} does not fit {source.model} ({reason}): give its state dict as "
            ".safetensors or .pt."
        ) from error
    return net.float().eval().requires_grad_(False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from setting up logging for the whole process."""
    handler, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class ClipEncoder:
    """A model of open_clip; see `core.concepts.encoders.encoder.Encoder`.

    Args:
        source: what was asked for.
        digest: SHA-256 of the weights' file.
        net: the network.
        device: where to compute.

    Attributes:
        id, title, note: say what this is.
        vocabulary: None, it takes any text.
    """

    def __init__(
        self, source: ClipWeights, digest: str, net: nn.Module, device: torch.device
    ) -> None:
        hub = hub_file(source) if source.tag else None
        if source.tag:
            self.id = f"{source.spec}@{digest[:12]}"
            usual = hub is None or not hub.sha256 or hub.sha256 == digest
            origin = source.tag if usual else f"{source.tag}, another file {digest[:8]}"
        else:
            self.id = f"{OPEN_CLIP}{source.model}/{digest[:12]}"
            origin = f"local file {digest[:8]}"
        self.title = f"OpenCLIP {source.model} ({origin})"
        self.note = NOTE
        self.vocabulary = None
        self._net: Any = net.to(device)
        self._device = device
        self._width = int(open_clip.get_model_config(source.model)["embed_dim"])
        settings = open_clip.get_model_preprocess_cfg(net)
        with _quiet():
            self._tokens = open_clip.get_tokenizer(source.model)
            self._prepare = image_transform_v2(PreprocessCfg(**settings), is_train=False)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(each.nbytes for each in self._net.parameters())

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> Matrix:
        """Embed pictures, cut to their middle as in training, as float32 (N, E) of length 1."""
        parts = []
        for start in range(0, len(images), PICTURES):
            views = [self._prepare(as_image(image)) for image in images[start : start + PICTURES]]
            batch = torch.stack(views).to(self._device)
            with GATE.shared(), torch.no_grad():
                parts.append(self._net.encode_image(batch, normalize=True).cpu().numpy())
        return self._joined(parts)

    def words(self, words: Sequence[str]) -> Matrix:
        """Embed bare words, float32 (C, E) of length 1."""
        parts = []
        for start in range(0, len(words), WORDS):
            tokens = self._tokens(list(words[start : start + WORDS])).to(self._device)
            with GATE.shared(), torch.no_grad():
                parts.append(self._net.encode_text(tokens, normalize=True).cpu().numpy())
        return self._joined(parts)

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return nothing: any text has a vector."""
        return ()

    def scores(self, image_embeddings: Matrix, word_embeddings: Matrix) -> Matrix:
        """Return the cosines, float32 (N, C), not multiplied by the model's own scale."""
        return np.asarray(image_embeddings @ word_embeddings.T, np.float32)

    def _joined(self, parts: list[Matrix]) -> Matrix:
        return np.concatenate([np.empty((0, self._width), np.float32), *parts])
