"""The network's tensors among all that a person's own file holds, found by fit.

Trainers put the network beside optimizers, counters and averages, below names of their own. The
prefix under which most of an architecture's tensors are found by name and shape decides, whatever
it is called.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from core.errors import BadWeights
from core.files.names import printable, shorten
from core.models import architectures
from core.models.architectures import Fit, todays_name
from core.models.blueprints import blueprint
from core.models.catalog_entry import Entry
from core.models.checkpoint import StateDict, checked, shared_prefix
from core.models.contents import Contents, Table
from core.models.efficientnet_lite import is_lite, timm_names
from core.models.heads import Head, head_of
from core.models.moved_head import moved_head
from core.models.ordered import names_in_order

COUNTERS = ("num_batches_tracked", "n_averaged", "total_ops", "total_params")
"""What counts batches or operations and changes no logit."""
MOST = 0.5
"""Share of an architecture's tensors that must be found for it to be that."""
MODULES = 32
"""Outermost modules of a file of which one may be no part of the network."""
RECORDED = 100
"""Ignored parts of a file that a record names."""
NAMED = 4
"""Ignored parts of a file that a sentence names."""
_AVERAGE = re.compile(r"(^|[._])(ema|swa|averaged?|teacher|target|momentum)([._]|$)|_ema")


@dataclass(frozen=True, slots=True)
class Location:
    """Where in a file a network may be.

    Attributes:
        table: the table of tensors.
        prefix: what the names of its tensors begin with.
    """

    table: Table
    prefix: str

    @property
    def path(self) -> str:
        """The keys that lead there, dotted."""
        return ".".join(filter(None, (self.table.path, self.prefix.rstrip("."))))

    def names(self) -> dict[str, str]:
        """Return the names in the file by those below the prefix."""
        start = len(self.prefix)
        return {name[start:]: name for name in self.table.tensors if name.startswith(self.prefix)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a file a network was, and what else is there.

    Attributes:
        path: the keys that lead to it, dotted; empty for the file itself.
        others: the same of what fits too.
        ignored: what is no part of the network, the first `RECORDED`.
        more: how many others are not.
        head: where the last layers lie, if not at the architecture's place.
        built: what the last layers are, if not the architecture's own.
        renamed: whether the tensors have other names and were matched by order and shape.
    """

    path: str = ""
    others: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    more: int = 0
    head: str = ""
    built: str = ""
    renamed: bool = False

    def sentences(self) -> tuple[str, ...]:
        """Return what a person is told."""
        notes = []
        if self.others:
            here, *there = (each or "the file itself" for each in (self.path, *self.others[:NAMED]))
            fits = "fits" if len(there) == 1 else "fit"
            notes.append(f"The network is taken from {here}; {', '.join(there)} {fits} too.")
        if self.renamed:
            notes.append("Its tensors have other names: they are matched by order and shape.")
        if self.head:
            notes.append(f"Its last layers are taken from {shorten(printable(self.head), 60)}.")
        if self.ignored:
            more = len(self.ignored) + self.more - NAMED
            named = ", ".join(self.ignored[:NAMED]) + f" and {more} more" * (more > 0)
            notes.append(f"Ignored in the file: {named}.")
        return (*notes, *filter(None, (self.built,)))


@dataclass(frozen=True, slots=True)
class OwnState:
    """The tensors of a network, from a person's own file.

    Attributes:
        state: under the names of the architecture, head included.
        head: the last layers.
        channels: of the input, 3 for RGB and 1 for grey.
        origin: what was taken and ignored.
    """

    state: StateDict
    head: Head
    channels: int
    origin: Origin

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was taken, built and ignored."""
        return self.origin.sentences()


def own_state(contents: Contents, entry: Entry) -> OwnState:
    """Take the tensors of an architecture out of a file.

    Args:
        contents: of the file.
        entry: names the architecture.

    Raises:
        BadWeights: the file holds no such network, or one with other last layers.
    """
    drawn = blueprint(entry)
    shapes = drawn.shapes
    outside = (f"{drawn.head}.", *([f"{drawn.container}."] if drawn.container else ()))
    expected = {
        name: tuple(shape)
        for name, shape in shapes.items()
        if not name.startswith(outside) and not name.endswith(COUNTERS)
    }
    places = list(_ranked(contents, expected))
    if not places:
        return _other_spelling(contents, entry)
    place, others = places[0], places[1:]
    names = {todays_name(name): old for name, old in place.names().items()}
    known = {name.partition(".")[0] for name in shapes}
    ignored = {
        name: old
        for name, old in names.items()
        if name not in shapes
        and not name.startswith(outside)
        and (name.endswith(COUNTERS) or name.partition(".")[0] not in known)
    }
    taken = {name: old for name, old in names.items() if name not in ignored}
    moved = None
    if not any(name.startswith(outside) for name in taken):
        moved = moved_head(place.table.tensors, place.prefix, taken, drawn, contents.name)
    if moved is not None:
        taken |= moved.names
    state = checked(contents, place.table, taken, place.prefix)
    origin = _origin(contents, place, others, taken.values())
    return _with_head(contents, entry, state, replace(origin, head=moved.path if moved else ""))


def guessed(contents: Contents) -> Fit | None:
    """Return the architectures that a network in a file fits.

    Returns:
        Of all tables and prefixes the first that fits one; else the first whose names fit one;
        None where not even names fit.
    """
    named: Fit | None = None
    for place in _all_places(contents):
        shapes = {
            name: tuple(place.table.tensors[old].shape)
            for name, old in place.names().items()
            if not name.endswith(COUNTERS[1:])
        }
        fit = architectures.fit_of(shapes)
        if fit is not None and fit.ids:
            return fit
        named = named or fit
    return _guessed_without_one_module(contents) or named


def _guessed_without_one_module(contents: Contents) -> Fit | None:
    """Return what a network fits that has one module more, such as a second head."""
    for table in contents.tables:
        prefix = shared_prefix(table.tensors)
        shapes = {
            name.removeprefix(prefix): tuple(tensor.shape) for name, tensor in table.tensors.items()
        }
        modules = list(dict.fromkeys(name.partition(".")[0] for name in shapes))
        for module in modules[:MODULES]:
            less = {
                name: shape
                for name, shape in shapes.items()
                if name.partition(".")[0] != module and not name.endswith(COUNTERS[1:])
            }
            fit = architectures.fit_of(less)
            if fit is not None and fit.ids:
                return fit
    return None


def shapes_of(contents: Contents) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the largest table, without the prefix that its names share."""
    table = max(contents.tables, key=lambda table: len(table.tensors))
    prefix = shared_prefix(table.tensors)
    return {name.removeprefix(prefix): tuple(t.shape) for name, t in table.tensors.items()}


def _ranked(contents: Contents, expected: Mapping[str, tuple[int, ...]]) -> Iterator[Location]:
    """Yield the places with an architecture's tensors, the best first, averages last."""
    ranked = []
    for order, (place, names) in enumerate(_places_with(contents, expected)):
        tensors = place.table.tensors
        by_name = [name for name in expected if name in names]
        fitting = sum(_fits(tensors[names[name]], expected[name]) for name in by_name)
        if len(by_name) >= MOST * len(expected):
            average = _AVERAGE.search(place.path.lower()) is not None
            ranked.append((-fitting, -len(by_name), average, order, place))
    ranked.sort(key=lambda row: row[:4])
    best = [row for row in ranked if row[0] == ranked[0][0]]
    yield from (row[4] for row in best)


def _places_with(
    contents: Contents, expected: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[Location, dict[str, str]]]:
    """Yield places below which some of the expected names are, with all names there."""
    probes = [*list(expected)[:2], *list(expected)[-2:]]
    for table in contents.tables:
        prefixes = Counter(
            name[: len(name) - len(probe)]
            for name in table.tensors
            for probe in probes
            if todays_name(name).endswith(probe)
            and (len(name) == len(probe) or name[: -len(probe)].endswith("."))
        )
        for prefix in prefixes:
            place = Location(table, prefix)
            yield place, {todays_name(name): old for name, old in place.names().items()}


def _all_places(contents: Contents) -> Iterator[Location]:
    """Yield every table below every prefix that some of its names have, widest first."""
    for table in contents.tables:
        prefixes = Counter(
            name[: match.end()] for name in table.tensors for match in re.finditer(r"\.", name)
        )
        wide = sorted((p for p, n in prefixes.items() if n > 4), key=lambda p: p.count("."))
        yield from (Location(table, prefix) for prefix in ("", *wide))


def _fits(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    found = tuple(tensor.shape)
    return found == shape or (found[1:2] == (1,) and (found[0], 3, *found[2:]) == shape)


def _origin(
    contents: Contents, place: Location, others: list[Location], taken: Collection[str]
) -> Origin:
    """Say what was taken and what was not.

    Args:
        contents: of the file.
        place: where the network is.
        others: other places that hold one.
        taken: names of the tensors in the place's table.
    """
    here, *there = (shorten(printable(each.path), 60) for each in (place, *others))
    used = set(taken)
    fitting = tuple(other.prefix for other in others if other.table is place.table)
    outside = [
        name
        for name in place.table.tensors
        if name not in used and not (fitting and name.startswith(fitting))
    ]
    tables = [table.path for table in contents.tables if table is not place.table]
    fitting_tables = {other.table.path for other in others}
    top = [path for path in (*tables, *contents.others) if path not in fitting_tables]
    fitting_paths = [each.table.path for each in (place, *others)]
    short = dict.fromkeys(_shortest(path, fitting_paths) for path in top)
    rest = (*short, *_grouped(outside))
    ignored = [shorten(printable(each), 60) for each in rest[:RECORDED]]
    return Origin(here, tuple(there), tuple(ignored), more=max(0, len(rest) - RECORDED))


def _grouped(names: Sequence[str]) -> Iterator[str]:
    """Yield names; several that begin with the same module are one."""
    counts = Counter(name.partition(".")[0] for name in names)
    for first, number in counts.items():
        inside = next(name for name in names if name.partition(".")[0] == first)
        yield f"{first} ({number} tensors)" if number > 1 else inside


def _shortest(path: str, fitting: Sequence[str]) -> str:
    """Return the first keys of a path below which no network is: of an optimizer, all is ignored.

    Args:
        path: dotted.
        fitting: paths of the tables that hold a network.
    """
    keys = path.split(".")
    for length in range(1, len(keys)):
        start = ".".join(keys[:length])
        if not any(f"{each}.".startswith(f"{start}.") for each in fitting):
            return start
    return path or "the file itself"


def _other_spelling(contents: Contents, entry: Entry) -> OwnState:
    """Take a table whose tensors follow the architecture's in order under other names.

    Raises:
        BadWeights: there is none.
    """
    if is_lite(entry.arch):
        for table in contents.tables:
            prefix = shared_prefix(table.tensors)
            names = {name.removeprefix(prefix): name for name in table.tensors}
            state = timm_names(checked(contents, table, names, prefix), blueprint(entry).shapes)
            if blueprint(entry).head + ".weight" in state:
                return _with_head(contents, entry, state, Origin(table.path))
    drawn = blueprint(entry)
    for table in contents.tables:
        prefix = shared_prefix(table.tensors)
        inside = {name.removeprefix(prefix): tensor for name, tensor in table.tensors.items()}
        ordered = names_in_order(inside, drawn)
        if ordered is not None:
            renamed = {new: prefix + old for new, old in ordered.items()}
            state = checked(contents, table, renamed, "")
            return _with_head(contents, entry, state, Origin(table.path, renamed=True))
    near = architectures.nearest_family(shapes_of(contents))
    like = f" (its tensors are called as those of {near[0]}, for example {near[1]})" if near else ""
    if not near:
        largest = max(contents.tables, key=lambda table: len(table.tensors))
        first, own = next(iter(largest.tensors)), next(iter(drawn.shapes))
        like = (
            f" (its tensors are called otherwise, {shorten(printable(first), 60)!r} instead of "
            f"{own!r}, and differ in order or shape)"
        )
    raise BadWeights(
        f"{contents.name} holds no {entry.arch}{like}: "
        "choose the architecture that the file was saved from, or give the network as code."
    )


def _with_head(contents: Contents, entry: Entry, state: StateDict, origin: Origin) -> OwnState:
    drawn = blueprint(entry)
    head = head_of(state, drawn, contents.name)
    named: StateDict = StateDict(head.renamed(state))
    if hasattr(state, "_metadata"):
        named._metadata = state._metadata  # type: ignore[attr-defined]
    stem = next((name for name, shape in drawn.shapes.items() if shape[1:2] == (3,)), "")
    grey = stem in named and tuple(named[stem].shape[1:2]) == (1,)
    return OwnState(named, head, 1 if grey else 3, replace(origin, built=head.sentence()))
