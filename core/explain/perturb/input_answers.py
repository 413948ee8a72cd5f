"""Answers that a map of the whole input needs, kept for the next class and after a stop."""

from __future__ import annotations

import numpy as np

from core.explain.base import part
from core.explain.input_method import InputTask
from core.explain.perturb.answers import Answers, Pictures
from core.explain.superpixel_weights import Vector
from core.requests.keys import content_key

MOST_CLASSES = 4000
"""Answers of all classes are kept up to here: 8000 pictures take 128 MB then."""


def answers_of(
    task: InputTask, count: int, pictures: Pictures, what: str, **settings: object
) -> tuple[Vector, int]:
    """Return the probability of the explained class for each perturbed picture.

    Args:
        task: the picture and the class.
        count: pictures wanted.
        pictures: makes them; the same for equal settings.
        what: they are called while they are made.
        **settings: all that decides how the pictures are perturbed.

    Returns:
        float64 (count,), and the passes that it took.
    """
    classifier, request, store = task.classifier, task.request, task.subject.samples
    narrow = len(classifier.names) > MOST_CLASSES
    precision = classifier.effective_precision(request.precision)
    key = content_key(
        kind="answers",
        picture=request.picture,
        model=request.model,
        fit=request.fit,
        method=request.method,
        settings=settings,
        precision=precision,
        target=request.target if narrow else None,
    )
    kept = store.get(
        key, lambda: Answers(classifier, precision, request.target if narrow else None)
    )
    try:
        # What comes behind the passes is left a little.
        passes = kept.grow(classifier, count, pictures, part(task.tick, 0, 0.99), what=what)
    finally:
        store.weigh(key)
    column = 0 if narrow else request.target
    return kept.first(count)[:, column].astype(np.float64), passes
