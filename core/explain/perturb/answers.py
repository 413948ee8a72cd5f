"""A model's answers to a sequence of perturbed pictures: kept, and only ever added to."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.errors import BadOption
from core.explain.base import Tick, no_tick
from core.models.classifier import Classifier
from core.requests.maps import Precision

Probabilities = npt.NDArray[np.float32]
Pictures = Callable[[int, int], Tensor]
"""`pictures(start, stop)`: float32 (N, C, h, w), normalised, of that part of the sequence."""

BATCH = 10
"""Pictures in one pass on a CPU, where 8 to 12 are fastest a picture; it divides round counts."""
GPU_BATCH = 250


class Answers:
    """Probabilities of perturbed pictures, the first of a sequence that is always the same.

    Several threads may use and grow it at once. It does not hold the model, which may be large
    and is dropped when nobody uses it; `grow` must always be given the same one.
    """

    def __init__(
        self, classifier: Classifier, precision: Precision, target: int | None = None
    ) -> None:
        """Begin without answers.

        Args:
            classifier: the model.
            precision: of the passes.
            target: the one class whose answers are kept; all of them when None.
        """
        self._precision, self._target = precision, target
        self._batch = BATCH if classifier.device.type == "cpu" else GPU_BATCH
        # One array, replaced by a larger one: an array for each batch would lie between the
        # freed pictures and keep a gigabyte of them from being used again.
        width = len(classifier.names) if target is None else 1
        self._answers = np.empty((0, width), np.float32)
        self._count = 0
        self._growing = threading.Lock()

    def __len__(self) -> int:
        """Number of answers kept."""
        return self._count

    @property
    def nbytes(self) -> int:
        """Size in memory, about."""
        return self._answers.nbytes

    def grow(
        self,
        classifier: Classifier,
        count: int,
        pictures: Pictures,
        tick: Tick = no_tick,
        grown: Callable[[int], None] | None = None,
        what: str = "samples",
    ) -> int:
        """Add the answers that are missing up to `count`.

        Args:
            classifier: the model that the answers were begun with.
            count: answers wanted.
            pictures: makes the perturbed pictures.
            tick: told the share done before each batch; may raise to stop, nothing is lost then.
            grown: told the number of answers kept after each batch.
            what: the pictures are called in what `tick` is told.

        Returns:
            Forward passes that were made by this call; less than were missing when another
            thread made some of them.
        """
        passes = 0
        self._make_room(count)
        while self._count < count:
            tick(self._count / count, f"{self._count} of {count} {what}")
            passes += self._add_batch(classifier, count, pictures)
            if grown is not None:
                grown(self._count)
        return passes

    def first(self, count: int) -> Probabilities:
        """Return the first answers, float32 (count, classes kept), read-only.

        Raises:
            BadOption: fewer are kept.
        """
        if not 0 < count <= self._count:
            raise BadOption(
                f"{count} samples were requested, but only {self._count} exist: add more."
            )
        answers = self._answers[:count]
        answers.flags.writeable = False
        return answers

    def _make_room(self, count: int) -> None:
        """Have place for `count` answers."""
        with self._growing:
            if len(self._answers) < count:
                larger = np.empty((count, self._answers.shape[1]), np.float32)
                larger[: self._count] = self._answers[: self._count]
                self._answers = larger

    def _add_batch(self, classifier: Classifier, count: int, pictures: Pictures) -> int:
        """Answer the next pictures, none beyond `count`; return how many.

        Batches end at multiples of their size, so that round counts give the same bits however
        they were reached: a batch's size may change the last bits of its results.
        """
        with self._growing:
            start = self._count
            stop = min(count, (start // self._batch + 1) * self._batch)
            if stop > start:
                scores = classifier.logits(pictures(start, stop), self._precision)
                every = classifier.activated(scores)
                if self._target is not None:
                    every = every[:, self._target : self._target + 1]
                self._answers[start:stop] = every.cpu().numpy()
                self._count = stop  # only now may others read them
            return max(0, stop - start)
