"""What a map is tried on: the model, the picture, and what maps of one picture share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core import Heat, Mask
from core.caching.once import Once
from core.errors import BadOption
from core.explain.base import SAMPLES, Explanation, Subject, Tick, no_tick
from core.explain.cams.score import CHUNK_PIXELS
from core.explain.scaling import resized
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture
from core.requests.measures import MeasureSettings

T = TypeVar("T")
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a model says of the explained class for N pictures.

    Attributes:
        logits: float64 (N,).
        probabilities: float64 (N,), from the model's activation.
    """

    logits: Numbers
    probabilities: Numbers

    @staticmethod
    def joined(parts: list[Scores]) -> Scores:
        """Return the scores of several batches as one."""
        return Scores(
            np.concatenate([part.logits for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
        )


Explain = Callable[[Subject, int], Explanation]
"""Makes the map again: of a changed model or picture, for a class of that index."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The model and the picture that a map is tried on.

    Trials of one picture share what they compute: make those of its other maps with `of`. For one
    thread at a time.

    Attributes:
        classifier: the loaded model.
        prepared: the picture as the model sees it.
        class_index: the explained class.
        settings: of the measures.
        heat: float32, any size: the raw map, where its negative values oppose the class
            (`Explanation.signed`); None where `shown` says all.
        truth: bool (h, w) at the model's input size, where the object is.
        others: pictures of three other classes that the model knows, for mosaics.
        explain: makes the map again, with the same method and settings.
        memo: what trials of one picture share.
    """

    classifier: Classifier
    prepared: Prepared
    class_index: int
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    heat: Heat | None = None
    truth: Mask | None = None
    others: tuple[Picture, ...] = ()
    explain: Explain | None = None
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, make: Callable[[], T], *key: Hashable) -> T:
        """Return what `make` gives, which is called once for each key and class."""
        whole = (self.class_index, *key)
        if whole not in self.memo:
            self.memo[whole] = make()
        value: T = self.memo[whole]
        return value

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the model's input."""
        height, width = self.prepared.batch.shape[-2:]
        return int(height), int(width)

    @property
    def original(self) -> Scores:
        """The scores of the picture itself, one row."""
        return self.once(lambda: self._scored(self.prepared.batch), "original")

    def of(self, explanation: Explanation | None, explain: Explain | None = None) -> Trial:
        """Return the trial of another map of the same picture, class and model.

        Args:
            explanation: the map; None for a control, which has no signs.
            explain: makes it again; None where that cannot be done.
        """
        signed = explanation is not None and explanation.signed
        heat = explanation.heat if explanation is not None and signed else None
        return replace(self, heat=heat, explain=explain)

    def signed(self, shown: Heat) -> Heat:
        """Return the map with its signs at the model's input size, float32 (h, w)."""
        return shown if self.heat is None else resized(self.heat, self.size)

    def explained(
        self,
        class_index: int | None = None,
        classifier: Classifier | None = None,
        prepared: Prepared | None = None,
    ) -> Explanation:
        """Make the map again, of another class, model or picture.

        Raises:
            BadOption: the trial has no `explain`.
        """
        if self.explain is None:
            raise BadOption("This map cannot be made again.")
        # Samples are kept under the model and the picture of the request, which may be others.
        same = classifier is None and prepared is None
        subject = Subject(
            classifier or self.classifier,
            prepared or self.prepared,
            SAMPLES if same else Once(SAMPLES.limit),
        )
        return self.explain(subject, self.class_index if class_index is None else class_index)

    def scores(
        self, count: int, make: Callable[[int, int], Tensor], tick: Tick = no_tick, stage: str = ""
    ) -> Scores:
        """Run the model on many pictures, a chunk at a time.

        Args:
            count: of the pictures, one at least.
            make: gives pictures `start` to `stop`, float32 (stop - start, C, h, w), normalised.
            tick: told the share done; may raise to stop.
            stage: what the pictures are.
        """
        wider = 1 if self.classifier.device.type == "cpu" else 8
        chunk = max(1, CHUNK_PIXELS // (self.size[0] * self.size[1])) * wider
        parts = []
        for start in range(0, count, chunk):
            tick(start / count, f"{stage} {start} of {count}")
            parts.append(self._scored(make(start, min(start + chunk, count))))
        return Scores.joined(parts)

    def _scored(self, batch: Tensor) -> Scores:
        logits = self.classifier.logits(batch)
        shares = self.classifier.activated(logits)
        # To the CPU first: not every device has float64.
        chosen, share = (each[:, self.class_index].cpu().numpy() for each in (logits, shares))
        return Scores(chosen.astype(np.float64), share.astype(np.float64))
