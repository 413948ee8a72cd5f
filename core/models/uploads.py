"""A person's own weight files, kept for as long as the process lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import BadWeights
from core.files import uploads
from core.files.names import safe_name
from core.models.weights import UPLOAD_LIMIT


@dataclass(frozen=True, slots=True)
class Own:
    """A state dict that a person brought along.

    Attributes:
        title: what the picker shows.
        base: id of the catalogue model whose architecture and preprocessing it has.
        path: the file, in a folder named after its digest.
        digest: SHA-256 of the file, in hexadecimal digits.
        labels: the label file, or None for the base's own names.
    """

    title: str
    base: str
    path: Path
    digest: str
    labels: Path | None


def keep(data: bytes, name: str, base: str, labels: bytes | None = None) -> Own:
    """Write an uploaded weight file to a private folder; nothing is loaded or run here.

    Raises:
        BadWeights: too large, or a suffix that no weight file has.
        CannotWrite: the server has no room for it.
    """
    name = safe_name(name)
    suffix = Path(name).suffix.lower()
    if suffix not in (".pth", ".pt", ".safetensors"):
        raise BadWeights(f"{name} is not a weights file: give a .pth, .pt or .safetensors file.")
    if len(data) > UPLOAD_LIMIT:
        raise BadWeights(
            f"{name} has {len(data) >> 20} MB: give a file of at most {UPLOAD_LIMIT >> 20} MB."
        )
    path = uploads.keep(data, name)
    digest = path.parent.name
    names = uploads.keep(labels, "class names.txt") if labels is not None else None
    title = f"{name} ({base.partition(':')[0]}, {digest[:8]})"
    return Own(title, base, path, digest, names)
