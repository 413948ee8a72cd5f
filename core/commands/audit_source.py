"""Who answers an audit of the command line: its folder, else the executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.commands.audit_log import AuditLog
from core.commands.batch import Batch
from core.commands.faults import NOT_THE_METHODS
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.waiting import wait_for
from core.errors import SeeWhyError
from core.explain.base import Explanation
from core.explain.methods import title_of
from core.export.audit_errors import map_check
from core.export.record import Explained
from core.files.writing import ready_folder
from core.measure.audit.rows import AuditRow
from core.measure.single.check import Check
from core.pictures.picture import Picture
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.work.handlers.maps import Prediction
from core.work.local_executor import LocalExecutor


class FolderSource:
    """See `core.work.auditing.Source`. What the folder holds is not computed again."""

    def __init__(
        self,
        batch: Batch,
        executor: LocalExecutor,
        log: AuditLog,
        progress: Progress,
        stop: Stop,
        logs: tuple[PictureLog, PictureLog] | None = None,
    ) -> None:
        """Start with what an earlier run left.

        Args:
            batch: the pictures.
            executor: computes.
            log: numbers.
            progress: drawn on.
            stop: asked while something is computed.
            logs: the maps of all pictures, and those of the errors that are looked at closely,
                with the other methods; None where nothing is looked at closely.
        """
        self._batch, self._executor, self._log = batch, executor, log
        self._logs = logs
        self._progress, self._stop = progress, stop
        self._offered: set[str] = set()

    def ready(self, row: AuditRow) -> Picture:
        """Return the picture of a row; requests about it can be computed from now on."""
        resources = self._executor.resources
        if resources.offers.find(row.picture.digest + row.picture.file) is None:
            self._batch.offer(row.name)
        return resources.picture(row.picture)

    def numbers(self, request: object) -> Any:  # noqa: ANN401 - as the request's handler gives it
        """Return what the handler of a request gives, as plain numbers."""
        key = key_of(request)
        found: Any = self._log.find(key)
        if found is None:
            found = wait_for(self._executor.submit(request), self._stop)
            found = map_check(found) if isinstance(found, Check) else found
            self._log.add(key, found)
        return found

    def maps(
        self, explained: Explained, requests: Sequence[AnyMap], *, keep: bool
    ) -> tuple[Mapping[AnyMap, Explanation], tuple[str, ...]]:
        """Return maps of a picture, those that failed left out, and why they failed."""
        assert explained.prediction is not None
        assert self._logs is not None
        errors = self._logs[1]
        key, faults = key_of(explained.prediction), []
        stored = [log.stored.find(key) for log in self._logs]
        there = {name: one for each in stored if each for name, one in each.explanations.items()}
        made: dict[AnyMap, Explanation] = {}
        for request in requests:
            try:
                made[request] = self._found(request, there) or self._map(request)
            except NOT_THE_METHODS:
                raise
            except SeeWhyError as error:
                faults.append(f"{title_of(request.label)}: {error}")
        if keep and made:
            known = next((each for each in stored if each), None)
            guesses = known.predictions if known else self._guesses(explained)
            whole = replace(
                explained,
                predictions=guesses,
                explanations=tuple(made.values()),
                requests=tuple(made),
            )
            ready_folder(errors.stored.path)
            errors.add(whole, lambda: self._batch.summary)
        return made, tuple(faults)

    def _found(self, request: AnyMap, there: Mapping[str, Explanation]) -> Explanation | None:
        """Return a map that a folder holds; what measures it finds it as well then."""
        found = there.get(key := key_of(request))
        if found is not None:
            self._executor.resources.results.put(key, found)
        return found

    def _guesses(self, explained: Explained) -> Any:  # noqa: ANN401 - guesses
        done = wait_for(self._executor.submit(explained.prediction), self._stop)
        assert isinstance(done, Prediction)
        return done.guesses

    def _map(self, request: AnyMap) -> Explanation:
        made = wait_for(self._executor.submit(request), self._stop)
        assert isinstance(made, Explanation)
        return made

    def tick(self, fraction: float, stage: str) -> None:
        """Draw how far this part of the work is; stop where that was asked for."""
        self._stop.check()
        self._progress(fraction, stage)
