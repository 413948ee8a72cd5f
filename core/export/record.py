"""The JSON record of an export: all that is needed to make it again, and no arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from core.explain.base import Explanation
from core.explain.superpixel_weights import LinearFit, SuperpixelWeights
from core.export.json_parts import json_parts
from core.export.plain import plain
from core.files.versions import versions
from core.models.card import Guess
from core.pictures.picture import Picture
from core.requests.keys import key_of
from core.requests.maps import AnyMap, PredictionRequest
from core.requests.plain import as_plain

_ARRAYS = frozenset({"heat", "shown", "superpixels"})


class PreparedPicture(Protocol):
    """A picture with the part of it that a model saw, as in `Prepared`."""

    @property
    def picture(self) -> Picture:
        """The whole picture."""
        ...

    @property
    def fit(self) -> str:
        """How it was fitted to the model's input."""
        ...

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the seen part in pixels of the picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """What was found out about one picture.

    Attributes:
        prepared: the picture with the part that the model saw.
        predictions: the first guesses, best first.
        explanations: finished maps, in display order.
        prediction: the request that gave the guesses; None where results were not asked for so.
        requests: those that gave the maps, in the same order.
        truth: index and name of the true class, where it is known.
    """

    prepared: PreparedPicture
    predictions: tuple[Guess, ...]
    explanations: tuple[Explanation, ...]
    prediction: PredictionRequest | None = None
    requests: tuple[AnyMap, ...] = ()
    truth: tuple[int, str] | None = None

    @property
    def right(self) -> bool | None:
        """Whether the first guess is the true class; None where that is not known."""
        if self.truth is None or not self.predictions:
            return None
        return self.predictions[0].index == self.truth[0]


def document_parts(
    model: Mapping[str, object],
    fit: str,
    device: str,
    pictures: Iterable[Mapping[str, object]],
    look: Mapping[str, object] | None = None,
    faults: Iterable[tuple[str, str]] = (),
    report: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield the whole record, a JSON file in UTF-8, picture by picture: not all are held at once.

    Args:
        model: `model_record` of the model of all maps.
        fit: how pictures were fitted to the model's input.
        device: device in words.
        pictures: one `picture_record` each, or what was read back of it.
        look: how the overlays are drawn, where they may be kept.
        faults: what has no result, by name, and why.
        report: title, author, date and notes of the report.
    """
    named = [{"name": name, "reason": reason} for name, reason in faults]
    before = {
        **({"report": report} if report else {}),
        "versions": versions(),
        "model": model,
        "fit": fit,
        "device": device,
    }
    after = {**({"look": look} if look else {}), **({"faults": named} if named else {})}
    return json_parts(before, "pictures", pictures, after, indent=2)


def picture_record(explained: Explained, files: Iterable[str] = ()) -> dict[str, object]:
    """Return one entry of `pictures`.

    Args:
        explained: one picture's results.
        files: names of the files that were written for it.
    """
    picture = explained.prepared.picture
    requests = explained.requests or (None,) * len(explained.explanations)
    record = {
        "picture": picture.name,
        "sha256": picture.sha256,
        **({"file": picture.file} if picture.file else {}),
        "size": list(picture.original_size),
        "notes": list(picture.notes),
        "seen": list(explained.prepared.box),
        "predictions": [
            {"class": guess.index, "name": guess.name, "probability": guess.probability}
            for guess in explained.predictions
        ],
        **truth_record(explained.truth),
        "explanations": [
            explanation_record(each) | _asked(request)
            for each, request in zip(explained.explanations, requests, strict=True)
        ],
        "files": list(files),
        **_asked(explained.prediction),
    }
    return {name: plain(value) for name, value in record.items()}


def truth_record(truth: tuple[int, str] | None) -> dict[str, object]:
    """Return the true class as the entry of a picture holds it; nothing where it is not known."""
    return {"true_class": {"class": truth[0], "name": truth[1]}} if truth else {}


def _asked(request: PredictionRequest | AnyMap | None) -> dict[str, object]:
    """Return what was asked for, and its key: the same is never computed again."""
    if request is None:
        return {}
    return {"key": key_of(request), "request": as_plain(request)}


def explanation_record(explanation: Explanation) -> dict[str, object]:
    """Return everything in an explanation but its arrays."""
    names = [field.name for field in fields(explanation) if field.name not in _ARRAYS]
    record = {name: plain(getattr(explanation, name)) for name in names}
    return record | {"extras": plain(extras_of(explanation))}


def extras_of(explanation: Explanation) -> dict[str, object]:
    """Return what is known of superpixels besides the map, as files name it; else nothing."""
    parts = explanation.superpixels
    if parts is None:
        return {}
    fit = {field.name: getattr(parts.fit, field.name) for field in fields(parts.fit)}
    base = {} if parts.base is None else {"base": parts.base}
    return {
        **fit,
        **base,
        "segments": parts.segments,
        "outlined": parts.outlined,
        "recipe": parts.recipe,
    }


def superpixels_from(extras: Mapping[str, object]) -> SuperpixelWeights | None:
    """Return what `extras_of` was given.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another kind.
    """
    if not extras:
        return None
    values: dict[str, Any] = dict(extras)
    fit = LinearFit(**{field.name: values[field.name] for field in fields(LinearFit)})
    segments = values["segments"]
    if np.ndim(fit.weights) != 1 or np.ndim(segments) != 2:
        raise ValueError("arrays of another kind")
    return SuperpixelWeights(
        segments, fit, tuple(values["outlined"]), str(values["recipe"]), values.get("base")
    )
