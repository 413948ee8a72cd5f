"""What visitors brought along: it outlives a reload of their page, and some of it can be shared.

A visit is found by a token that only the visitor's browser has; here it stands by the token's
digest. All of it goes with the process, as the files of the visitors do.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from core.files.uploads import HOURS, use
from core.requests.references import PictureRef

if TYPE_CHECKING:
    from core.models.uploads import Own

T = TypeVar("T")

PICTURES = 60
"""Pictures of one visit, as many as a gallery shows; the oldest goes first."""
MODELS = 12
"""Own weights of one visit; the oldest go first."""
ROOMS = 20
"""Rooms that one visit is in."""
VISITS = 1000
"""Visits that brought something; the longest unused goes first."""
SHARED = 1000
"""Shared pictures of all visits; the longest unused goes first."""
SHARED_PREFIX = "shared-"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SHARED_ID = re.compile(rf"{SHARED_PREFIX}[A-Za-z0-9_-]{{22}}")


def new_token() -> str:
    """Return what nobody guesses: 256 bits as text for a cookie."""
    return secrets.token_urlsafe(32)


def is_token(text: object) -> bool:
    """Tell whether something has the form of a token."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that a visitor brought along.

    Attributes:
        reference: its digest, and its name as its owner knows it.
        file: where it lies, below the digest of its bytes.
        place: in the ZIP file that it came in, with its folders; empty for one that came alone.
    """

    reference: PictureRef
    file: Path
    place: str = ""


class Visit:
    """Pictures, weights and a table of true classes of one visitor. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._pictures: dict[str, StoredPicture] = {}
        self._models: dict[str, Own] = {}
        self._shared: dict[str, str] = {}
        self._received: dict[str, str] = {}
        self._table: Path | None = None
        self._rooms: set[str] = set()
        self._lock = threading.Lock()

    def pictures(self) -> dict[str, StoredPicture]:
        """Return the pictures whose files are still there, by name, the oldest first."""
        with self._lock:
            return {name: each for name, each in self._pictures.items() if each.file.is_file()}

    def models(self) -> dict[str, Own]:
        """Return the own weights whose files are still there, by title, the oldest first."""
        with self._lock:
            return {
                title: own
                for title, own in self._models.items()
                if own.path.is_file() and (own.labels is None or own.labels.is_file())
            }

    def add_picture(self, picture: StoredPicture, reserved: Collection[str] = ()) -> str:
        """Add a picture; equal ones are one, and another of the same name gets a number.

        Args:
            picture: as it was brought.
            reserved: names that other pictures have.

        Returns:
            The name by which the visit has it.
        """
        with self._lock:
            name, number = picture.reference.name, 1
            while name in reserved or (
                name in self._pictures
                and self._pictures[name].reference.digest != picture.reference.digest
            ):
                number += 1
                name = f"{picture.reference.name} ({number})"
            self._pictures.pop(name, None)
            self._pictures[name] = picture
            while len(self._pictures) > PICTURES:
                del self._pictures[next(iter(self._pictures))]
        return name

    def shared(self) -> dict[str, str]:
        """Return the ids of the pictures that this visitor shares, by name."""
        return self._by_name(self._shared)

    def received(self) -> dict[str, str]:
        """Return the ids by which this visitor opened what others share, by name."""
        return self._by_name(self._received)

    def set_shared(self, name: str, shared_id: str) -> None:
        """Note that a picture is shared; with an empty id that it is not."""
        with self._lock:
            self._shared[name] = shared_id

    def receive(self, shared_id: str, picture: StoredPicture, reserved: Collection[str]) -> str:
        """Add a picture that another visitor shares.

        Returns:
            The name by which the visit has it.
        """
        name = self.add_picture(picture, reserved)
        if name not in self.shared():  # of one's own link
            with self._lock:
                self._received[name] = shared_id
        return name

    def _by_name(self, ids: dict[str, str]) -> dict[str, str]:
        with self._lock:
            return {name: each for name, each in ids.items() if each and name in self._pictures}

    def put_model(self, own: Own) -> None:
        """Add own weights, or change their labels and settings."""
        with self._lock:
            self._models[own.title] = own
            while len(self._models) > MODELS:
                del self._models[next(iter(self._models))]

    def table(self) -> Path | None:
        """Return the file of true classes while it is there; it counts as used now."""
        table = self._table
        return use(table) if table is not None and table.is_file() else None

    def put_table(self, file: Path | None) -> None:
        """Set the one table of true classes, or remove it.

        Args:
            file: below the digest of its bytes; None for no table.
        """
        self._table = file

    def enter(self, code: str) -> None:
        """Note that the visitor is in a room of that code, which knows the visit by its token."""
        with self._lock:
            self._rooms = {*self._rooms, code} if len(self._rooms) < ROOMS else {code}

    def take(self, other: Visit) -> dict[str, str]:
        """Add what another visit of the same visitor has.

        Returns:
            The names of its pictures here, by their names there.
        """
        for own in other.models().values():
            self.put_model(own)
        if (table := other.table()) is not None:
            self.put_table(table)
        names = {name: self.add_picture(each) for name, each in other.pictures().items()}
        with self._lock:
            self._shared.update({names[name]: each for name, each in other.shared().items()})
            self._received.update({names[name]: each for name, each in other.received().items()})
            self._rooms |= other._rooms
        return names

    def __bool__(self) -> bool:
        """Return whether there is anything to lose."""
        return bool(self._pictures or self._models or self._table or self._rooms)


class Visits:
    """The visits of a process, and the pictures that are shared. Safe to use from any thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Start with none.

        Args:
            now: a clock in seconds.
        """
        self._visits: _Recent[Visit] = _Recent(VISITS, now)
        self._shared: _Recent[StoredPicture] = _Recent(SHARED, now)

    def find(self, token: str) -> Visit | None:
        """Return the visit of a token; None for a token that is not, or no longer, known."""
        return self._visits.get(_digest(token)) if is_token(token) else None

    def keep(self, token: str, visit: Visit) -> None:
        """Let a visit be found by its token for `HOURS` from now."""
        self._visits.put(_digest(token), visit)

    def share(self, picture: StoredPicture) -> str:
        """Let everybody who has the returned id open a picture for `HOURS` from its last use."""
        shared_id = f"{SHARED_PREFIX}{secrets.token_urlsafe(16)}"
        self._shared.put(shared_id, picture)
        return shared_id

    def shared(self, shared_id: str) -> StoredPicture | None:
        """Return a shared picture; None for an id that is not, or no longer, known."""
        picture = self._shared.get(shared_id) if _SHARED_ID.fullmatch(shared_id) else None
        return picture if picture is not None and use(picture.file).is_file() else None

    def end_sharing(self, shared_id: str) -> None:
        """Let nobody open a picture by its id any more; whoever has opened it keeps it."""
        self._shared.remove(shared_id)


class _Recent(Generic[T]):
    """The last used values by key, none unused for `HOURS`. Safe to use from any thread."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most, self._now = most, now
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        with self._lock:
            self._drop()
            if key not in self._values:
                return None
            value = self._values.pop(key)[1]
            self._values[key] = self._now(), value
            return value

    def put(self, key: str, value: T) -> None:
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = self._now(), value
            self._drop()

    def remove(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)

    def _drop(self) -> None:
        """Remove what is too old, then what is too many; the longest unused stand first."""
        oldest = self._now() - HOURS * 3600
        while self._values and (
            len(self._values) > self._most or next(iter(self._values.values()))[0] < oldest
        ):
            self._values.popitem(last=False)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
