"""Which classes a command explains: the prediction, a class by name, or what a folder is called."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import BadPicture
from core.models import catalog
from core.models.card import Guess
from core.models.class_names import find_index
from core.models.true_class import folder_class
from core.requests.references import ModelRef
from core.requests.studies import AUTO, FOLDER
from core.work.handlers.models import ModelSummary
from core.work.resources import Resources

Truth = tuple[int, str] | None
"""Index and name of the true class of a picture, where it is known."""
Given = Callable[[Path, Sequence[str]], int | None]
"""From a picture's path and the names of classes to its true class."""


class TargetClasses:
    """The classes of the model of a command; it is loaded only where its names are asked for."""

    def __init__(
        self,
        model: ModelRef,
        resources: Resources,
        summary: Callable[[], ModelSummary],
        given: Given | None = None,
    ) -> None:
        """Start without the model.

        Args:
            model: whose classes they are.
            resources: tell whether it is loaded.
            summary: loads it.
            given: says the true class of a picture, in place of its folder's name.
        """
        self._given = given
        self._model, self._resources, self._summary = model, resources, summary

    def truth(self, path: Path, stored: Truth = None, *, is_stored: bool = False) -> Truth:
        """Return the class that was given, or that the picture's folder is named after, if any.

        Args:
            path: of the picture.
            stored: what an earlier run found.
            is_stored: whether there was one: then the model is not loaded for this.
        """
        if is_stored and not self._known_names and self._given is None:
            return stored
        index = (self._given or folder_class)(path, self._names)
        return None if index is None else (index, self._names[index])

    def named(self, texts: Sequence[str], path: Path, name: str) -> list[int]:
        """Return the classes that are asked for whatever the model says, without those unknown.

        Args:
            texts: as for `index`.
            path: of the picture.
            name: of the picture.
        """
        found = []
        for text in texts:
            if text.strip().lower() != AUTO:
                with contextlib.suppress(BadPicture):
                    found.append(self.index(text, name, (), self.truth(path)))
        return found

    def index(self, text: str, name: str, guesses: Sequence[Guess], truth: Truth) -> int:
        """Return the index of a class.

        Args:
            text: `auto`, `folder`, an index or a name.
            name: of the picture.
            guesses: the model's, the best first.
            truth: of the picture.

        Raises:
            BadPicture: the picture's folder names no class, which was asked for.
            UnknownClass: the model has no such class.
        """
        keyword = text.strip().lower()
        if keyword == AUTO:
            return guesses[0].index
        if keyword != FOLDER:
            return find_index(text, self._names)
        if truth is None:
            raise BadPicture(
                f"{name} lies in no folder that is named after a class of the model: give --class "
                "auto, an index or a name."
            )
        return truth[0]

    @property
    def _known_names(self) -> tuple[str, ...]:
        """Names of the classes, as far as the model need not be loaded for them."""
        model = self._model
        if self._resources.loaded(model):
            return self._summary().names
        if model.labels or model.source == "own_file" or model.is_local:
            return ()
        return catalog.find(model.id).names

    @property
    def _names(self) -> tuple[str, ...]:
        return self._known_names or self._summary().names
