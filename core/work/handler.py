"""How a kind of request becomes a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.work.job import Lane, Link
from core.work.resources import Resources

R = TypeVar("R")
T = TypeVar("T")


def _one_pass(request: object, resources: Resources) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Handler(Generic[R, T]):
    """What turns one kind of request into a result; knows no page and no executor.

    Attributes:
        run: `run(request, resources, link)`; the link is a `Tick` that can also publish.
        title: what is computed, to begin a sentence with.
        cost: forward passes, for the queue; loads and traces nothing.
        lane: `network` for downloads.
        keep: whether the result goes to the store.
    """

    run: Callable[[R, Resources, Link[T]], T]
    title: Callable[[R], str]
    cost: Callable[[R, Resources], float] = _one_pass
    lane: Lane = "compute"
    keep: bool = True


AnyHandler = Handler[Any, Any]
