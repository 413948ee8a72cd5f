"""The table of handlers: one for each kind of request."""

from __future__ import annotations

from collections.abc import Mapping

from core.work.handler import AnyHandler
from core.work.handlers import (
    audited,
    audits,
    checks,
    comparisons,
    concepts,
    evidence,
    lime,
    maps,
    measures,
    models,
    passes,
    pictures,
    reveals,
    steps,
)

HANDLERS: Mapping[type, AnyHandler] = {
    **models.HANDLERS,
    **maps.HANDLERS,
    **passes.HANDLERS,
    **lime.HANDLERS,
    **comparisons.HANDLERS,
    **measures.HANDLERS,
    **checks.HANDLERS,
    **pictures.HANDLERS,
    **concepts.HANDLERS,
    **evidence.HANDLERS,
    **reveals.HANDLERS,
    **steps.HANDLERS,
    **audits.HANDLERS,
    **audited.HANDLERS,
}


def handler_of(request: object) -> AnyHandler:
    """Return the handler of a request.

    Raises:
        TypeError: nothing computes requests of that kind.
    """
    handler = HANDLERS.get(type(request))
    if handler is None:
        raise TypeError(f"Nothing computes a {type(request).__name__}.")
    return handler
