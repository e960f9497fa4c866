"""One person of `bench.crowd` at a browser: a WebSocket session that reads what a page shows and clicks.

An office looks at its list, uploads the next one, sends it and looks at what became of it; a planner goes
from page to page, looks at what waiting lists would change and accepts one now and then.
"""

from __future__ import annotations

import asyncio
import http.client
import random
import secrets
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from core.text import Text, text
from locales import translator

PAGES: Final = ("start", "units", "reach", "scenario", "siting", "start", "units")
SECTIONS: Final = (text("Board"), text("Decide"), text("Decide"), text("History"))
_LOOK: Final = text("What to look at")
_SEND: Final = text("Send to the planners")
_ACCEPT: Final = text("Accept")
_LONGEST_S: Final = 300.0
_TR: Final = translator("zh")


@dataclass
class Log:
    """Clicks (what, seconds), and what the pages said was wrong."""

    clicks: list[tuple[str, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Visit:
    """One browser's session under the name of a person, whom the proxy names in a header."""

    def __init__(self, line: ClientConnection, port: int, headers: dict[str, str], log: Log) -> None:
        self._line, self._port, self._headers, self._log = line, port, headers, log
        self._page, self._query = "", ""
        self._held: dict[
            str, WidgetState
        ] = {}  # what stands in the widgets, as a browser says it in every run
        self._shown: dict[tuple[str, str], str] = {}  # ids by kind and label

    async def go(self, page: str) -> None:
        """To a page of the menu, or the same again."""
        if page != self._page:
            self._page, self._held = page, {}
        await self._run(page)

    async def choose(self, section: Text) -> None:
        """One of the sections of the page."""
        state = WidgetState(id=self._id("button_group", _LOOK))
        state.string_array_value.data.append(_TR(section))
        self._held[state.id] = state
        await self._run(f"{self._page} {section.template}")

    async def upload(self, name: str, content: bytes) -> None:
        """Put a file into the page's box for lists."""
        (box,) = (found for (kind, _), found in self._shown.items() if kind == "file_uploader")
        asked = BackMsg()
        asked.file_urls_request.request_id = secrets.token_hex(4)
        asked.file_urls_request.file_names.append(name)
        begun = time.perf_counter()
        await self._line.send(asked.SerializeToString())
        (place,) = (await self._told("file_urls_response")).file_urls_response.file_urls
        await asyncio.to_thread(self._put, place.upload_url, name, content)
        state = WidgetState(id=box)
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=place.file_id, file_urls=place
        )
        self._held[box] = state
        await self._run("upload", begun=begun)

    async def click(self, label: Text) -> bool:
        """Press a button; False where there is none."""
        if ("button", _TR(label)) not in self._shown:
            return False
        await self._run(label.template, pressed=self._id("button", label))
        return True

    def _id(self, kind: str, label: Text) -> str:
        return self._shown[kind, _TR(label)]

    async def _run(self, what: str, *, pressed: str = "", begun: float | None = None) -> None:
        """Until the server has finished the run that a click began, and those that it began itself."""
        asked = BackMsg()
        asked.rerun_script.page_name, asked.rerun_script.query_string = self._page, self._query
        asked.rerun_script.widget_states.widgets.extend(self._held.values())
        if pressed:
            asked.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        begun = time.perf_counter() if begun is None else begun
        await self._line.send(asked.SerializeToString())
        while (await self._told("script_finished")).script_finished:  # another run follows
            pass
        self._log.clicks.append((what, time.perf_counter() - begun))

    async def _told(self, kind: str) -> ForwardMsg:
        """The next message of a kind; what comes before it is what the page shows."""
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self._line.recv(), _LONGEST_S))
            said = told.WhichOneof("type")
            if said == "new_session":
                self._shown = {}
            elif said == "page_info_changed":
                self._query = told.page_info_changed.query_string
            elif said == "delta" and told.delta.WhichOneof("type") == "new_element":
                self._note(told.delta.new_element)
            if said == kind:
                return told

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            said = element.exception.message if kind == "exception" else element.alert.body
            self._log.wrong.append(f"{self._page}: {said}")
        elif kind in ("button", "button_group", "file_uploader"):
            one = getattr(element, kind)
            self._shown[kind, one.label] = one.id

    def _put(self, address: str, name: str, content: bytes) -> None:
        apart = secrets.token_hex(8)
        head = f'--{apart}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{apart}--\r\n".encode()
        to = http.client.HTTPConnection("localhost", self._port, timeout=_LONGEST_S)
        kind = {"Content-Type": f"multipart/form-data; boundary={apart}"}
        to.request("PUT", address, body, {**self._headers, **kind})
        answer = to.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"the upload was refused: {answer.status}")


async def visiting(port: int, person: str, log: Log, then: Callable[[Visit], Any]) -> None:
    """`then` with a session of a person."""
    names = {"X-Remote-User": person}
    about = urllib.request.Request(f"http://localhost:{port}/_stcore/health", headers=names)
    with await asyncio.to_thread(urllib.request.urlopen, about) as answer:
        token = str(answer.headers["Set-Cookie"]).partition(";")[0]
    address = f"ws://localhost:{port}/_stcore/stream"
    protocol = [Subprotocol("streamlit")]
    async with connect(
        address, subprotocols=protocol, max_size=None, additional_headers={**names, "Cookie": token}
    ) as line:
        headers = {**names, "Cookie": token, "X-Xsrftoken": token.partition("=")[2]}
        await then(Visit(line, port, headers, log))


@dataclass(frozen=True)
class Pace:
    """How long somebody thinks between two clicks, and until when."""

    think_s: float
    until: float

    @property
    def on(self) -> bool:
        return time.monotonic() < self.until

    async def think(self, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * self.think_s)


async def office(visit: Visit, pace: Pace, chance: random.Random, lists: Callable[[], bytes]) -> None:
    """One list after the other, from looking at what is asked to what became of it."""
    await visit.go("")
    while pace.on:
        for step in (
            lambda: visit.choose(text("My list as it stands")),
            lambda: visit.choose(text("Check, mend and send")),
            lambda: visit.upload("清单.csv", lists()),
            lambda: visit.click(_SEND),
            lambda: visit.choose(text("What I have sent")),
            lambda: visit.choose(text("What is asked")),
        ):
            await pace.think(chance)
            if not pace.on:
                return
            await step()


async def planner(visit: Visit, pace: Pace, chance: random.Random, collects: bool) -> None:
    """Pages, and where lists are collected, what waits for a decision."""
    while pace.on:
        page = chance.choice((*PAGES, *(("collect",) * 4 if collects else ())))
        await visit.go(page)
        if page == "collect":
            await pace.think(chance)
            section = chance.choice(SECTIONS)
            await visit.choose(section)
            if section.template == "Decide":
                await pace.think(chance)
                await visit.click(_ACCEPT)
        await pace.think(chance)
