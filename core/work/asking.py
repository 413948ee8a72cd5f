"""Questions about what is loaded: answered here, or where the models are.

A page asks in its own thread what a map will cost. Where other processes hold the models, it asks
them, and takes what it knows without them if no answer comes at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from core.work.resources import Resources

R = TypeVar("R")
A = TypeVar("A")

QUESTIONS: dict[str, Callable[[Any, Resources], Any]] = {}
"""What can be asked of another process, by the name that goes there; filled by `where_loaded`."""


def where_loaded(ask: Callable[[R, Resources], A]) -> Callable[[R, Resources], A]:
    """Let a question about a request be answered where its model is."""
    name = f"{ask.__module__}:{ask.__qualname__}"
    QUESTIONS[name] = ask

    @functools.wraps(ask)
    def answered(request: R, resources: Resources) -> A:
        if resources.elsewhere is not None:
            found: Any = resources.elsewhere.answer(name, request)
            if found is not None:
                answer: A = found
                return answer
        return ask(request, resources)

    return answered
