"""What a command has of one picture: just computed, or kept in its folder and not read yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.explain.base import Explanation
from core.export.reading import Folder, Stored
from core.export.record import Explained
from core.models.card import Guess
from core.pictures.picture import Picture, decode, read_bytes
from core.requests.keys import key_of
from core.requests.maps import AnyMap, PredictionRequest
from core.requests.references import PictureRef
from core.requests.studies import StudyRequest


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The results of one picture. What is kept is decoded and read only where it is asked for.

    Attributes:
        name: of the picture.
        prediction, predictions, requests, truth: as in `Explained`.
        keys: of the requests.
        maps: one a request; of what is kept without their arrays.
        stored: what the folder holds where nothing was computed, else None.
        whole: returns all of it.
    """

    name: str
    prediction: PredictionRequest
    predictions: tuple[Guess, ...]
    requests: tuple[AnyMap, ...]
    keys: tuple[str, ...]
    maps: tuple[Explanation, ...]
    truth: tuple[int, str] | None
    stored: Stored | None
    whole: Callable[[], Explained]

    @classmethod
    def of(cls, explained: Explained) -> Outcome:
        """Return what was just computed."""
        assert explained.prediction is not None  # a command asks for it
        return cls(
            explained.prepared.picture.name,
            explained.prediction,
            explained.predictions,
            explained.requests,
            tuple(key_of(each) for each in explained.requests),
            explained.explanations,
            explained.truth,
            None,
            lambda: explained,
        )

    @classmethod
    def kept(
        cls,
        name: str,
        prediction: PredictionRequest,
        requests: tuple[AnyMap, ...],
        truth: tuple[int, str] | None,
        stored: Stored,
        whole: Callable[[], Explained],
    ) -> Outcome | None:
        """Return what a folder holds of these requests; None where one is missing.

        Args:
            name: as in the class.
            prediction: as in the class.
            requests: as in the class.
            truth: as in the class.
            stored: of the picture.
            whole: reads all of it.
        """
        maps = dict(zip(stored.asked, stored.maps, strict=True))
        keys = tuple(key_of(each) for each in requests)
        if not all(key in maps for key in keys):
            return None
        found = tuple(maps[key] for key in keys)
        guesses = stored.predictions
        return cls(name, prediction, guesses, requests, keys, found, truth, stored, whole)

    @property
    def right(self) -> bool | None:
        """Whether the first guess is the true class; None where that is not known."""
        if self.truth is None or not self.predictions:
            return None
        return self.predictions[0].index == self.truth[0]

    @property
    def superpixels(self) -> tuple[bool, ...]:
        """Whether each map has superpixels."""
        if self.stored is None:
            return tuple(each.superpixels is not None for each in self.maps)
        has = dict(zip(self.stored.asked, self.stored.superpixels, strict=True))
        return tuple(has[key] for key in self.keys)

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """The maps with their arrays; the picture itself is not decoded for them."""
        if self.stored is not None:
            kept = self.stored.explanations
            if all(key in kept for key in self.keys):
                return tuple(kept[key] for key in self.keys)
        return self.whole().explanations


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A picture file that was not decoded, because the folder holds what was found out about it.

    Attributes:
        reference: to the picture.
        notes: sentences on what was changed of the picture.
    """

    reference: PictureRef
    notes: tuple[str, ...]


def looked_at(path: Path, name: str, study: StudyRequest, folder: Folder | None) -> Picture | Known:
    """Read a picture file, and decode it unless the folder knows all that a study asks of it.

    Whether it does is only guessed here, from the methods.

    Args:
        path: of the file.
        name: what the picture is called.
        study: what is asked for.
        folder: of the command.

    Raises:
        BadPicture: it cannot be read.
    """
    data = read_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    for record in folder.lines.of_file(digest) if folder else ():
        labels = {each.get("label") for each in record.get("explanations", ())}
        if not set(study.methods) <= labels:
            continue
        reference = PictureRef(str(record.get("sha256")), name, digest)
        key = key_of(study.prediction(reference))
        if key == record.get("key"):
            return Known(reference, tuple(map(str, record.get("notes", ()))))
    return replace(decode(data, path.name), name=name)
