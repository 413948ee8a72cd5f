"""The content key of one map."""

from __future__ import annotations

from core.explain import base, methods
from core.explain.base import Request
from core.requests.keys import content_key


def key_of(request: Request, method_name: str) -> str:
    """Return the content key of one map.

    An option that is absent and one that has its default value give the same key, and so do all
    layers for a method that looks at none. The name of the class is part of the key because two
    people may use one set of weights with different label files.

    Raises:
        UnknownMethod: no method of that name.
        BadOption: an option that the method does not have, or a value outside its range.
    """
    method = methods.get(method_name)
    classifier, prepared = request.classifier, request.prepared
    return content_key(
        kind="map",
        method=method.name,
        picture=prepared.picture.sha256,
        fit=prepared.fit,
        model=classifier.id,
        weights=classifier.digest,
        device=str(classifier.device),
        layers=request.layers if method.layered else (),
        class_index=request.class_index,
        class_name=classifier.names[request.class_index],
        smooth=request.smooth,
        precision=request.precision,
        seed=request.seed,
        options=base.settle(method.options, request.options),
    )
