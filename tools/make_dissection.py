"""Dissect the default model, once, for the page that opens with something to see.

    python -m tools.make_dissection

Writes `assets/dissections/efficientnet_lite0.npz`: built-in pictures, the ImageNet word bank.
"""

from __future__ import annotations

import time

from core.commands.names import Names
from core.commands.stop import Stop
from core.commands.waiting import wait_for
from core.concepts.result.dissection import Dissection
from core.concepts.result.file import save
from core.concepts.run import library
from core.export.dissection import summary
from core.requests.command_line import request_of
from core.work.local_executor import LocalExecutor

LAYERS = "blocks.1.1,blocks.2.1,blocks.4.2,bn2,classifier"
COMMAND = ("dissect", "--model", library.SHIPPED, "--layers", LAYERS, "--device", "cpu")


def main() -> None:
    """Dissect and write; prints what was found and how long it took."""
    executor = LocalExecutor()
    started = time.perf_counter()
    with Stop() as stop:
        request = request_of(COMMAND, Names(executor.resources))
        made = wait_for(executor.submit(request), stop)
    executor.close()
    assert isinstance(made, Dissection)
    seconds = time.perf_counter() - started
    path = library.FOLDER / f"{library.SHIPPED}.npz"
    save(made, path)
    found = summary(made)
    print(
        f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s; {found['labelled']} of "
        f"{found['neurons']} units labelled, {found['distinct_labelled']} concepts"
    )


if __name__ == "__main__":
    main()
