"""The pickers of a gallery and the line of progress."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui.gallery import jobs as gallery_work
from pages.ui.gallery.jobs import Item
from pages.ui.parts import jobs as work
from pages.ui.parts import overview_pickers, visit_pictures
from pages.ui.parts.text import escape

FIRST = 6
"""Pictures at the start: the everyday ones among those built in."""


def pictures() -> tuple[str, ...]:
    """Pick the pictures."""
    names = gallery_work.names()
    with st.expander("Add pictures", icon=":material/add_photo_alternate:"):
        overview_pickers.files()
    st.session_state.setdefault("gallery_pictures", list(visit_pictures.built_in()[:FIRST]))
    kept = [name for name in st.session_state["gallery_pictures"] if name in names]
    st.session_state["gallery_pictures"] = kept
    chosen = st.multiselect(
        "Pictures",
        names,
        format_func=gallery_work.title,
        key="gallery_pictures",
        max_selections=gallery_work.MOST,
        persist_state="session",
    )
    own, folder = (
        visit_pictures.own_pictures(),
        [n for n in names if n.startswith(gallery_work.ON_SERVER)],
    )
    with st.container(horizontal=True, gap="small"):
        _choose("All built in", visit_pictures.built_in())
        if own:
            _choose("All mine", own)
        if folder:
            _choose("All of the server's folder", folder)
    return tuple(chosen)


def _choose(label: str, names: Sequence[str]) -> None:
    st.button(
        label,
        key=f"all {label}",
        on_click=st.session_state.__setitem__,
        args=("gallery_pictures", list(names)[: gallery_work.MOST]),
    )


def running() -> bool:
    """Return whether missing maps are asked for."""
    return bool(st.session_state.get("gallery_on"))


def _run(on: bool) -> None:
    st.session_state["gallery_on"] = on


def progress(items: Sequence[Item]) -> None:
    """Draw the line of progress, and look again while something is to come."""
    left = [item for item in items if not item.ended]
    if not left and running():
        _run(False)
    st.session_state["gallery_drawn"] = tuple(each for item in items for each in item.ended_before)
    polling = work.interval() if left and running() else None
    st.fragment(_line, run_every=polling)(tuple(items), bool(left))


def _line(items: Sequence[Item], left: bool) -> None:
    jobs = [job for item in items for job in item.jobs]
    for job in jobs:
        job.touch(work.visitor())
    done = sum(item.ended for item in items)
    line = f"{done} of {len(items)} pictures finished{_failed(items)}."
    with st.container(horizontal=True, vertical_alignment="center", height=64, border=False):
        if left and running():
            share = sum(_share(item) for item in items) / len(items)
            now = next((job for job in jobs if job.state == "running"), None)
            words = f" {now.title}: {work.words(now)}" if now else ""
            st.progress(min(1.0, share), escape(f"{line}{words}"))
            if st.button("Stop", key="gallery_stop", width=work.BUTTON):
                _run(False)
                st.rerun()
        elif left:
            st.markdown(line)
            label = "Resume" if done else f"Explain {len(items)}"
            if st.button(label, key="gallery_start", type="primary"):
                _run(True)
                st.rerun()
        else:
            st.markdown(line)
            if any(item.may_end_otherwise for item in items) and st.button(
                "Try again", key="gallery_again"
            ):
                gallery_work.forget_failures()
                _run(True)
                st.rerun()
    if tuple(job.ended for job in jobs) != st.session_state.get("gallery_drawn"):
        st.rerun()


def _failed(items: Sequence[Item]) -> str:
    """Return how many pictures failed, to go on with; nothing where none did."""
    failed = sum(bool(item.error) for item in items)
    return f", {failed} of them with an error" if failed else ""


def _share(item: Item) -> float:
    """Return the share of a picture's work that is done."""
    if item.ended:
        return 1.0
    return sum(job.fraction for job in item.jobs) / len(item.jobs) if item.jobs else 0.0
