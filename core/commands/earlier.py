"""What a folder of results holds of a request already, found without computing anything."""

from __future__ import annotations

from core.commands.audit_pictures import seen_of, share_of_audit
from core.commands.audit_truths import Truths
from core.commands.batch import Batch
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.progress import Progress
from core.commands.quiet_batch import QuietBatch
from core.commands.shard_request import AnyStudy, study_of
from core.commands.stop import Stop
from core.commands.truth_masks import TruthMasks
from core.errors import SeeWhyError
from core.export.reading import Folder
from core.requests.audits import AuditRequest
from core.requests.loading import SummaryRequest
from core.requests.measures import MeasuredStudyRequest
from core.requests.studies import StudyRequest
from core.work.auditing import Auditing
from core.work.job import Job
from core.work.local_executor import LocalExecutor


class Earlier:
    """The results that earlier runs left."""

    def __init__(
        self,
        request: AnyStudy,
        executor: LocalExecutor,
        folder: Folder,
        progress: Progress,
        stop: Stop,
    ) -> None:
        """Look at nothing yet.

        Args:
            request: what is asked for.
            executor: knows the model; it computes nothing.
            folder: of the results.
            progress: drawn on.
            stop: asked meanwhile.
        """
        self._request, self._executor, self._folder = request, executor, folder
        self._progress, self._stop = progress, stop

    def held(self) -> tuple[set[str], set[str]]:
        """Return the names of pictures of which all is there, and of those of which a part is."""
        folder = self._folder
        if not folder.count:
            return set(), set()
        nothing = _Nothing(self._executor)
        try:
            batch, auditing = self._batch(nothing)
            maps = self._measured(batch, nothing)
            seen: set[str] = set()
            unknown: set[str] = set()
            for number, outcome in enumerate(batch.outcomes(folder)):
                self._progress(number / batch.count, "looking at earlier results")
                seen.add(outcome.name)
                if maps is not None:
                    maps.add(outcome)
                try:
                    if auditing is not None:
                        auditing.add(seen_of(outcome)[0])
                except _Absent:
                    unknown.add(outcome.name)
        finally:
            nothing.close()
        lacking = {fault.name for fault in batch.faults} | unknown
        return seen - lacking, seen & lacking

    def _batch(self, executor: LocalExecutor) -> tuple[Batch, Auditing | None]:
        """Return all pictures, and what an audit takes of them."""
        of, progress, stop = self._request, self._progress, self._stop
        if not isinstance(of, AuditRequest):
            return QuietBatch(study_of(of), executor, progress, stop), None
        truths = Truths(of, executor.resources)
        batch = QuietBatch(study_of(of), executor, progress, stop, given=truths.given)
        path = self._folder.path
        return batch, share_of_audit(of, truths, batch, executor, path, progress, stop)

    def _measured(self, batch: Batch, executor: LocalExecutor) -> MeasuredMaps | None:
        request = self._request
        if isinstance(request, StudyRequest | AuditRequest) or not request.measures:
            return None
        truth = request.truth if isinstance(request, MeasuredStudyRequest) else None
        masks = TruthMasks(truth, batch, executor.resources) if truth else None
        chosen = chosen_measures(request.measures, truth=truth is not None)
        rest = self._folder.path, executor, self._progress, self._stop, masks
        return MeasuredMaps(batch, chosen, request.settings, *rest)


class _Absent(SeeWhyError):
    """It would have to be computed."""


class _Nothing(LocalExecutor):
    """Computes nothing: what is asked for was not there. Only the model may be looked at."""

    def __init__(self, executor: LocalExecutor) -> None:
        super().__init__(executor.resources)
        self._executor = executor

    def submit(self, request: object, visitor: str = "", *, again: bool = True) -> Job[object]:
        if isinstance(request, SummaryRequest):
            return self._executor.submit(request, visitor, again=again)
        raise _Absent("It is not there.")
