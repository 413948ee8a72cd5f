"""A person at the dashboard: a visitor that stays, sees what is on the page, and presses things.

What stands on a page is kept as the browser keeps it: by its place, until a run that could have
drawn it has not. A connection that breaks is made again, as the browser does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench._visitor import Visitor
from pages.ui.parts.visit import COOKIE

T = TypeVar("T")
AGAIN = 0.5
"""Seconds between two tries to connect again."""


class Person(Visitor):
    """A connection with a page that stays open until `leave`.

    Attributes:
        token: of the visit's cookie; empty until the page has set one.
        connections: made so far.
        page: on the screen, as it stands in the address.
        runs: of the page or of a fragment that have ended.
    """

    def __init__(self, url: str, page: str, query: str = "", *, phone: bool = False) -> None:
        super().__init__(url, page, query, phone=phone)
        self.token, self.connections, self.page, self.runs = "", 0, page, 0
        self._places: dict[tuple[int, ...], tuple[str, int, Element]] = {}
        self._run, self._pages = 0, dict[str, str]()
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def arrive(self, patience: float) -> None:
        """Open the page; what it draws is waited for by `until`.

        Raises:
            TimeoutError, OSError: the server does not answer.
        """
        async with asyncio.timeout(patience):
            await self._begin()
        self._listening = asyncio.create_task(self._stay())

    async def leave(self) -> None:
        """Close the page."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        self._stop(list(self._timers))
        await super().leave()

    async def until(self, seen: Callable[[], T | None], patience: float, what: str) -> T:
        """Wait until something stands on the page, and return it.

        Args:
            seen: returns it; None or False while it does not.
            patience: seconds.
            what: is waited for, for the sentence of the error.

        Raises:
            TimeoutError: it does not come.
        """
        try:
            async with asyncio.timeout(patience):
                while not (found := seen()):
                    self._changed.clear()
                    await self._changed.wait()
                return found
        except TimeoutError:
            where = f"{self.page}?{self._query}"
            raise TimeoutError(f"no {what} after {patience:.0f} s on {where}") from None

    @property
    def idle(self) -> bool:
        """Whether the page is drawn as far as was asked for."""
        return not (self._running or self._asked)

    def value_of(self, parameter: str) -> str:
        """Return a parameter of the page's address, or nothing."""
        return parse_qs(self._query).get(parameter, [""])[0]

    def widget(self, key: str) -> Any:  # noqa: ANN401 - of any kind
        """Return what was drawn with a key, or None."""
        for _, _, element in self._places.values():
            inner = getattr(element, element.WhichOneof("type") or "empty")
            if _key(getattr(inner, "id", "")) == key:
                return inner
        return None

    def says(self, words: str) -> bool:
        """Tell whether words stand on the page."""
        kinds = {"markdown": "body", "alert": "body", "heading": "body"}
        return any(
            words in getattr(getattr(element, kind), kinds[kind])
            for _, _, element in self._places.values()
            if (kind := element.WhichOneof("type")) in kinds
        )

    async def choose(self, key: str, *values: str) -> None:
        """Choose answers of a group of buttons or of a list of several."""
        state = WidgetState(id=self._id(key))
        state.string_array_value.data.extend(values)
        await self._send(state)

    async def fill(self, key: str, text: str, *, send: bool = True) -> None:
        """Write a text, or choose one of a list; a field of a form is sent with its button."""
        state = WidgetState(id=self._id(key), string_value=text)
        self._states[state.id] = state
        if bound := getattr(self.widget(key), "query_param_key", ""):  # the browser's to keep
            self._query = urlencode({**dict(parse_qsl(self._query)), bound: text})
        if send:
            await self._ask()

    async def press(self, key: str) -> None:
        """Press a button."""
        await self._send(WidgetState(id=self._id(key), trigger_value=True))

    async def tell(self, key: str, **values: object) -> None:
        """Send the state of a component."""
        await self._send(WidgetState(id=self._id(key), json_value=json.dumps(values)))

    async def open(self, page: str, query: str) -> None:
        """Follow a link to a page of the dashboard."""
        self._script, self._query = self._pages[page], query
        self._stop(list(self._timers))
        await self._ask()

    async def _send(self, state: WidgetState) -> None:
        """Send a change; a press is no state that lasts."""
        self._states[state.id] = state
        self._asked = True
        await self._ask()
        if state.WhichOneof("value") == "trigger_value":
            del self._states[state.id]

    def _id(self, key: str) -> str:
        widget = self.widget(key)
        if widget is None:
            raise LookupError(f"there is no {key} on {self.page}?{self._query}")
        return str(widget.id)

    async def _begin(self) -> None:
        if self.token:
            self._headers["Cookie"] = f"{COOKIE}{urlsplit(self._url).port}={self.token}"
        await self._connect()
        self.connections += 1
        await self._ask()

    async def _stay(self) -> None:
        """Take what comes; where the connection breaks, make it again."""
        arrived = perf_counter()
        while True:
            try:
                await self._take(await self._receive(), arrived)
            except (OSError, ConnectionClosed):
                self._stop(list(self._timers))
                self._running = self._asked = False
                await self._come_back()
            self._changed.set()

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(AGAIN)
            with suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                async with asyncio.timeout(10):
                    await self._begin()
                return

    async def _ask(self, fragment: str = "") -> None:
        with suppress(ConnectionClosed):  # it is made again, and asks anew
            await super()._ask(fragment)

    async def _take(self, message: ForwardMsg, arrived: float) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._run += 1
        elif kind == "navigation":
            for each in message.navigation.app_pages:
                self._pages[each.url_pathname] = each.page_script_hash
            names = {script: name for name, script in self._pages.items()}
            self.page = names.get(message.navigation.page_script_hash, self.page)
        elif kind == "delta" and message.delta.HasField("new_element"):
            place = tuple(message.metadata.delta_path)
            self._places[place] = message.delta.fragment_id, self._run, message.delta.new_element
        await super()._take(message, arrived)

    def _finish(self, status: int, seconds: float) -> None:
        super()._finish(status, seconds)
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        self.runs += 1
        self._places = {
            place: kept
            for place, kept in self._places.items()
            if kept[1] == self._run or (self._fragments and kept[0] not in self._fragments)
        }
        if not self._fragments:
            shown = {getattr(self._of(each), "id", "") for _, _, each in self._places.values()}
            self._states = {name: state for name, state in self._states.items() if name in shown}

    async def _draw(self, element: Element) -> None:
        if element.WhichOneof("type") == "bidi_component":
            data = json.loads(element.bidi_component.json or "{}")
            self.token = data.get("token", self.token) if "cookie" in data else self.token
        await super()._draw(element)

    @staticmethod
    def _of(element: Element) -> Any:  # noqa: ANN401 - of any kind
        return getattr(element, element.WhichOneof("type") or "empty")


def _key(widget: str) -> str:
    """Return the key in the id of a widget, `$$ID-hash-key`."""
    return widget.split("-", 2)[2] if widget.startswith("$$ID-") else ""
