"""What went wrong with pictures and methods of a batch, and what ends the whole batch."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import (
    BadDevice,
    BadInstallation,
    BadOption,
    BadWeights,
    Cancelled,
    MissingWeights,
    UnknownClass,
    UnknownLayer,
    UnsupportedLayer,
)

FOR_ALL = (
    Cancelled,
    BadDevice,
    BadInstallation,
    BadOption,
    BadWeights,
    MissingWeights,
    UnknownClass,
    UnknownLayer,
    UnsupportedLayer,
)
"""Errors that every other picture of the batch would meet as well."""


NOT_THE_METHODS = (Cancelled, BadDevice, BadInstallation, BadWeights, MissingWeights)
"""Errors that no other method would be spared."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A picture that could not be explained, or a method on one, and why.

    Attributes:
        name: of the picture, or of what a folder holds.
        sentence: why.
        method: title of the method that failed; empty where the whole picture did.
    """

    name: str
    sentence: str
    method: str = ""

    @property
    def title(self) -> str:
        """What failed."""
        return f"{self.name}, {self.method}" if self.method else self.name
