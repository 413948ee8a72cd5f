"""Who computes requests: the protocol that pages and commands know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, TypeVar

from core.errors import SeeWhyError

T_co = TypeVar("T_co", covariant=True)


class Handle(Protocol[T_co]):
    """A request that was submitted: how far it is, and what it gave. Safe from any thread."""

    key: str
    title: str
    stage: str
    fraction: float
    version: int
    error: SeeWhyError | None

    @property
    def state(self) -> str:
        """`queued`, `running`, `done`, `failed` or `stopped`."""
        ...

    @property
    def partial(self) -> T_co | None:
        """The newest published result."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it is done, failed or stopped."""
        ...

    @property
    def estimate(self) -> float | None:
        """Seconds left; None before enough is known."""
        ...

    @property
    def position(self) -> int:
        """Place in the queue; 0 for one that does not wait."""
        ...

    def touch(self, visitor: str = "") -> object:
        """Say that a visitor still wants the result."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended; return whether it has."""
        ...

    def result(self) -> T_co:
        """Return the result of one that has ended, or raise why there is none."""
        ...

    def stop(self, visitor: str = "") -> None:
        """Give it up for one visitor; it goes on while others wait for it."""
        ...

    def stopped_by(self, visitor: str = "") -> bool:
        """Return whether that visitor stopped it and the result is not there all the same."""
        ...


class Executor(Protocol):
    """Takes requests; equal ones are computed once."""

    def submit(self, request: object, visitor: str = "", *, again: bool = True) -> Handle[object]:
        """Start a request, or join the one of the same key.

        Args:
            request: of a kind that has a handler.
            visitor: who asks.
            again: whether to start again what failed or `visitor` stopped.
        """
        ...

    def forget(self, key: str, visitor: str = "") -> None:
        """Let `visitor` ask again for what failed or was stopped."""
        ...

    def release(self, visitor: str, but: Collection[str] = ()) -> None:
        """Leave all that `visitor` waits for, except what has the keys in `but`."""
        ...

    def close(self) -> None:
        """Stop everything."""
        ...
