"""LIME's neighbourhood of a picture: samples that are kept and only ever added to."""

from __future__ import annotations

from collections.abc import Callable

from core.explain.base import Tick, no_tick
from core.explain.perturb.answers import Answers, Probabilities
from core.explain.perturb.composition import Composer, Rows, base_view, filled
from core.explain.perturb.rows import most_rows, rows_of
from core.explain.perturb.superpixels import Superpixels
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.maps import Precision


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
        self._sampling = sampling
        self._compose = Composer(classifier, view, off, superpixels)
        self._answers = Answers(classifier, precision)

    def __len__(self) -> int:
        """Number of samples kept."""
        return len(self._answers)

    @property
    def most(self) -> int:
        """Number of samples that there can be."""
        return most_rows(self.superpixels.count, self._sampling)

    def missing(self, count: int) -> int:
        """Return how many of the first samples are to come."""
        return max(0, min(count, self.most) - len(self))

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
        if len(self) >= count:
            return 0
        rows = self._rows(count)
        return self._answers.grow(
            classifier, count, lambda start, stop: self._compose(rows[start:stop]), tick, grown
        )

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
        answers = self._answers.first(count)
        return self._rows(count), answers

    def _rows(self, count: int) -> Rows:
        """Return the first switches, uint8 (count, superpixels)."""
        return rows_of(self.seed, count, self.superpixels.count, self._sampling)
