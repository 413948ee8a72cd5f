"""A question of the browser before a page is left on which long work goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.work.job import Job

LONG = 20.0
"""Seconds left from which on it is worth a question."""

# The words of the question are the browser's own.
_JS = """
export default function({parentElement, data}) {
  const host = parentElement.host || parentElement;
  host.cleanUp?.();
  const ask = (event) => { event.preventDefault(); };
  host.cleanUp = () => window.removeEventListener("beforeunload", ask);
  if (data.busy) window.addEventListener("beforeunload", ask);
  return host.cleanUp;
}
"""


def ask(jobs: Sequence[Job[Any]], visitor: str) -> None:
    """Have the browser ask before the page is left while one of these jobs takes long.

    Call it where their progress is drawn again and again; it draws nothing that can be seen.

    Args:
        jobs: that the page waits for.
        visitor: token of the visit.
    """
    if not jobs:
        return
    busy = any(
        job.state == "running" and not job.stopped_by(visitor) and (job.estimate or 0.0) > LONG
        for job in jobs
    )
    draw = st.components.v2.component("seewhy.leaving", html="<i></i>", js=_JS)
    draw(key=f"leaving-{jobs[0].key[:16]}", data={"busy": busy})
