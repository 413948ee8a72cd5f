"""What a request names by digest, and how a worker on another machine gets it.

A worker says what it lacks; it gets that once, and keeps it while there is room. Models are never
sent: it loads them itself, at most from a file of weights that was uploaded here. Nor are probe
pictures, unless a visitor uploaded them.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from core.caching.store import size_of
from core.concepts.vocabulary import Vocabulary
from core.errors import SeeWhyError
from core.measure.single import table
from core.measure.single.base import Measure
from core.requests.keys import key_of
from core.requests.references import ModelRef, PictureRef, ProbesRef, TruthRef, WordsRef
from core.work.resources import Resources

Sort = Literal["picture", "truth", "words", "probes", "file", "result"]
LARGEST_RESULT = 64 << 20
"""Bytes of a finished result that is sent along at most; a larger one is computed again."""


class Need(NamedTuple):
    """Something that a request names.

    Attributes:
        sort: what it is.
        key: digest of its content; of a result the key of its request.
        name: that people know.
        reference: as the request holds it.
    """

    sort: Sort
    key: str
    name: str
    reference: object


def parts_of(request: object) -> Iterator[object]:
    """Yield a request and every dataclass inside it."""
    todo = [request]
    while todo:
        item = todo.pop()
        if isinstance(item, tuple):
            todo.extend(item)
        elif dataclasses.is_dataclass(item) and not isinstance(item, type):
            yield item
            todo.extend(getattr(item, field.name) for field in dataclasses.fields(item))


def needs_of(request: object, handled: Mapping[type, object]) -> list[Need]:
    """Return what a request names that only one process may have, each once.

    Args:
        request: a request.
        handled: kinds of requests that have results: those inside it may be there already.
    """
    found: dict[tuple[str, str], Need] = {}
    for part in parts_of(request):
        for need in _needs(part):
            found.setdefault((need.sort, need.key), need)
        if part is not request and type(part) in handled:
            key = key_of(part)
            found.setdefault(("result", key), Need("result", key, "", part))
    return list(found.values())


def _needs(part: object) -> Iterator[Need]:
    if isinstance(part, PictureRef) and part.digest:
        yield Need("picture", part.digest + part.file, part.name, part)
    elif isinstance(part, TruthRef):
        yield Need("truth", part.digest, part.name, part)
    elif isinstance(part, WordsRef):
        yield Need("words", part.digest, part.name, part)
    elif isinstance(part, ProbesRef):
        yield Need("probes", part.digest, part.name, part)
    elif isinstance(part, ModelRef):
        if part.source == "own_file" and part.weights != "random":
            yield Need("file", part.weights, part.weights_name, part)
        if part.labels:
            yield Need("file", part.labels, part.labels_name, part)


def here(needs: Sequence[Need], resources: Resources) -> dict[str, object]:
    """Return what this process could send, by key: values, and paths of files.

    Raises:
        SeeWhyError: a picture, a truth mask or an upload is not here any more.
    """
    found: dict[str, object] = {}
    for need in needs:
        value: object | None = None
        if isinstance(need.reference, PictureRef):
            value = resources.picture(need.reference)
        elif isinstance(need.reference, TruthRef):
            value = resources.truth(need.reference)
        elif need.sort == "words":
            offered = resources.offers.find(need.key)
            words = offered() if offered else None
            value = words if isinstance(words, Vocabulary) else None
        elif isinstance(need.reference, ProbesRef):
            value = resources.concepts.upload(need.reference)
        elif need.sort == "file":
            with suppress(SeeWhyError):
                value = resources.offers.file(need.key, need.name).absolute()
        elif need.sort == "result":
            made = resources.results.get(need.key)
            value = made if size_of(made) <= LARGEST_RESULT else None
        if value is not None:
            found[need.key] = value
    return found


class _Packer(pickle.Pickler):
    """Packs results; a measure among them is the one of that name wherever it is unpacked."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - as the library wants it
        return (table.get, (value.name,)) if isinstance(value, Measure) else NotImplemented


def packed(value: object) -> bytes:
    """Return a value for `unpacked`; whoever unpacks it may write to its arrays."""
    buffer = io.BytesIO()
    _Packer(buffer, protocol=5).dump(value)
    return buffer.getvalue()


def unpacked(data: bytes) -> object:
    """Return what a process of ours packed."""
    return pickle.loads(data)  # noqa: S301 - from our own workers and to them, nobody else


def pieces_of(path: Path, size: int = 8 << 20) -> Iterator[bytes]:
    """Yield a file in pieces of at most `size` bytes; an empty file is one empty piece."""
    with path.open("rb") as file:
        yield file.read(size)
        while piece := file.read(size):
            yield piece
