"""Which pictures a gallery shows, by name: built in, a visitor's own, those of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import BadLabels, SeeWhyError
from core.files.uploads import keep
from core.models.true_class import Truth, TruthTable, read_truths
from core.work.visits import SHARED_PREFIX
from pages.ui.parts import links, overview_pickers, toolbar, visit, visit_pictures
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import counted, escape

KEY = "pictures"
"""Of the control, and its parameter in the address."""
MOST = 60
FIRST = 6
"""Pictures at the start: the everyday ones among those built in."""
NAMED = 6
"""Names that a sentence repeats."""


@dataclass(frozen=True, slots=True)
class Truths:
    """The true classes of a table that was uploaded.

    Attributes:
        classes: by file name in lower case.
    """

    classes: Mapping[str, Truth] = field(default_factory=dict)

    def of(self, name: str) -> Truth | None:
        """Return the true class of a picture, or None."""
        return self.classes.get(name.casefold())


def chosen() -> tuple[str, ...]:
    """Pick the pictures; those that were added in the meantime are chosen at once."""
    _open_shared()
    offered = visit_pictures.names()
    titles = {name: visit_pictures.title(name) for name in offered}
    lost = links.unknown(KEY, {*titles.values(), *titles})
    is_set = _choose_added(offered)
    links.adopt(KEY, titles, several=True)
    first = list(visit_pictures.built_in()[:FIRST])
    if not set(st.session_state.get(KEY, ())) <= set(titles):  # an upload whose time is over
        st.session_state[KEY] = [name for name in st.session_state[KEY] if name in titles]
    with toolbar.tool("Pictures", _present(titles, first), icon=":material/add_photo_alternate:"):
        overview_pickers.files()
        picked = st.multiselect(
            "Pictures",
            offered,
            default=None if is_set else first,
            format_func=titles.__getitem__,
            key=KEY,
            max_selections=MOST,
            on_change=links.forget,
            args=(KEY,),
            **BIND,
        )
        with st.container(horizontal=True, gap="small"):
            _all_of("All built in", visit_pictures.built_in())
            _all_of("All mine", visit_pictures.own_pictures())
            _all_of("Server's folder", visit_pictures.on_server())
    if lost:
        links.say(_not_here(lost))
    visit_pictures.warn_unreadable()
    return tuple(picked)


def _open_shared() -> None:
    """Choose what the address names, where others share some of it."""
    asked = [] if KEY in st.session_state else st.query_params.get_all(KEY)[:MOST]
    if not any(each.startswith(SHARED_PREFIX) for each in asked):
        return
    opened = {each: visit_pictures.find(each) for each in asked}
    there = [visit_pictures.title(name) for name in opened.values() if name is not None]
    if there:
        links.unknown(KEY, [each for each, name in opened.items() if name is not None])
        links.rewrite(KEY, there)


def _present(titles: Mapping[str, str], first: Sequence[str]) -> str:
    """Return how many pictures are about to be chosen."""
    if KEY in st.session_state:
        return str(len(st.session_state[KEY]))
    asked = st.query_params.get_all(KEY)
    return str(sum(each in titles.values() for each in asked) or len(first))


def _choose_added(offered: Sequence[str]) -> bool:
    """Choose what has come since the last run, in place of a choice that nobody made.

    Returns:
        Whether the control has got its value.
    """
    own = [name for name in visit_pictures.uploads() if name in offered]
    before: set[str] | None = st.session_state.get("gallery_own")
    st.session_state["gallery_own"] = set(own)
    if before is None:
        added = [] if KEY in st.query_params or KEY in st.session_state else own
    else:
        added = [name for name in own if name not in before]
    if not added:
        return False
    by_title = {visit_pictures.title(name): name for name in offered}
    linked = [by_title[each] for each in st.query_params.get_all(KEY) if each in by_title]
    is_new = KEY not in st.session_state
    present = st.session_state.get(KEY, linked)
    if list(present) == list(visit_pictures.built_in()[:FIRST]):
        present = []
    chosen = [*present, *(name for name in added if name not in present)][:MOST]
    st.session_state[KEY] = chosen
    if is_new:
        links.enter(KEY, [visit_pictures.title(name) for name in chosen])
    return True


def _all_of(label: str, group: Sequence[str]) -> None:
    if group:
        st.button(label, key=f"all {label}", on_click=_choose, args=(list(group)[:MOST],))


def _choose(group: list[str]) -> None:
    st.session_state[KEY] = group
    links.forget(KEY)


def _not_here(lost: Sequence[str]) -> str:
    """Say which pictures a link asks for in vain."""
    listed = ", ".join(each[: links.LONGEST] for each in lost[:NAMED])
    more = f" and {len(lost) - NAMED} more" * (len(lost) > NAMED)
    verb = "belongs" if len(lost) == 1 else "belong"
    return (
        f"{counted(len(lost), 'picture')} of this link {verb} to another visitor, who has not "
        f"shared {'it' if len(lost) == 1 else 'them'} by this link: {listed}{more}."
    )


def truths(classes: Sequence[str], typed: int = 0) -> Truths:
    """Take a table with the true class of each picture; it belongs to the visit.

    Args:
        classes: names of the model's classes.
        typed: how many are known without a table.
    """
    file = visit.current().table()
    table: TruthTable | str = TruthTable()
    if file is not None:
        read, digest = partial(_read, file, classes), file.parent.name
        try:
            table = drawn("true classes", read, file.name, digest, tuple(classes))
        except SeeWhyError as error:
            table = str(error)
    is_used = isinstance(table, TruthTable) and bool(table.classes)
    key = f"truths_file{st.session_state.get('truths_removed', 0)}"
    present = "table" if is_used else "typed" if typed else "none"
    with toolbar.tool("True classes", present):
        st.file_uploader(
            "A table with the columns file_name and class (CSV or TSV). A class is a name, an "
            "index or a WordNet number.",
            type=["csv", "tsv", "txt"],
            max_upload_size=1,
            key=key,
            on_change=_take_table,
            args=(key,),
        )
        if refusal := st.session_state.get("truths_refused"):
            st.error(escape(refusal))
        if file is None:
            st.caption("Pictures whose class is known are marked as right or wrong.")
        else:
            st.caption(escape(f"Table: {file.name}"))
            st.button("Remove the table", key="truths_off", on_click=_remove_table)
    if isinstance(table, str):
        st.error(escape(table))
        return Truths()
    if table.warning:
        links.say(table.warning)
    return Truths(table.classes)


def _read(file: Path, classes: Sequence[str]) -> TruthTable | str:
    """Return the true classes, or why there are none: a failure would be tried in every run.

    Raises:
        BadLabels: the file is gone.
    """
    try:
        data = file.read_bytes()
    except OSError as error:  # it may be brought again, so this is no result
        raise BadLabels(f"{file.name} is no longer on this server: upload it again.") from error
    try:
        return read_truths(data, file.name, classes)
    except SeeWhyError as error:
        return str(error)


def _take_table(key: str) -> None:
    """Keep the table that was uploaded; without one it was taken out of the control."""
    file = st.session_state[key]
    st.session_state["truths_refused"] = ""
    try:
        visit.current().put_table(None if file is None else keep(file.getvalue(), file.name))
    except SeeWhyError as error:
        st.session_state["truths_refused"] = str(error)


def _remove_table() -> None:
    """Forget the table; a control of another key lists no file."""
    visit.current().put_table(None)
    st.session_state["truths_removed"] = st.session_state.get("truths_removed", 0) + 1
