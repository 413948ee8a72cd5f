"""Who answers an audit: computes, or knows it from an earlier run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from core.explain.base import Explanation
from core.export.record import Explained
from core.measure.audit.rows import AuditRow
from core.pictures.picture import Picture
from core.requests.maps import AnyMap


class Source(Protocol):
    """Who answers: computes, or knows it from an earlier run."""

    def ready(self, row: AuditRow) -> Picture:
        """Return the picture of a row; requests about it can be computed from now on."""
        ...

    def numbers(self, request: object) -> Any:  # noqa: ANN401 - as the request's handler gives it
        """Return what the handler of a request gives, as plain numbers.

        Raises:
            SeeWhyError: it failed.
        """
        ...

    def maps(
        self, explained: Explained, requests: Sequence[AnyMap], *, keep: bool
    ) -> tuple[Mapping[AnyMap, Explanation], tuple[str, ...]]:
        """Return maps of a picture, those that failed left out, and why they failed.

        Args:
            explained: the picture without maps.
            requests: for the maps.
            keep: whether they are of an error, whose files are kept.
        """
        ...

    def tick(self, fraction: float, stage: str) -> None:
        """Hear how far this part of the work is; may raise to stop."""
        ...
