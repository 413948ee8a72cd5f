"""The true classes of an audit: from a table, typed, or what folders are called."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from core.commands.batch import Batch
from core.commands.target_classes import Given
from core.errors import BadLabels
from core.files.digests import file_digest
from core.models.class_names import find_index
from core.models.true_class_files import TrueClasses, read_true_classes
from core.requests.audits import AuditRequest
from core.work.resources import Resources


class Truths:
    """The true classes of a command: from a table, typed, or what folders are called.

    Attributes:
        notes: sentences on what a table has that cannot be used.
    """

    def __init__(self, request: AuditRequest, resources: Resources) -> None:
        """Start without the model's classes, which `read` brings."""
        self._request, self._resources = request, resources
        self._table: TrueClasses | None = None
        self._typed: dict[Path, int] = {}
        self.notes: tuple[str, ...] = ()

    @property
    def given(self) -> Given | None:
        """What says them; None where folders do."""
        return self if self._request.table or self._request.classes else None

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that may lie among the pictures."""
        return (Path(self._request.table.name),) if self._request.table else ()

    def read(self, batch: Batch) -> tuple[str, ...]:
        """Read the table, or the typed classes; return what there is to say.

        Raises:
            SeeWhyError: it cannot be read, or a typed class does not exist.
        """
        names, table = batch.summary.names, self._request.table
        if table is not None:
            path = self._resources.offers.content(table.digest, Path, table.name)
            self._table = read_true_classes(path, self._request.column, names)
            unused = self._table.unused(batch.all_paths)
            self.notes = (*self._table.notes, *((unused,) if unused else ()))
        pictures = self._request.study.pictures if self._request.classes else ()
        for picture, text in zip(pictures, self._request.classes, strict=True):
            if text:
                self._typed[Path(picture.name).absolute()] = find_index(text, names)
        return self.notes

    def __call__(self, path: Path, names: Sequence[str]) -> int | None:
        """Return the true class of a picture; None where it is not known."""
        if self._table is not None:
            return self._table.of(path)
        whole = path.absolute()
        return next(
            (self._typed[each] for each in (whole, *whole.parents) if each in self._typed), None
        )


def offer_table(request: AuditRequest, resources: Resources) -> None:
    """Make the table of true classes known to a worker, which sees it where the pictures are.

    Raises:
        BadLabels: it does not see it, or another file.
    """
    if request.table is None:
        return
    path = Path(request.table.name)
    try:
        is_same = file_digest(path) == request.table.digest
    except OSError:
        is_same = False
    if not is_same:
        raise BadLabels(
            f"The machine {socket.gethostname()} does not see {path}, or sees another file: put "
            "it where every machine of the Ray cluster finds it by the same path."
        )
    resources.offers.add(request.table.digest, lambda: path)
