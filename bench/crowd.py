"""Many visitors at once: seconds until they see something, and what the server needs for it.

    python -m bench crowd --visitors 30 --warm                  # one view, everything computed
    python -m bench crowd --visitors 30 --cold --pictures 12    # twelve pictures, nothing computed

Prints JSON. One visitor alone is measured first, on the same server: machines differ, so compare
the crowd with that one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import numpy as np

from bench._server import Peak, cpu, resident, serving
from bench._visitor import Seen, Visitor
from core.pictures.built_in import SAMPLES

ALONE = 3
"""Times that one visitor alone is measured on a warm server."""
SLOWER, LATER = 3.0, 1.0
"""A warm crowd's first run takes at most that many times as long as one visitor's, plus seconds."""
GROWTH = 500.0
"""Megabytes by which a cold crowd may make the server grow."""


def main(arguments: list[str]) -> int:
    """Measure and print; returns 1 when a visitor met an error."""
    parser = argparse.ArgumentParser(prog="python -m bench crowd", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--pages", nargs="+", default=["heatmaps"], help="visitors take turns")
    parser.add_argument("--pictures", type=int, default=1, choices=range(1, len(SAMPLES) + 1))
    parser.add_argument("--cold", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--warm", dest="cold", action="store_false", help="the default")
    parser.add_argument("--query", default="", help="more parameters of the address: model=...")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds for one page")
    parser.add_argument("--url", help="a running server; its memory is not measured")
    parser.add_argument("--log", type=Path, help="file for what the server prints")
    parser.add_argument("--server", action="append", default=[], help="an option for streamlit")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        log = options.log or Path(folder) / "server.log"
        server = nullcontext((options.url, 0)) if options.url else serving(log, *options.server)
        with server as (url, process):
            measured = asyncio.run(_measure(options, url, process))
    print(json.dumps(measured, indent=2))
    return 1 if measured["errors"] else 0


async def _measure(options: argparse.Namespace, url: str, process: int) -> dict[str, Any]:
    """Return everything that is printed."""
    views = [(page, view) for view in _views(options) for page in options.pages]
    # Libraries and the model are loaded then, so what follows measures pages.
    await _together(url, [("", options.query)], options.patience)
    before = resident(process) if process else 0.0
    if options.cold:
        one = [(page, f"{views[0][1]}&fit=as+trained") for page in options.pages]
    else:
        for view in views:
            await _together(url, [view], options.patience)
        one = [view for view in views[: len(options.pages)] for _ in range(ALONE)]
    alone = [seen for view in one for seen in await _together(url, [view], options.patience)]
    started = cpu(process) if process else 0.0
    with Peak(process) if process else nullcontext() as peak:
        crowd = await _together(
            url, [views[n % len(views)] for n in range(options.visitors)], options.patience
        )
    measured: dict[str, Any] = {
        "visitors": options.visitors,
        "pages": options.pages,
        "pictures": options.pictures,
        "state": "cold" if options.cold else "warm",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "alone": {name: round(median(getattr(s, name) for s in alone), 3) for name in TIMES},
        "crowd": {name: _spread([getattr(s, name) for s in crowd]) for name in TIMES},
        "counts": {name: _spread([getattr(s, name) for s in crowd]) for name in COUNTS},
        "errors": dict(Counter(error for s in (*alone, *crowd) for error in s.errors)),
    }
    limit = SLOWER * measured["alone"]["first"] + LATER
    met = {"first_p95": [measured["crowd"]["first"]["p95"], round(limit, 3)]}
    if peak:
        memory = {"before": before, "peak": peak.highest, "after": resident(process)}
        measured["cpu_s_per_visitor"] = round((cpu(process) - started) / options.visitors, 3)
        measured["memory_mb"] = {name: round(size) for name, size in memory.items()}
        met["growth_mb"] = [round(peak.highest - before), GROWTH]
    measured["value_and_limit"] = met
    return measured


TIMES = ("first", "last")
COUNTS = ("runs", "polls", "heatmaps", "received")


def _views(options: argparse.Namespace) -> list[str]:
    """Return the query of each picture's link."""
    return [
        "&".join(filter(None, (urlencode({"picture": sample.title}), options.query)))
        for sample in SAMPLES[: options.pictures]
    ]


async def _together(url: str, views: list[tuple[str, str]], patience: float) -> list[Seen]:
    """Let visitors arrive at the same moment; all stay until the last one's page is complete."""
    visitors = [Visitor(url, page, query) for page, query in views]
    try:
        return list(await asyncio.gather(*(visitor.visit(patience) for visitor in visitors)))
    finally:
        await asyncio.gather(*(visitor.leave() for visitor in visitors))


def _spread(values: list[float]) -> dict[str, float]:
    p50, p95, most = (round(float(np.percentile(values, q)), 3) for q in (50, 95, 100))
    return {"p50": p50, "p95": p95, "max": most, "min": round(float(min(values)), 3)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
