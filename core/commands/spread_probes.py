"""Probe pictures of a dissection with workers of Ray: shares of blocks, whose tables come together.

What follows is done in this process, which has all blocks then: words and p-values need every
picture at once, and take little beside the passes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.commands.probe_share import HANDLERS, Block, ProbeShareRequest
from core.concepts.run import disk_blocks
from core.concepts.run.activations import Tables
from core.errors import SeeWhyError
from core.explain.base import Tick
from core.files.writing import write_whole
from core.work.engine import Engine
from core.work.executor import Handle
from core.work.ray_executor import RayExecutor
from core.work.resources import Resources

MORE = "core.commands.probe_share:HANDLERS"
EACH = 8
"""Shares a worker at least, so that none waits long for the last one."""
TOKEN, OLD = "shares-{}", 24 * 3600.0
"""Name of the file by which workers know the folder of tables, and seconds until what a killed
command has left of them is removed."""
PAUSE = 0.1


class ProbeSpreading:
    """Workers that show probe pictures.

    Attributes:
        executor: of the workers.
    """

    def __init__(self, engine: Engine, resources: Resources, tick: Tick) -> None:
        """Start the workers.

        Args:
            engine: where they are.
            resources: of this process.
            tick: told that they are waited for; may raise to stop.

        Raises:
            BadInstallation: Ray is not installed.
            BadOption: there is no such cluster, or no room for a worker.
        """
        self._tables: Tables | None = None
        self.executor = RayExecutor(
            engine, resources, more=MORE, handlers=HANDLERS, receive=self._receive, tick=tick
        )

    def fill(self, tables: Tables, tick: Tick) -> None:
        """Have the workers fill what tables lack; see `core.concepts.run.dissect.Fill`.

        Raises:
            SeeWhyError: a share failed; blocks that were done stay.
            Cancelled: raised by `tick`; blocks that were done stay.
        """
        missing = tables.missing()
        if missing:
            self._tables = tables
            root = disk_blocks.default_root()
            token = TOKEN.format(secrets.token_hex(16))
            if root is not None:
                _forget_old(root)
                write_whole(root / token, b"")
            try:
                parts = min(len(missing), EACH * len(self.executor.workers))
                shares = [
                    ProbeShareRequest(
                        of=tables.inputs.request,
                        blocks=tuple(missing[part::parts]),
                        root="" if root is None else str(root.absolute()),
                        token=token,
                    )
                    for part in range(parts)
                ]
                self._compute(shares, tables, tick)
            finally:
                if root is not None:
                    (root / token).unlink(missing_ok=True)
        # What no worker could keep, for example because pictures changed while they were read.
        tables.fill(tick)

    def _compute(self, shares: Sequence[ProbeShareRequest], tables: Tables, tick: Tick) -> None:
        """Have shares computed, as many at a time as there are workers."""
        sizes = {share: sum(map(len, map(tables.rows, share.blocks))) for share in shares}
        waiting, total, done = list(reversed(shares)), sum(sizes.values()), 0
        running: dict[Handle[object], ProbeShareRequest] = {}
        try:
            while waiting or running:
                while waiting and len(running) < len(self.executor.workers):
                    share = waiting.pop()
                    running[self.executor.submit(share)] = share
                for job in running:
                    job.touch()
                seen = done + sum(job.fraction * sizes[share] for job, share in running.items())
                stage = next((job.stage for job in running), "")
                tick(seen / total, f"picture {int(seen):,} of {total:,}" if seen else stage)
                next(iter(running)).wait(PAUSE)
                for job in [job for job in running if job.ended]:
                    tables.shown_on = str(job.result())
                    done += sizes[running.pop(job)]
        finally:
            for job in running:
                job.stop()

    def _receive(self, request: object, piece: object) -> None:
        """Keep a block of a worker that does not see the folder of tables."""
        assert isinstance(piece, Block)
        parts = self._tables.parts if self._tables is not None else ()
        if not any(part.key == piece.key and part.put(piece.number, piece.data) for part in parts):
            raise SeeWhyError("A worker of Ray has sent a damaged table: start again.")

    def close(self) -> None:
        """End the workers."""
        self.executor.close()


def _forget_old(root: Path) -> None:
    """Remove the tokens of commands that were killed; a worker that misses one sends its blocks."""
    for path in root.glob(TOKEN.format("*")):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > OLD:
                path.unlink()
