"""Many pictures through one model: the loop that every explaining command shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

from core.commands.entry_point import complain
from core.commands.options import BUILT_IN_MODEL, FALLBACK_MODEL, SETTINGS, UNSAID, Choices
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import BadOption, BadPicture, BadWeights, UnsupportedLayer
from core.explain import methods
from core.explain.base import SUFFIX, Explanation, Method, Precision, Request, Smooth, Value
from core.export.reading import Found, Region
from core.export.record import Explained
from core.models import catalog, device, load
from core.models.classifier import Classifier, Fit, Prepared
from core.pictures.picture import PICTURE_SUFFIXES, Picture, read

Keeper = Callable[[Picture], Found | None]
"""Looks for what was computed for a picture earlier."""


class Batch:
    """The pictures and the model of one command, and the sentences about bad pictures.

    Args:
        choices: what the person asked for.
        progress: drawn on while models load and maps are made.
        stop: asked before each piece of work.

    Attributes:
        choices: as given.
        labels: of the wanted maps, in order.
        faults: one sentence for each picture that could not be read, in order; each was
            printed when it was found.

    Raises:
        SeeWhyError: what is wrong for all pictures alike and can be seen without the model.
    """

    def __init__(self, choices: Choices, progress: Progress, stop: Stop) -> None:
        self.choices = choices
        self.faults: list[str] = []
        self._progress = progress
        self._stop = stop
        self._methods = _methods(choices)
        self.labels = tuple(f"{method.name}{SUFFIX[smooth]}" for method, smooth in self._methods)
        _check_options(choices, [method for method, _ in self._methods])
        self._paths = self._found(choices.pictures)

    @cached_property
    def classifier(self) -> Classifier:
        """The model, loaded when it is first needed.

        Raises:
            SeeWhyError: it cannot be loaded.
        """
        wanted = self.choices
        return load_classifier(
            wanted.model, wanted.weights, wanted.labels, wanted.device, self._progress
        )

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """The module paths, checked.

        Raises:
            SeeWhyError: the model has no such layer, or a method does not fit it.
        """
        return self._checked_layers()

    def check(self) -> None:
        """Find what is wrong for all pictures alike before any is explained.

        Raises:
            SeeWhyError: the model cannot be loaded or has no such layer.
        """
        assert self.layers

    def explained(self, keeper: Keeper = lambda picture: None) -> Iterator[Explained]:
        """Yield the results of each picture that can be read; keep a fault for each other.

        Args:
            keeper: what it finds is not computed again.
        """
        for number, path in enumerate(self._paths):
            self._stop.check()
            try:
                picture = read(path)
            except BadPicture as error:
                self._fault(error)
                continue
            kept = keeper(picture)
            if kept and all(label in kept.explanations for label in self.labels):
                seen = Region(picture, self.choices.fit, kept.box)
                found = tuple(kept.explanations[label] for label in self.labels)
                yield Explained(seen, kept.predictions, found)
            else:
                yield self._explain(picture, number, kept.explanations if kept else {})

    def requests(self, prepared: Prepared) -> list[tuple[Method, Request]]:
        """Return every method with its request for one picture."""
        first = Request(
            classifier=self.classifier,
            prepared=prepared,
            layers=self.layers,
            class_index=self.classifier.find_class(self.choices.class_text, prepared),
            precision=cast("Precision", self.choices.precision),
            seed=self.choices.seed,
        )
        return [
            (method, replace(first, smooth=smooth, options=_own_options(method, self.choices)))
            for method, smooth in self._methods
        ]

    def _explain(self, picture: Picture, number: int, kept: Mapping[str, Explanation]) -> Explained:
        """Run every method on one picture, except those whose maps are kept."""
        prepared = self.classifier.prepare(picture, cast("Fit", self.choices.fit))
        jobs = self.requests(prepared)
        costs = [max(1, method.cost(request)) for method, request in jobs]
        done: list[Explanation] = []
        for at, (method, request) in enumerate(jobs):
            before, own = sum(costs[:at]) / sum(costs), costs[at] / sum(costs)

            def tick(fraction: float, stage: str = "", before: float = before, own: float = own,
                     title: str = method.title + SUFFIX[request.smooth]) -> None:  # fmt: skip
                self._stop.check()
                share = (number + before + own * fraction) / len(self._paths)
                self._progress(share, f"{picture.name[:40]}, {title}")

            tick(0.0)
            label = self.labels[at]
            done.append(kept[label] if label in kept else method.run(request, tick))
        return Explained(prepared, self.classifier.predict(prepared), tuple(done))

    def _found(self, given: tuple[Path, ...]) -> tuple[Path, ...]:
        """Return the files, with folders replaced by their pictures in order of name."""
        files: list[Path] = []
        errors: list[BadPicture] = []
        for path in given:
            try:
                files.extend(_pictures_at(path))
            except BadPicture as error:
                errors.append(error)
        if not files:
            # Nothing is left to do: the last fault ends the command like any other error.
            *errors, last = errors
        for each in errors:
            self._fault(each)
        if not files:
            raise last
        return tuple(files)

    def _fault(self, error: BadPicture) -> None:
        """Tell of a bad picture at once and go on."""
        self._progress.clear()
        complain(str(error))
        self.faults.append(str(error))

    def _checked_layers(self) -> tuple[str, ...]:
        """Return the layers as the model spells them, after asking every method about them."""
        wanted = self.choices.layers or (self.classifier.default_layer,)
        paths = [self.classifier.check_layer(path).path for path in wanted]
        layers = tuple(dict.fromkeys(paths))
        for method, _ in self._methods:
            for layer in layers if method.layered else ():
                if why := method.fits(self.classifier, layer):
                    raise UnsupportedLayer(why)
        return layers


def default_model() -> str:
    """Return the built-in model's id where it is in the catalogue, else a small known one."""
    known = {entry.id for entry in catalog.entries()}
    return BUILT_IN_MODEL if BUILT_IN_MODEL in known else FALLBACK_MODEL


def load_classifier(
    model: str, weights: Path | None, labels: Path | None, where: str, progress: Progress
) -> Classifier:
    """Load the model with the person's own weights and names where they were given.

    Args:
        model: catalogue id; the default where it is empty.
        weights: a state dict, or None.
        labels: a file of class names, or None.
        where: name of the device.
        progress: told that the model is being loaded.

    Raises:
        SeeWhyError: it cannot be loaded.
    """
    device.check_installation()
    names = None
    if labels is not None:
        try:
            names = labels.read_bytes()
        except OSError as error:
            raise BadWeights(f"{labels} cannot be read ({error.strerror}).") from error
    model = model or default_model()
    progress(0.0, f"loading {model}")
    return load.load(model, device.pick(where), weights=weights, labels=names)


def _methods(choices: Choices) -> tuple[tuple[Method, Smooth], ...]:
    """Return each method once with its smoothing; a suffix wins over `--smooth`."""
    found: dict[tuple[str, Smooth], Method] = {}
    for label in choices.methods:
        name, own = methods.parse_label(label)
        smooth = own if own != "none" else cast("Smooth", choices.smooth)
        method = found[name, smooth] = methods.get(name)
        if smooth not in method.smooths:
            raise BadOption(
                f"{name} allows no smoothing {smooth!r}: choose one of {', '.join(method.smooths)}."
            )
    return tuple((method, smooth) for (_, smooth), method in found.items())


def _own_options(method: Method, choices: Choices) -> dict[str, Value]:
    """Return the options that the person gave and the method has."""
    known = {option.name for option in method.options}
    given = {**UNSAID, **choices.options}
    return {name: value for name, value in given.items() if name in known}


def _check_options(choices: Choices, wanted: Sequence[Method]) -> None:
    """Make sure that each given option belongs to a wanted method and is in its range.

    Raises:
        BadOption: it is not.
    """
    flags = {name: f"--{flag.replace('_', '-')}" for flag, name in SETTINGS.items()}
    for name, value in choices.options.items():
        if not any(option.name == name for method in wanted for option in method.options):
            having = [
                method.name
                for method in methods.METHODS.values()
                if any(option.name == name for option in method.options)
            ]
            raise BadOption(f"{flags[name]} needs {' or '.join(having)} among --methods.")
        for option in (option for method in wanted for option in method.options):
            if option.name == name:
                option.check(value)


def _pictures_at(path: Path) -> list[Path]:
    """Return the file, or the pictures in the folder.

    Raises:
        BadPicture: missing, unreadable, or a folder without pictures.
    """
    try:
        if path.is_file():
            return [path]
        if not path.is_dir():
            read(path)  # says in its own words what is wrong
            return [path]
        inside = sorted(each for each in path.iterdir() if _is_picture(each))
    except OSError as error:
        reason = error.strerror or error
        raise BadPicture(f"{path} cannot be read ({reason}): check the path.") from error
    if not inside:
        raise BadPicture(f"{path} is a folder without pictures: name some files.")
    return inside


def _is_picture(path: Path) -> bool:
    """Tell whether a folder's entry is a picture by its ending, hidden files apart."""
    hidden = path.name.startswith(".")
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not hidden
