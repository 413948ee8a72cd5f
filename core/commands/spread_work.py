"""Many pictures with workers of Ray: shares that are computed, and joined in one folder.

The shares are many more than the workers, so that none waits long for the last one. What a share's
folder holds is joined as it ends, also where it was stopped or this process was killed. Then the
command itself runs over all pictures, with the executor of the workers: it finds every map in the
folder, and writes what it always writes.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from core.commands.audit_log import AuditLog
from core.commands.earlier import Earlier
from core.commands.merge_work import renamed
from core.commands.picture_files import Listing, listed
from core.commands.progress import Progress
from core.commands.shard_request import SHARDS, TOKEN, AnyStudy, ShardRequest, study_of
from core.commands.shard_work import HANDLERS, Piece
from core.commands.stop import Stop
from core.commands.waiting import shown
from core.errors import CannotWrite
from core.export.audit_record import LOG as NUMBERS
from core.export.measure_lines import LINES as VALUES
from core.export.measure_lines import MeasureLines
from core.export.names import Namer
from core.export.picture_forms import PictureForms
from core.export.reading import Folder
from core.figures.drawing.overlay import OverlayLook
from core.files.names import safe_stem
from core.files.sole_writer import sole_writer
from core.files.writing import put, ready_folder, refusal, write_whole
from core.work.engine import Engine
from core.work.executor import Handle
from core.work.local_executor import LocalExecutor
from core.work.ray_executor import RayExecutor
from core.work.resources import Resources

S = TypeVar("S", bound=AnyStudy)
MORE = "core.commands.shard_work:HANDLERS"
EACH = 8
"""Shares a worker at least."""
LARGEST = 64
"""Pictures of a share at most: what a machine whose folder nobody else sees can lose."""
LAST_WORDS = 120.0
"""Seconds in which workers that were stopped must have written what there is."""
PAUSE = 0.1


def spread(
    engine: Engine,
    resources: Resources,
    ask: Callable[[], S],
    write: Callable[[S, LocalExecutor | None], int],
    out: Path,
    look: OverlayLook,
    forms: PictureForms,
    at_once: int = 1,
) -> int:
    """Do a command with workers of Ray.

    Args:
        engine: where they are.
        resources: of this process.
        ask: makes the request, once it is known on which devices there is to compute.
        write: does the command with an executor, which it closes.
        out: folder of the results.
        look: how overlays are drawn.
        forms: which files of pictures there are.
        at_once: as in `Batch`.

    Returns:
        The exit code of `write`.

    Raises:
        SeeWhyError: nothing could be done, or a share failed; what was computed is kept.
        Cancelled: Ctrl-C was pressed; what was computed is kept.
    """
    folder = ready_folder(out)
    shards = folder / SHARDS

    def receive(request: object, piece: object) -> None:
        assert isinstance(request, ShardRequest)
        assert isinstance(piece, Piece)
        _keep(shards / request.name, piece)

    progress = Progress()
    with Stop() as stop:
        try:
            executor = RayExecutor(
                engine,
                resources,
                more=MORE,
                handlers=HANDLERS,
                receive=receive,
                tick=shown(progress, stop),
            )
        finally:
            progress.clear()
    try:
        request = ask()
        listing = listed([Path(picture.name) for picture in study_of(request).pictures])
        with sole_writer(folder):
            if listing.paths:
                _Spreading(request, executor, folder, listing, look, forms, at_once).run()
            code = write(request, executor)
            shutil.rmtree(shards, ignore_errors=True)
            if not forms.arrays:  # they were there for the way only
                for stem in _stems(listing).values():
                    (folder / f"{stem}.npz").unlink(missing_ok=True)
            return code
    finally:
        executor.close()


class _Spreading:
    """The shares of one run."""

    def __init__(
        self,
        request: AnyStudy,
        executor: RayExecutor,
        folder: Path,
        listing: Listing,
        look: OverlayLook,
        forms: PictureForms,
        at_once: int,
    ) -> None:
        self._request, self._executor, self._folder = request, executor, folder
        self._listing, self._look, self._forms = listing, look, replace(forms, arrays=True)
        self._shards, self._at_once = folder / SHARDS, at_once
        self._stems = _stems(listing)
        self._target, self._values = Folder(folder), MeasureLines(folder)
        self._progress = Progress()

    @cached_property
    def _numbers(self) -> AuditLog:
        return AuditLog(self._folder)

    def run(self) -> None:
        """Compute what the folder lacks, and join it there."""
        self._shards.mkdir(exist_ok=True)
        with Stop() as stop:
            for earlier in sorted(self._shards.iterdir()):
                if earlier.is_dir():
                    self._join(earlier)
            try:
                self._compute(list(self._shares(stop)), stop)
            finally:
                self._progress.clear()

    def _shares(self, stop: Stop) -> Iterator[ShardRequest]:
        """Yield a request for each share that has anything to do."""
        names = self._listing.names
        earlier = Earlier(self._request, self._executor, self._target, self._progress, stop)
        whole, partly = earlier.held()
        left = len(set(names) - whole)
        parts = max(EACH * len(self._executor.workers), math.ceil(left / LARGEST))
        parts = max(1, min(parts, left))
        token = secrets.token_hex(16)
        write_whole(self._shards / TOKEN, token.encode())
        for part in range(1, parts + 1):
            own = set(names[part - 1 :: parts])
            if own <= whole:
                continue
            yield ShardRequest(
                of=self._request,
                look=self._look,
                forms=self._forms,
                at_once=self._at_once,
                part=part,
                parts=parts,
                without=tuple(sorted(own & whole)),
                total=len(names),
                out=str(self._folder.absolute()),
                token=token,
                earlier=bool(own & partly),
            )

    def _compute(self, shares: list[ShardRequest], stop: Stop) -> None:
        """Have the shares computed, as many at a time as there are workers."""
        waiting, count = list(reversed(shares)), len(shares)
        running: dict[Handle[object], ShardRequest] = {}
        done, error = 0, None
        try:
            while (waiting or running) and error is None:
                stop.check()
                while waiting and len(running) < len(self._executor.workers):
                    share = waiting.pop()
                    running[self._executor.submit(share)] = share
                for job in running:
                    job.touch()
                shown = done + sum(job.fraction for job in running)
                stages = [job.stage for job in running]
                self._progress(shown / count, stages[0] if stages else "")
                next(iter(running)).wait(PAUSE)
                for job in [job for job in running if job.ended]:
                    share = running.pop(job)
                    self._join(self._shards / share.name)
                    done += 1
                    error = error or job.error
        finally:
            for job in running:
                job.stop()
            if running:
                self._executor.workers.settled(LAST_WORDS)
                for share in running.values():
                    self._join(self._shards / share.name)
        if error is not None:
            raise error

    def _join(self, source: Path) -> None:
        """Move what a share has written to the results; what is there of it stays usable."""
        found, target = Folder(source), self._target
        for record in found.records:
            stem = self._stems.get(str(record.get("picture")))
            if stem is None:
                continue
            names = renamed(record, lambda old: stem)  # noqa: B023 - called at once
            if not all((source / name).is_file() for name in names):
                continue
            target.start(found.model, str(record["request"]["fit"]), found.device)
            target.lines.claim(names.values())
            for name, new in names.items():
                _move(source / name, self._folder / new)
            target.lines.append(record | {"files": list(names.values())})
        if (source / VALUES).is_file():
            self._values.join(MeasureLines(source))
        if (source / NUMBERS).is_file():
            self._numbers.join(AuditLog(source))
        shutil.rmtree(source, ignore_errors=True)


def _stems(listing: Listing) -> dict[str, str]:
    """Return the stem of each picture's files, as the command itself would name them."""
    namer = Namer()
    return {name: namer.name(safe_stem(name)) for name in dict.fromkeys(listing.names)}


def _move(path: Path, new: Path) -> None:
    """Move a file to another name of the same disk.

    Raises:
        CannotWrite: the system refuses.
    """
    try:
        put(path, new)
    except OSError as error:
        raise CannotWrite(refusal(new, error)) from error


def _keep(folder: Path, piece: Piece) -> None:
    """Keep a piece of a file that a worker sends."""
    ready_folder(folder)
    part = folder / f".{Path(piece.name).name}"
    with part.open("wb" if piece.begins else "ab") as file:
        file.write(piece.data)
    if piece.ends:
        _move(part, folder / Path(piece.name).name)
