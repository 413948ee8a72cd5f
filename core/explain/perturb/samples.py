"""LIME's neighbourhood of a picture: samples that are kept and only ever added to."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.errors import BadOption
from core.explain.base import Tick, no_tick
from core.explain.perturb.composition import Composer, Rows, base_view, filled
from core.explain.perturb.rows import most_rows, rows_of
from core.explain.perturb.superpixels import Superpixels
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.maps import Precision

Probabilities = npt.NDArray[np.float32]

BATCH = 10
"""Pictures in one pass on a CPU, where 8 to 12 are fastest a picture; it divides round counts."""
GPU_BATCH = 250


class Neighbourhood:
    """Perturbed pictures around one picture and the model's answer to each, for all classes.

    Several threads may use and grow it at once. It does not hold the model, which may be large
    and is dropped when nobody uses it; `grow` must always be given the same one.

    Attributes:
        superpixels: what is switched.
        seed: of the switches.
        prediction: probabilities float32 (classes,) of the picture itself, exact, as the model
            sees it.
    """

    def __init__(
        self,
        classifier: Classifier,
        prepared: Prepared,
        superpixels: Superpixels,
        seed: int = 0,
        fill: str = "mean",
        precision: Precision = "exact",
        sampling: str = "random",
    ) -> None:
        """Prepare an empty neighbourhood; one pass gives the picture's own prediction.

        Args:
            classifier: the model.
            prepared: the picture as the model sees it.
            superpixels: of `base_view`.
            seed: of the switches.
            fill: what hidden superpixels show; see `filled`.
            precision: of the passes.
            sampling: how the switches are drawn; see `rows_of`.

        Raises:
            BadOption: no such fill.
        """
        view = base_view(prepared, classifier.input_size)
        off = filled(view, superpixels, fill)
        self.superpixels, self.seed = superpixels, seed
        self.prediction: Probabilities = classifier.probabilities(prepared)
        self._precision, self._sampling = precision, sampling
        self._compose = Composer(classifier, view, off, superpixels)
        self._batch = BATCH if classifier.device.type == "cpu" else GPU_BATCH
        # One array, replaced by a larger one: an array for each batch would lie between the
        # freed pictures and keep a gigabyte of them from being used again.
        self._answers = np.empty((0, len(self.prediction)), np.float32)
        self._count = 0
        self._growing = threading.Lock()

    def __len__(self) -> int:
        """Number of samples kept."""
        return self._count

    @property
    def most(self) -> int:
        """Number of samples that there can be."""
        return most_rows(self.superpixels.count, self._sampling)

    def missing(self, count: int) -> int:
        """Return how many of the first samples are to come."""
        return max(0, min(count, self.most) - self._count)

    @property
    def nbytes(self) -> int:
        """Size in memory, about."""
        return self._answers.nbytes + self._compose.nbytes + self.superpixels.segments.nbytes

    def grow(
        self,
        classifier: Classifier,
        count: int,
        tick: Tick = no_tick,
        grown: Callable[[int], None] | None = None,
    ) -> int:
        """Add the samples that are missing up to `count`.

        Args:
            classifier: the model that the neighbourhood was made with.
            count: samples wanted.
            tick: told the share done before each batch; may raise to stop, nothing is lost then.
            grown: told the number of samples kept after each batch.

        Returns:
            Forward passes that were made by this call; less than were missing when another
            thread made some of them.
        """
        count = min(count, self.most)
        if self._count >= count:
            return 0
        rows, passes = self._rows(count), 0
        self._make_room(count)
        while self._count < count:
            tick(self._count / count, f"{self._count} of {count} samples")
            passes += self._add_batch(classifier, rows)
            if grown is not None:
                grown(self._count)
        return passes

    def _make_room(self, count: int) -> None:
        """Have place for `count` answers."""
        with self._growing:
            if len(self._answers) < count:
                larger = np.empty((count, self._answers.shape[1]), np.float32)
                larger[: self._count] = self._answers[: self._count]
                self._answers = larger

    def _add_batch(self, classifier: Classifier, rows: Rows) -> int:
        """Answer the next rows; return how many.

        Batches end at multiples of their size, so that round counts give the same bits however
        they were reached: a batch's size may change the last bits of its results.
        """
        with self._growing:
            start = self._count
            part = rows[start : (start // self._batch + 1) * self._batch]
            if len(part):
                scores = classifier.logits(self._compose(part), self._precision)
                answers = classifier.activated(scores).cpu().numpy()
                self._answers[start : start + len(part)] = answers
                self._count += len(part)  # only now may others read them
            return len(part)

    def first(self, count: int) -> tuple[Rows, Probabilities]:
        """The first samples.

        Args:
            count: how many; no more than are kept, all of them where there can be no more.

        Returns:
            Switches uint8 (count, superpixels) and probabilities float32 (count, classes), both
            read-only.

        Raises:
            BadOption: fewer are kept.
        """
        count = min(count, self.most)
        if not 0 < count <= self._count:
            raise BadOption(
                f"{count} samples were requested, but only {self._count} exist: add more."
            )
        answers = self._answers[:count]
        answers.flags.writeable = False
        return self._rows(count), answers

    def _rows(self, count: int) -> Rows:
        """Return the first switches, uint8 (count, superpixels)."""
        return rows_of(self.seed, count, self.superpixels.count, self._sampling)
