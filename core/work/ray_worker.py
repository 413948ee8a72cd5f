"""What runs in a worker of Ray: resources of its own, and the requests that it computes.

Its methods return at once, or after a short wait for news: what is computed has its own thread.
Whoever asked looks at the call again and again (`ray_call.py`).
"""

from __future__ import annotations

import atexit
import logging
import os
import pkgutil
import shutil
import tempfile
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch

from core import Mask
from core.caching.store import size_of
from core.concepts.probes.uploaded import from_upload
from core.errors import BadPicture, BadProbes, SeeWhyError
from core.files.digests import file_digest
from core.files.names import safe_file
from core.files.writing import put
from core.models import device
from core.requests.keys import key_of
from core.requests.maps import SamplesRequest
from core.requests.plain import as_plain, from_plain
from core.requests.references import ModelRef
from core.work.asking import QUESTIONS
from core.work.failures import as_known
from core.work.handler import AnyHandler
from core.work.handlers import HANDLERS
from core.work.paces import Paces
from core.work.ray_call import FORGOTTEN, Call, Look
from core.work.ray_contents import Need, needs_of, packed, parts_of, unpacked
from core.work.resources import Resources

GIVEN = 512 << 20
"""Bytes of contents that were sent and stay, beside those of the newest requests."""
NEWEST = 64
"""Contents that stay however large they are: one request names fewer."""
NOTES = 256
"""Times of maps that wait for a look."""

_LOG = logging.getLogger(__name__)


class _NotedPaces(Paces):
    """Paces that are told to others as well."""

    def __init__(self, tell: Callable[[tuple[Any, ...]], None]) -> None:
        super().__init__()
        self._tell = tell

    def note(
        self, model: Hashable, method: str, passes: float, seconds: float, *, whole: bool = True
    ) -> None:
        super().note(model, method, passes, seconds, whole=whole)
        self._tell((as_plain(model), method, passes, seconds, whole))


class Worker:
    """One copy of each model that it is asked about, and the threads that compute with it.

    Attributes:
        life: another one after every start.
        resources: of this process.
        folder: for files that were sent.
    """

    def __init__(self, threads: int, folder: str, more: str = "") -> None:
        """Start with nothing loaded.

        Args:
            threads: of torch.
            folder: where relative paths begin; elsewhere where it is not on this machine.
            more: `module:NAME` of further handlers; empty for none.
        """
        self.life = uuid.uuid4().hex
        with suppress(OSError):
            os.chdir(folder)
        torch.set_num_threads(threads)
        self._handlers: Mapping[type, AnyHandler] = {
            **HANDLERS,
            **(pkgutil.resolve_name(more) if more else {}),
        }
        self._kinds = {kind.__name__: kind for kind in self._handlers}
        self.resources = Resources()
        self.resources.paces = _NotedPaces(lambda note: self._paces.append(note))
        self._paces: deque[tuple[Any, ...]] = deque(maxlen=NOTES)
        self._calls: dict[str, Call] = {}
        self._given: OrderedDict[str, object] = OrderedDict()
        self._files: dict[str, Path] = {}
        self._lock = threading.Lock()
        self.folder = Path(tempfile.mkdtemp(prefix="seewhy-worker-"))
        atexit.register(self.leave)

    def hello(self) -> tuple[str, tuple[str, ...]]:
        """Return the life, and the devices that there are."""
        return self.life, device.choices()

    def leave(self) -> None:
        """Delete the files that were sent, before the process ends."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def begin(
        self,
        call: str,
        plain: object,
        title: str,
        offered: Sequence[str],
        places: Mapping[str, str],
    ) -> tuple[str, list[str]]:
        """Begin to compute a request, unless something that could be sent is lacking.

        Args:
            call: its number, new.
            plain: the request, as `as_plain` gives it.
            title: what it computes, to begin a sentence with.
            offered: keys of what could be sent.
            places: where files of that lie on the other machine.

        Returns:
            The life, and the keys of what is lacking.

        Raises:
            BadOption: it is no request.
        """
        request = from_plain(plain, self._kinds)
        needs = needs_of(request, self._handlers)
        lacking = [
            need.key
            for need in needs
            if need.key in offered and not self._has(need, places.get(need.key))
        ]
        if not lacking:
            made = Call(self.life)
            self._clear()
            self._calls[call] = made
            work = threading.Thread(
                target=self._compute, args=(request, title, made), name="seewhy-call", daemon=True
            )
            work.start()
        return self.life, lacking

    def give(self, need: Need, data: bytes) -> None:
        """Keep a content that was lacking; a picture, mask, list of words or result."""
        value: Any = unpacked(data)
        with self._lock:
            self._given[need.key] = value
            self._given.move_to_end(need.key)
            while len(self._given) > NEWEST and sum(map(size_of, self._given.values())) > GIVEN:
                self._given.popitem(last=False)
        if need.sort == "result":
            self.resources.results.put(need.key, value)
        elif need.sort == "picture":
            self.resources.offer_picture(value, lambda: self._again(need))
        elif need.sort == "truth":
            again = cast("Callable[[], Mask | None]", lambda: self._given.get(need.key))
            self.resources.offer_truth(value, need.name, again)
        else:
            self.resources.offers.add(need.key, lambda: value)

    def give_file(self, need: Need, piece: bytes, is_last: bool) -> None:
        """Keep the next piece of a file that was lacking."""
        # The name of a file of probe pictures is part of what they are known by.
        name = safe_file(need.name) if need.sort == "probes" else Path(need.name).name or "file"
        path = self.folder / need.key / name
        part = path.with_name("part")
        path.parent.mkdir(exist_ok=True)
        with part.open("ab") as file:
            file.write(piece)
        if is_last:
            put(part, path)
            self._offer_file(need, path)

    def look(self, call: str, version: int, seconds: float) -> Look:
        """Return how far a call is, at most `seconds` later."""
        known = self._calls.get(call)
        if known is None:
            return Look(self.life, end="lost")
        now = known.look(version, seconds)
        paces = []
        with suppress(IndexError):
            while True:
                paces.append(self._paces.popleft())
        return replace(now, paces=paces)

    def stop(self, call: str) -> None:
        """Let a call end at its next tick."""
        if known := self._calls.get(call):
            known.stop()

    def drop(self, call: str) -> None:
        """Forget a call, which ends at its next tick if it has not ended."""
        if known := self._calls.pop(call, None):
            known.stop()

    def answer(self, question: str, plain: object) -> object | None:
        """Return the answer to one of `QUESTIONS`; None where a model is not loaded."""
        request = from_plain(plain, self._kinds)
        model = request.model
        known = isinstance(request, SamplesRequest) or self.resources.loaded(model) is not None
        if not known:
            return None
        answer: object = QUESTIONS[question](request, self.resources)
        return answer

    def _compute(self, request: object, title: str, call: Call) -> None:
        handler, value, error = self._handlers[type(request)], b"", None
        try:
            for part in parts_of(request):
                if isinstance(part, ModelRef):
                    self.resources.offer_model(part)
            result = handler.run(request, self.resources, call)
            if handler.keep:  # a request that needs it may come to this worker
                self.resources.results.put(key_of(request), result)
            value = packed(result)
        except Exception as failure:
            if not isinstance(failure, SeeWhyError):
                _LOG.exception("%s failed", title)
            error = as_known(title, failure)
        finally:  # also when the work ends its thread, with SystemExit for example
            call.finish(value, error)

    def _has(self, need: Need, place: str | None) -> bool:
        """Tell whether something is here; a file also where its path leads to it here."""
        if need.sort == "result":
            return need.key in self.resources.results
        if need.sort not in ("file", "probes"):
            store = self.resources.pictures if need.sort == "picture" else self.resources.truths
            return need.key in self._given or need.key in store
        if need.key in self._files and self._files[need.key].is_file():
            return True
        with suppress(OSError, BadProbes):
            path = Path(place or need.name)
            if path.is_file() and _is(need, path):
                self._offer_file(need, path)
                return True
        return False

    def _offer_file(self, need: Need, path: Path) -> None:
        """Say where a file lies that a request names."""
        self._files[need.key] = path
        if need.sort == "probes":
            self.resources.offers.add(need.key, lambda: from_upload(path, need.name))
        else:
            self.resources.offers.add(need.key, lambda: path)

    def _again(self, need: Need) -> Any:  # noqa: ANN401 - a picture
        found = self._given.get(need.key)
        if found is None:
            raise BadPicture(f"{need.name} is not on this machine any more: ask again.")
        return found

    def _clear(self) -> None:
        """Forget calls that nobody has looked at for long."""
        oldest = time.monotonic() - FORGOTTEN
        for name, call in list(self._calls.items()):
            if call.looked < oldest:
                call.stop()
                self._calls.pop(name, None)


def _is(need: Need, path: Path) -> bool:
    """Tell whether a file is the one that is meant; of probe pictures also by their names."""
    if need.sort == "probes":
        return from_upload(path, need.name).identity == need.key
    return file_digest(path) == need.key
