"""From names that people type to references."""

from __future__ import annotations

from typing import Protocol

from core.requests.references import (
    DissectionRef,
    EncoderRef,
    ModelRef,
    PictureRef,
    ProbesRef,
    TruthFileRef,
    TruthTableRef,
    WordsRef,
)


class Resolver(Protocol):
    """Knows what names mean on this machine; every method raises `SeeWhyError` for unknown ones."""

    def picture(self, name: str) -> PictureRef:
        """Return a picture by its name or path."""
        ...

    def model(
        self, id: str, device: str, weights: str, labels: str, input: tuple[str, ...]
    ) -> ModelRef:
        """Return a model.

        Args:
            id: catalogue id; empty for the default model, or for the one that `weights` fit.
            device: `auto`, `cpu`, `cuda` ...
            weights: a person's own state dict, or empty.
            labels: a person's own class names, or empty.
            input: what is changed of preprocessing and activation; `ModelRef.input` holds it.
        """
        ...

    def encoder(self, spec: str, device: str, model: ModelRef) -> EncoderRef:
        """Return what answers to an encoder's name, for example `open_clip:ViT-B-16/openai`.

        Args:
            spec: as a person types it.
            device: `auto`, `cpu`, `cuda` ...
            model: whose units are named; it must not name its own.
        """
        ...

    def probes(self, name: str) -> ProbesRef:
        """Return a probe set by its name or path."""
        ...

    def truth(self, name: str) -> TruthFileRef:
        """Return a file or folder of truth masks by its name or path."""
        ...

    def words(self, name: str, encoder: EncoderRef) -> WordsRef:
        """Return a word list by its name or path; `builtin` is what the encoder knows."""
        ...

    def truth_table(self, name: str) -> TruthTableRef:
        """Return a table of true classes by its name or path."""
        ...

    def dissection(self, name: str, model: ModelRef) -> DissectionRef | None:
        """Return a kept dissection.

        Args:
            name: short name; `auto` for one of the model's own, where there is any.
            model: whose units have words.
        """
        ...
