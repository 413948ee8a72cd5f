"""The pictures of a gallery: which are wanted, how far each is, what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import BadPicture, SeeWhyError
from core.explain.base import Explanation, Precision, Request
from core.export.record import Explained
from core.measure.agreement import pairs
from core.measure.masks import default_rule
from core.measure.study import Row
from core.models.classifier import Classifier, Fit, Guess, Prepared
from core.pictures import server_folder
from core.pictures.picture import Picture
from core.requests.keys import content_key
from core.work.job import Job
from pages.ui.maps import wanted_maps
from pages.ui.parts import jobs as work
from pages.ui.parts import models, visit_pictures

ON_SERVER = "folder/"
"""Before the name of a picture in the server's folder."""
AT_ONCE = 2
"""Pictures whose maps are asked for at a time: others in the room wait no longer than for these."""
MOST = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of every picture."""

    classifier: Classifier
    fit: Fit
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    precision: Precision

    def key(self, picture: Picture) -> str:
        """Return what tells this picture's results from all others."""
        model = self.classifier
        return content_key(
            kind="gallery", picture=picture.sha256, fit=self.fit, model=model.id,
            weights=model.digest, names=model.names, device=str(model.device),
            layers=self.layers, labels=self.labels, precision=self.precision,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One picture of the gallery.

    Attributes:
        name: as it was picked.
        explained: all that was asked for, or None while some of it is missing.
        found: the maps that are there.
        jobs: work that is still to come.
        ended_before: whether each of it had ended before its results were read.
        error: why the picture failed, or empty.
        picture: None where it cannot be read.
    """

    name: str
    picture: Picture | None = None
    explained: Explained | None = None
    found: tuple[Explanation, ...] = ()
    jobs: tuple[Job[Any], ...] = ()
    ended_before: tuple[bool, ...] = ()
    error: str = ""

    @property
    def title(self) -> str:
        """The name for tables and files."""
        return self.picture.name if self.picture else self.name

    @property
    def ended(self) -> bool:
        """Whether nothing of this picture is to come."""
        return bool(self.error) or self.explained is not None

    def row(self, top: float, superpixels: int) -> Row:
        """Return the picture's comparison; without pairs while it is not whole."""
        if self.explained is None:
            return Row(self.title, error=self.error)
        each = self.explained.explanations
        rules = [default_rule(one, top, superpixels) for one in each]
        return Row(self.title, _explained_guess(self.explained), pairs(each, rules))


def _explained_guess(explained: Explained) -> Guess | None:
    index = explained.explanations[0].class_index
    return next((guess for guess in explained.predictions if guess.index == index), None)


def names() -> tuple[str, ...]:
    """Return what can be picked: built in, this visit's own, the server's folder.

    Where that folder cannot be read, a warning says so.
    """
    try:
        on_server = server_folder.names()
    except BadPicture as error:
        st.warning(str(error))
        on_server = ()
    return (*visit_pictures.names(), *(f"{ON_SERVER}{name}" for name in on_server))


def title(name: str) -> str:
    """Return what a picture is called on the page."""
    return visit_pictures.title(name)


def load(name: str) -> Picture:
    """Return a picture by its name from `names`.

    Raises:
        BadPicture: it is in the server's folder and cannot be read.
    """
    if name.startswith(ON_SERVER) and name not in visit_pictures.uploads():
        return server_folder.load(name.removeprefix(ON_SERVER))
    return visit_pictures.load(name)


def _kept() -> dict[str, Explained]:
    """What this visit has finished; it outlives the shared store."""
    kept: dict[str, Explained] = st.session_state.setdefault("gallery", {})
    while len(kept) > 2 * MOST:
        kept.pop(next(iter(kept)))
    return kept


def items(wish: Wish, chosen: Sequence[str], *, running: bool) -> list[Item]:
    """Return every picture with what is there; ask for more while the gallery runs.

    Args:
        wish: what is asked of every picture.
        chosen: names of the pictures.
        running: whether to ask for what is missing, a few pictures at a time.
    """
    made: list[Item] = []
    for name in chosen[:MOST]:
        ahead = sum(bool(item.jobs) for item in made)
        try:
            made.append(_item(wish, name, ask=running and ahead < AT_ONCE))
        except SeeWhyError as error:
            made.append(Item(name, error=str(error)))
    work.drop_all_but([job.key for item in made for job in item.jobs])
    return made


def _item(wish: Wish, name: str, *, ask: bool) -> Item:
    picture = load(name)
    key = wish.key(picture)
    kept = _kept().get(key)
    if kept is not None:
        return Item(name, picture, kept, kept.explanations)
    if not ask:
        return Item(name, picture)
    prepared = _prepared(wish, picture, key)
    predicted = models.predicting(wish.classifier, prepared)
    before: tuple[bool, ...] = (predicted.ended,)
    if predicted.state != "done":
        error = _reason([predicted])
        return Item(name, picture, jobs=(predicted,), ended_before=before, error=error)
    guesses = predicted.result()
    first = Request(
        wish.classifier, prepared, wish.layers, guesses[0].index, precision=wish.precision
    )
    tiles = [wanted_maps.tile_of(label, first) for label in wish.labels]
    refused = next((tile.refusal for tile in tiles if tile.refusal), "")
    jobs = tuple(tile.job for tile in tiles if tile.job)
    before = tuple(job.ended for job in jobs)
    found = tuple(tile.result for tile in tiles if tile.result is not None)
    if len(found) == len(tiles):
        done = _kept()[key] = Explained(prepared, guesses, found)
        return Item(name, picture, done, found)
    return Item(name, picture, None, found, jobs, before, refused or _reason(jobs))


def _reason(jobs: Sequence[Job[Any]]) -> str:
    """Return why a picture's work failed, or nothing."""
    return next((str(job.error) for job in jobs if job.error is not None), "")


def _prepared(wish: Wish, picture: Picture, key: str) -> Prepared:
    """Fit a picture once; the same object keeps its place in running jobs."""
    held: dict[str, Prepared] = st.session_state.setdefault("gallery_prepared", {})
    if key not in held:
        while len(held) > 2 * AT_ONCE:
            held.pop(next(iter(held)))
        held[key] = wish.classifier.prepare(picture, wish.fit)
    return held[key]
