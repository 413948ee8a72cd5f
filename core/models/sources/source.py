"""What every source of models does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import nn

from core.models.catalog_entry import Entry
from core.requests.references import ModelSource, Preprocess

Tick = Callable[[float, str], None]
"""`tick(share done in [0, 1], stage)`; raises `core.errors.Cancelled` to stop."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A network with its weights, from a source that puts both together by itself.

    Attributes:
        net: gives (N, K) logits for (N, 3, h, w).
        names: one class name a logit; None for the entry's.
        preprocess: from a picture to the input; None for the entry's.
    """

    net: nn.Module
    names: tuple[str, ...] | None = None
    preprocess: Preprocess | None = None


class Source(Protocol):
    """A source of models. All functions are safe from any thread."""

    @property
    def name(self) -> ModelSource:
        """What references call the source."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Return the models that are listed; looks at folders, not at files in them."""
        ...

    def find(self, model_id: str) -> Entry | None:
        """Return the model of an id in any spelling that the source knows, listed or not.

        Raises:
            UnknownModel: the id can only be of this source, and there is no such model.
        """
        ...

    def build(self, entry: Entry, classes: int) -> nn.Module:
        """Build the network without trained weights, in evaluation mode or not."""
        ...

    def trained(self, entry: Entry, path: Path) -> Trained | None:
        """Return the network with the weights at `path`.

        Returns:
            None where the file is a state dict for what `build` gives.

        Raises:
            BadWeights: the weights do not fit, or code failed.
        """
        ...

    def locate(self, entry: Entry) -> Path | None:
        """Return where the weights lie on this machine."""
        ...

    def digest(self, entry: Entry, path: Path) -> str:
        """Return the SHA-256 of the weights at `path`.

        Raises:
            OSError: they cannot be read.
        """
        ...

    def fetch(self, entry: Entry, tick: Tick) -> None:
        """Download the weights.

        Raises:
            DownloadFailed: not allowed, no network, or nobody publishes them.
            Cancelled: raised by `tick`.
        """
        ...
