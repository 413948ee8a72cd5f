"""A request that a worker of Ray computes: what its work tells, and what is seen of it elsewhere.

When nobody looks, the work waits in its tick, as a paused job does.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

from core.caching.pauses import may_pause, paused
from core.errors import Cancelled, SeeWhyError
from core.work.job import Link
from core.work.ray_contents import packed

GRACE = 2.0
"""Seconds without a look after which work waits for the next one."""
SILENT = 30.0
"""Seconds without a look after which nobody takes what is sent."""
FORGOTTEN = 900.0
"""Seconds without a look after which work is given up."""


@dataclass(slots=True)
class Look:
    """How far a call is.

    Attributes:
        life: of the worker.
        fraction, stage: as in `Job`.
        version: grows with what is published.
        partial: packed, where there is a newer one than was seen.
        pieces: that were sent since the last look, in order.
        end: `done`, `failed`, or `lost` where nobody knows the call; empty until it has ended.
        value: the packed result.
        error: name of the class and sentence of what it failed with.
        paces: what maps took meanwhile: arguments of `Paces.note`.
    """

    life: str
    fraction: float = 0.0
    stage: str = ""
    version: int = 0
    partial: bytes = b""
    pieces: list[object] = field(default_factory=list)
    end: str = ""
    value: bytes = b""
    error: tuple[str, str] = ("", "")
    paces: list[tuple[Any, ...]] = field(default_factory=list)


class Call(Link[Any]):
    """A request that is computed: the link of its work, and what those who look at it see."""

    def __init__(self, life: str) -> None:
        """Begin."""
        self.news = threading.Condition()
        self.now = Look(life)
        self.looked = time.monotonic()
        self.stopped = False
        self._changes = self._seen = 0
        self._newest: object = None

    def __call__(self, fraction: float, stage: str = "") -> None:
        """Note how far the work is; wait while nobody looks.

        Raises:
            Cancelled: nobody wants it any more.
        """
        with self.news:
            self.now.fraction = max(self.now.fraction, min(float(fraction), 1.0))
            self.now.stage = stage or self.now.stage
            self._changed()
            if may_pause() and self._unseen > GRACE:
                with paused():
                    self.news.wait_for(self._goes_on, timeout=FORGOTTEN)
            if self.stopped or self._unseen > FORGOTTEN:
                raise Cancelled("The work was stopped.")

    def publish(self, value: object) -> None:
        """Show a result that is still being refined."""
        with self.news:
            self._newest = value
            self.now.version += 1
            self._changed()

    def send(self, piece: object) -> None:
        """Send a piece to whoever looks, who gets all of them in order; wait while one waits.

        Also when it was stopped: whoever has stopped it looks for what there is.

        Raises:
            Cancelled: nobody looks any more.
        """
        with self.news:
            while self.now.pieces:
                self.news.wait(timeout=GRACE)
                if self._unseen > SILENT:
                    raise Cancelled("The work was stopped.")
            self.now.pieces.append(piece)
            self._changed()

    def finish(self, value: bytes, error: SeeWhyError | None) -> None:
        """Note how it ended: with a packed result, or with nothing."""
        with self.news:
            if not value and error is None:
                error = SeeWhyError("The work ended unexpectedly: start it again.")
            if error is not None:
                self.now.error = type(error).__name__, str(error)
            self.now.value, self.now.end = value, "failed" if error else "done"
            self._changed()

    def look(self, version: int, seconds: float) -> Look:
        """Return how far it is, at most `seconds` later; `version` was seen before."""
        with self.news:
            self.looked = time.monotonic()
            self.news.notify_all()
            self.news.wait_for(lambda: self._changes > self._seen, timeout=seconds)
            self.looked, self._seen = time.monotonic(), self._changes
            now, self.now = self.now, replace(self.now, pieces=[])
            partial = self._newest if now.version > version and not now.end else None
            self.news.notify_all()
        return now if partial is None else replace(now, partial=packed(partial))

    def stop(self) -> None:
        """Let the work end at its next tick."""
        with self.news:
            self.stopped = True
            self.news.notify_all()

    @property
    def _unseen(self) -> float:
        return time.monotonic() - self.looked

    def _goes_on(self) -> bool:
        return self.stopped or self._unseen <= GRACE

    def _changed(self) -> None:
        self._changes += 1
        self.news.notify_all()
