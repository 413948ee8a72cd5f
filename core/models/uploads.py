"""A person's own weight files, kept for as long as the process lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import BadWeights
from core.files import uploads
from core.files.names import safe_name
from core.models.label_file import read_labels
from core.models.sources.timm_models import PREFIX
from core.models.weights import UPLOAD_LIMIT


@dataclass(frozen=True, slots=True)
class Own:
    """A state dict that a person brought along.

    Attributes:
        architecture: id of the catalogue model that was chosen; empty to guess it.
        base: id of the one whose architecture and preprocessing it has.
        path: the file, in a folder named after its digest.
        digest: SHA-256 of the file, in hexadecimal digits.
        labels: the label file, or None for the base's own names.
        changes: of preprocessing and activation, as `core.requests.input_settings` reads them.
    """

    architecture: str
    base: str
    path: Path
    digest: str
    labels: Path | None
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the picker shows."""
        architecture = self.base.removeprefix(PREFIX).partition(":")[0]
        return f"{self.path.name} ({architecture}, {self.digest[:8]})"


def keep(data: bytes, name: str, architecture: str = "", labels: bytes | None = None) -> Own:
    """Write an uploaded weight file to a private folder; nothing is loaded or run here.

    What the file is, its content says when it is read, and not its suffix.

    Args:
        data: the file.
        name: of the file.
        architecture: id of the catalogue; where it is empty, `Own.base` is to be guessed.
        labels: a file of class names.

    Raises:
        BadWeights: too large.
        BadLabels: the file of class names cannot be read.
        CannotWrite: the server has no room for it.
    """
    name = safe_name(name)
    if len(data) > UPLOAD_LIMIT:
        raise BadWeights(
            f"{name} has {len(data) >> 20} MB: give a file of at most {UPLOAD_LIMIT >> 20} MB."
        )
    if labels is not None:
        read_labels(labels)
    path = uploads.keep(data, name)
    digest = path.parent.name
    names = uploads.keep(labels, "class names.txt") if labels is not None else None
    return Own(architecture, architecture, path, digest, names)
