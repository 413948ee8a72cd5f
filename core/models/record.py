"""What a record says of a model."""

from __future__ import annotations

from core.models.classifier import Classifier
from core.requests.input_settings import words
from core.requests.plain import as_plain


def model_record(classifier: Classifier) -> dict[str, object]:
    """Return what tells a model from every other."""
    return {
        "id": classifier.id,
        "title": classifier.title,
        "architecture": classifier.arch,
        "weights_sha256": classifier.digest,
        "classes": len(classifier.names),
        "input_size": list(classifier.input_size),
        "preprocess": as_plain(classifier.preprocess),
        "activation": classifier.activation,
        "input": words(classifier.preprocess, classifier.activation),
        **({"checkpoint": dict(classifier.card.checkpoint)} if classifier.card.checkpoint else {}),
    }
