"""What names on the command line mean: the resolver of the commands."""

from __future__ import annotations

from pathlib import Path

from core.errors import BadOption
from core.models import catalog
from core.models.reference import reference_of
from core.requests.references import EncoderRef, ModelRef, PictureRef, ProbesRef, WordsRef
from core.work.resources import Resources

DEFAULT_MODEL = "embedded"
FALLBACK_MODEL = "resnet18"


def default_model() -> str:
    """Return the built-in model's id where it is in the catalogue, else a small known one."""
    known = {entry.id for entry in catalog.entries()}
    return DEFAULT_MODEL if DEFAULT_MODEL in known else FALLBACK_MODEL


class Names:
    """Files and models by name; what was named can be had from `resources` afterwards."""

    def __init__(self, resources: Resources) -> None:
        """Tell `resources` of every file that is named."""
        self._resources = resources

    def picture(self, name: str) -> PictureRef:
        """Return a picture file without looking at it: a batch reads one at a time."""
        return PictureRef("", name)

    def model(self, id: str, device: str, weights: str, labels: str) -> ModelRef:
        """Return a model; files are read for their digests.

        Raises:
            SeeWhyError: no such model, device or file.
        """
        files = [Path(name) if name else None for name in (weights, labels)]
        for file in files:
            if file is not None:
                self._resources.offer_file(file)
        return reference_of(id or default_model(), device, *files)

    def encoder(self, spec: str, device: str) -> EncoderRef:
        """Not named by commands that explain pictures."""
        raise BadOption(f"{spec!r:.80} is not needed here.")

    def probes(self, name: str) -> ProbesRef:
        """Not named by commands that explain pictures."""
        raise BadOption(f"{name!r:.80} is not needed here.")

    def words(self, name: str, encoder: EncoderRef) -> WordsRef:
        """Not named by commands that explain pictures."""
        raise BadOption(f"{name!r:.80} is not needed here.")
