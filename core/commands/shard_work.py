"""What a worker of Ray does with a share of the pictures of a command.

Where it sees the folder of the results, it writes below it, so that what it has done outlives it;
else into a temporary one, whose files it sends. It writes maps, overlays and measured values;
tables and reports are made of all shares together.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from core.commands.audit_pictures import check_others, seen_of, share_of_audit
from core.commands.audit_truths import Truths, offer_table
from core.commands.background import Writing
from core.commands.kept_pairs import pairs_record
from core.commands.measured_maps import MeasuredMaps, chosen_measures
from core.commands.outcome import Outcome
from core.commands.picture_files import listed
from core.commands.picture_log import PictureLog
from core.commands.progress import Progress
from core.commands.quiet_batch import QuietBatch
from core.commands.shard_request import SHARDS, TOKEN, AnyStudy, ShardRequest
from core.commands.stop import Stop
from core.commands.truth_masks import TruthMasks
from core.errors import BadOption, BadTruth, Cancelled
from core.export import audit_record, measure_lines, picture_lines
from core.export.reading import Folder, Stored
from core.files.writing import ready_folder
from core.measure.agreement import pairs
from core.measure.masks import usual_rule
from core.measure.pair_rows import pair_rows
from core.measure.truth.open import open_truth
from core.requests.agreements import AgreementRequest
from core.requests.audits import AuditRequest
from core.requests.keys import key_of
from core.requests.measures import MeasuredStudyRequest
from core.requests.studies import StudyRequest
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.local_executor import LocalExecutor
from core.work.ray_call import Call
from core.work.ray_contents import pieces_of
from core.work.resources import Resources

PICTURE = 100.0
"""Cost of a picture in passes, about: a share is never quick."""


class Piece(NamedTuple):
    """A part of a file that is sent.

    Attributes:
        name: of the file.
        data: its next bytes.
        begins: whether they are the first.
        ends: whether they are the last.
    """

    name: str
    data: bytes
    begins: bool
    ends: bool


def run_shard(request: ShardRequest, resources: Resources, link: Link[Any]) -> int:
    """Compute a share of the pictures; return how many have results.

    Raises:
        SeeWhyError: what is wrong for all pictures alike.
        Cancelled: it was stopped; what is there was written, and sent where that is necessary.
    """
    _check_sight(tuple(picture.name for picture in request.study.pictures), request.total)
    with _folder(request, link) as folder:
        executor = LocalExecutor(resources)
        told = _Told(link)
        try:
            with Writing() as writing:
                return _write(request, executor, folder, told, writing)
        finally:
            executor.close()


def _write(
    request: ShardRequest,
    executor: LocalExecutor,
    folder: Path,
    told: _Told,
    writing: Writing,
) -> int:
    resources, of, stop = executor.resources, request.of, _Asked(told)
    truths = None
    if isinstance(of, AuditRequest):
        offer_table(of, resources)
        truths = Truths(of, resources)
    batch = QuietBatch(
        request.study,
        executor,
        told,
        stop,
        (request.part, request.parts),
        given=truths.given if truths else None,
        without=request.without,
        at_once=request.at_once,
    )
    if not isinstance(of, AgreementRequest):
        batch.check()
    log = PictureLog(folder, request.look, request.forms, writing, batch.study.fit)
    maps = None
    auditing = None
    if isinstance(of, AuditRequest):
        assert truths is not None
        check_others(of.study, resources)
        auditing = share_of_audit(of, truths, batch, executor, folder, told, stop)
    elif not isinstance(of, StudyRequest) and of.measures:
        truth = None
        if isinstance(of, MeasuredStudyRequest) and of.truth is not None:
            file = open_truth(Path(of.truth.name))
            if file.digest != of.truth.digest:
                raise BadTruth(f"{of.truth.name} is another file on {_host()}: give one for all.")
            resources.offer_truth_file(file, of.truth.name)
            truth = TruthMasks(of.truth, batch, resources)
        chosen = chosen_measures(of.measures, truth=truth is not None)
        maps = MeasuredMaps(batch, chosen, of.settings, folder, executor, told, stop, truth)
        if request.earlier:
            maps.also(Path(request.out))
    kept = _Both(folder, earlier=Folder(Path(request.out))) if request.earlier else log.stored
    try:
        for outcome in batch.outcomes(kept):
            seen, more = seen_of(outcome) if auditing is not None else (None, _more(of, outcome))
            if outcome.stored is None or log.stored.find(key_of(outcome.prediction), outcome.name):
                log.take(outcome, lambda: batch.summary, more)
            if auditing is not None and seen is not None:
                auditing.add(seen)
            if maps is not None:
                maps.add(outcome)
    except Cancelled:
        if batch.unfinished is not None:
            log.add(batch.unfinished, lambda: batch.summary)
        raise
    return log.count


def _more(of: AnyStudy, outcome: Outcome) -> Mapping[str, object] | None:
    """Return what stands in the record of a picture besides its maps."""
    if not isinstance(of, AgreementRequest):
        return None
    count = of.study.lime.outline.superpixels
    rules = [usual_rule(of.top, count, of_superpixels=has) for has in outcome.superpixels]
    return pairs_record(rules, pair_rows(pairs(outcome.explanations, rules)))


@dataclass(slots=True)
class _Both(Folder):
    """The results in a folder, and those in another.

    Attributes:
        earlier: the other.
    """

    earlier: Folder | None = None

    def find(self, prediction: str, name: str = "", files: Sequence[str] = ()) -> Stored | None:
        """Return what is there of a picture."""
        found = Folder.find(self, prediction, name, files)
        return (
            self.earlier.find(prediction, name, files) if found is None and self.earlier else found
        )


class _Told(Progress):
    """Progress that goes to whoever asked for the share."""

    def __init__(self, link: Link[Any]) -> None:
        super().__init__()
        self.link, self.fraction, self.stage = link, 0.0, ""

    def __call__(self, fraction: float, stage: str = "") -> None:
        self.fraction, self.stage = fraction, stage

    def clear(self) -> None:
        return

    def finish(self, sentence: str) -> None:
        return


class _Asked(Stop):
    """Stop, where whoever asked for the share wants it."""

    def __init__(self, told: _Told) -> None:
        super().__init__()
        self._told = told

    def check(self) -> None:
        self._told.link(self._told.fraction, self._told.stage)


@contextmanager
def _folder(request: ShardRequest, link: Link[Any]) -> Iterator[Path]:
    """Give the folder of a share: below the results, or one whose files are sent at the end."""
    shards = Path(request.out, SHARDS)
    try:
        sees = (shards / TOKEN).read_text("utf-8") == request.token
    except OSError:
        sees = False
    if sees:
        yield ready_folder(shards / request.name)
        return
    with tempfile.TemporaryDirectory(prefix="seewhy-share-") as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            _send(folder, link)


def _send(folder: Path, link: Link[Any]) -> None:
    """Send the files of a folder, the lines that name the others last."""
    assert isinstance(link, Call)
    lines = {picture_lines.LINES, measure_lines.LINES, audit_record.LOG}
    for path in sorted(folder.iterdir(), key=lambda each: (each.name in lines, each.name)):
        size, done = path.stat().st_size, 0
        for piece in pieces_of(path):
            begins, done = done == 0, done + len(piece)
            link.send(Piece(path.name, piece, begins, done >= size))


@cache  # a worker serves one command
def _check_sight(names: tuple[str, ...], total: int) -> None:
    """Make sure that this machine sees the pictures of a command.

    Raises:
        BadOption: it does not.
    """
    seen = len(listed([Path(name) for name in names]).paths)
    if seen != total:
        raise BadOption(
            f"The machine {_host()} sees {seen} of the {total} pictures: put them where every "
            "machine of the Ray cluster finds them by the same path."
        )


def _host() -> str:
    return socket.gethostname()


_Run = Callable[[ShardRequest, Resources, Link[Any]], int]

HANDLERS: Mapping[type, AnyHandler] = {
    ShardRequest: Handler(
        run=run_shard,
        title=lambda request: f"Share {request.part} of {request.parts}",
        cost=lambda request, resources: PICTURE * request.total / request.parts,
        keep=False,
    ),
}
