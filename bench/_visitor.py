"""One visitor of the dashboard: what a browser says to Streamlit, without a browser.

A visitor opens a page by its address, answers the component that asks for the width, runs
fragments again at their intervals, and keeps what comes until nothing is left to come.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from time import perf_counter

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

WIDTH = 1066
"""Pixels of a page's content in a window of 1440, which the width component reports."""
PHONE = 358
"""The same on a phone."""
NEAR = 24
"""The width component reports no smaller change, in pixels."""
QUIET = 0.5
"""Seconds without any message after which a page without timers is complete."""
ERROR = 1
"""`Alert.Format` of an error."""


@dataclass(slots=True)
class Seen:
    """What one visitor met.

    Attributes:
        first: seconds from the arrival to the end of the first run.
        last: seconds from the arrival to the end of the last run; the page is complete then.
        runs: finished runs of the whole page.
        polls: finished runs of fragments alone.
        heatmaps: heat maps in the fullest figure.
        received: bytes of all messages.
        errors: texts of exceptions and of error elements.
    """

    first: float = 0.0
    last: float = 0.0
    runs: int = 0
    polls: int = 0
    heatmaps: int = 0
    received: int = 0
    errors: list[str] = field(default_factory=list)


class Visitor:
    """A connection that stays open until `leave`."""

    def __init__(self, url: str, page: str, query: str, *, phone: bool = False) -> None:
        self.seen = Seen()
        self._url, self._page, self._query = url, page, query
        self._width = PHONE if phone else WIDTH
        self._headers = {"User-Agent": "Mobi"} if phone else {}
        self._script = ""
        self._running, self._asked = False, False
        self._fragments: frozenset[str] = frozenset()
        self._states: dict[str, WidgetState] = {}
        self._cached: dict[str, ForwardMsg] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._socket: ClientConnection | None = None

    async def visit(self, patience: float) -> Seen:
        """Open the page and stay until it is complete.

        Args:
            patience: seconds until the visitor gives up, which counts as an error.
        """
        arrived = perf_counter()
        try:
            async with asyncio.timeout(patience):
                await self._connect()
                await self._ask()
                await self._listen(arrived)
        except (OSError, EOFError, TimeoutError) as error:
            self.seen.errors.append(f"{type(error).__name__} {error}".strip())
        finally:
            self._stop(list(self._timers))
        return self.seen

    async def leave(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            await self._socket.close()

    async def _connect(self) -> None:
        self._socket = await connect(
            f"{self._url.replace('http', 'ws', 1)}/_stcore/stream",
            origin=Origin(self._url),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers=self._headers,
            max_size=None,
            open_timeout=None,
            ping_interval=None,
        )

    async def _listen(self, arrived: float) -> None:
        while True:
            complete = not (self._running or self._asked or self._timers)
            try:
                # Python 3.11's `wait_for` forgets to end when it is cancelled as a message comes.
                async with asyncio.timeout(QUIET if complete else None):
                    message = await self._receive()
            except TimeoutError:
                return
            await self._take(message, arrived)

    async def _receive(self) -> ForwardMsg:
        """Return the next message; where only a hash came, the one that was kept by it."""
        assert self._socket is not None
        data = await self._socket.recv()
        assert isinstance(data, bytes)
        message: ForwardMsg = ForwardMsg.FromString(data)
        self.seen.received += len(data)
        if message.WhichOneof("type") == "ref_hash" and message.ref_hash in self._cached:
            whole: ForwardMsg = ForwardMsg.FromString(
                self._cached[message.ref_hash].SerializeToString()
            )
            whole.metadata.CopyFrom(message.metadata)
            return whole
        if message.metadata.cacheable:
            self._cached[message.hash] = message
        return message

    async def _take(self, message: ForwardMsg, arrived: float) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._running = True
            self._fragments = frozenset(message.metadata.run.fragment_ids)
            if not self._fragments:
                self._asked = False
                self._stop(list(self._timers))
        elif kind == "navigation":
            self._script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "script_finished":
            self._finish(message.script_finished, perf_counter() - arrived)
        elif kind == "auto_rerun":
            self._start(message.auto_rerun)
        elif kind == "stop_auto_rerun":
            self._stop(message.stop_auto_rerun.fragment_ids)
        elif kind == "page_not_found":
            self.seen.errors.append(f"there is no page {self._page}")
        elif kind == "session_event" and message.session_event.HasField(
            "script_compilation_exception"
        ):
            self.seen.errors.append(message.session_event.script_compilation_exception.message)
        elif kind == "delta" and message.delta.HasField("new_element"):
            await self._draw(message.delta.new_element)

    def _finish(self, status: int, seconds: float) -> None:
        self._running = False
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            # A fragment also makes way for the next one; the run of a page only for that of a page.
            self._asked = self._asked or not self._fragments
            return
        self.seen.last = seconds
        if status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.seen.polls += 1
        else:
            self.seen.runs += 1
            self.seen.first = self.seen.first or seconds

    async def _draw(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.seen.errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == ERROR:
            self.seen.errors.append(element.alert.body)
        elif kind == "plotly_chart":
            maps = element.plotly_chart.spec.count('"type":"heatmap"')
            self.seen.heatmaps = max(self.seen.heatmaps, maps)
        elif kind == "bidi_component":
            component = element.bidi_component
            assumed = json.loads(component.json or "{}").get("width")
            if component.id in self._states or assumed is None:
                return
            if abs(assumed - self._width) > NEAR:
                value = json.dumps({"width": self._width})
                self._states[component.id] = WidgetState(id=component.id, json_value=value)
                await self._ask()

    async def _ask(self, fragment: str = "") -> None:
        """Ask for a run: of the page, or of one fragment because its time has come."""
        assert self._socket is not None
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._script
        state.page_name = "" if self._script else self._page
        state.widget_states.widgets.extend(self._states.values())
        state.cached_message_hashes.extend(self._cached)
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        self._asked = self._asked or not fragment
        await self._socket.send(message.SerializeToString())

    def _start(self, timer: AutoRerun) -> None:
        self._stop([timer.fragment_id])
        task = asyncio.create_task(self._tick(timer.fragment_id, timer.interval))
        self._timers[timer.fragment_id] = task

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._ask(fragment)

    def _stop(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if task := self._timers.pop(fragment, None):
                task.cancel()
