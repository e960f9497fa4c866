"""The one door to OpenStreetMap's servers: OSMnx with its settings put in place and put back.

OSMnx waits 55 seconds on every busy answer, for ever, takes what a server could not finish for the
whole, and an error that comes as JSON for an empty place. So every answer is looked at before OSMnx
sees it; one that is not whole raises NoAnswerError, and `Door.ask` asks again after a while.
"""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import osmnx

from core.errors import InputError
from core.text import Text, text
from data.streets.walkable import TAGS
from geo import __version__

OVERPASS: Final = "https://overpass-api.de/api"
NOMINATIM: Final = "https://nominatim.openstreetmap.org"

_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 5.0  # doubled after every attempt
_LONGEST_PAUSE_S: Final = 300.0
_BETWEEN_S: Final = 1.0  # between two questions that really go out
_OURS_TO_CHECK: Final = ("/interpreter", "/search", "/lookup")
_REFUSED: Final = (400, 401, 403, 404)  # asking again does not help
_WAY_TAGS: Final = [*TAGS, "name", "bridge", "tunnel", "layer"]
_ONE_AT_A_TIME: Final = threading.Lock()  # the settings belong to the whole process

Wait = Callable[[float], None]
Say = Callable[[Text], None]  # told what is waited for; may raise Cancelled
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Servers:
    """Addresses of the two services (mirrors are welcome) and how long one question may take."""

    overpass: str = OVERPASS
    nominatim: str = NOMINATIM
    timeout_s: int = 180  # whole seconds: Overpass refuses others


class NoAnswerError(Exception):
    """The server did not give a whole answer; `pause_s` is how long it asks to be left alone."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass
class Door:
    """Asks through OSMnx until there is a whole answer. `sent` counts the questions that went out.

    `say` hears of every wait, second by second.
    """

    servers: Servers
    cache: Path
    wait: Wait
    tr: Say
    sent: int = field(default=0)

    def ask(self, question: Callable[[], _Answer]) -> _Answer | None:
        """The answer, from the cache where it is known; None where the map is empty there.

        InputError where the server stays away or refuses, after some attempts.
        """
        reason = ""
        for attempt in range(_ATTEMPTS):
            before = self.sent
            try:
                answer = question()
            except osmnx._errors.InsufficientResponseError:
                return None
            except NoAnswerError as problem:
                reason, pause_s = str(problem), problem.pause_s
            except json.JSONDecodeError as problem:  # a cached answer cut short by a crash
                self._drop_broken()
                reason, pause_s = str(problem), 0.0
            except OSError as problem:  # every way in which a connection fails
                # requests' own text repeats the whole question
                reason, pause_s = type(problem).__name__, 0.0
            else:
                self.wait(_BETWEEN_S if self.sent > before else 0.0)
                return answer
            if attempt + 1 < _ATTEMPTS:
                self._leave_alone(max(pause_s, _FIRST_PAUSE_S * 2**attempt), reason)
        raise self._away(reason)

    def _leave_alone(self, seconds: float, reason: str) -> None:
        """Wait, telling how much longer. InputError where the server asks for more than five minutes."""
        if seconds > _LONGEST_PAUSE_S:
            raise InputError(
                "The server asks to be left alone for {minutes:,.0f} minutes ({reason}). What has been "
                "fetched is kept; run the same command again after that, or name a mirror.",
                minutes=seconds / 60,
                reason=reason,
            )
        left = seconds
        while left > 0:
            self.tr(
                text("The server is busy ({reason}); asked again in {left:.0f} s", reason=reason, left=left)
            )
            self.wait(min(left, 1.0))
            left -= 1.0

    def look_at(self, response: Any, *_args: Any, **_options: Any) -> None:
        """Called by requests for every response, before OSMnx sees it."""
        if not response.url.split("?")[0].endswith(_OURS_TO_CHECK):
            return
        self.sent += 1
        if response.status_code in _REFUSED:
            raise InputError(
                "The server {host} refuses the question: HTTP {status}. Is its address right?",
                host=response.url.split("?")[0],
                status=response.status_code,
            )
        if not response.ok:
            raise NoAnswerError(f"HTTP {response.status_code}", _pause_asked(response.headers))
        try:
            answer = json.loads(response.content)
        except ValueError as problem:
            raise NoAnswerError(f"no whole JSON: {problem}") from problem
        if isinstance(answer, dict) and "remark" in answer:  # some of it, then "timed out" or the like
            raise NoAnswerError(str(answer["remark"]))

    def _drop_broken(self) -> None:
        for path in self.cache.glob("*.json"):
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                path.unlink()

    def _away(self, reason: str) -> InputError:
        return InputError(
            "OpenStreetMap's servers ({overpass}, {nominatim}) cannot be reached or do not answer: {reason}. "
            "Is this computer connected to the internet? What has been fetched is kept; run the same "
            "command again to go on, or name a mirror with --overpass and --nominatim.",
            overpass=self.servers.overpass,
            nominatim=self.servers.nominatim,
            reason=reason,
        )


@contextmanager
def open_door(
    servers: Servers, cache: Path, *, wait: Wait = time.sleep, tr: Say | None = None
) -> Iterator[Door]:
    """OSMnx set up for these servers; on leaving, its settings and the name look-up are as before.

    Answers are kept in `cache`. `wait` is called with seconds; a test need not wait.
    """
    door = Door(servers, cache, wait, tr or (lambda _: None))
    ours = {
        "cache_folder": str(cache),
        "use_cache": True,
        "cache_only_mode": False,
        "doh_url_template": None,
        "http_user_agent": f"service-circle/{__version__} (OSMnx)",
        "http_accept_language": "zh-CN,en;q=0.5",
        "log_console": False,
        "log_file": False,
        "nominatim_url": servers.nominatim,
        "overpass_url": servers.overpass,
        "overpass_rate_limit": False,  # Door.ask waits when told to
        "requests_kwargs": {"hooks": {"response": door.look_at}},
        "requests_timeout": servers.timeout_s,
        "useful_tags_way": list(_WAY_TAGS),
    }
    with _ONE_AT_A_TIME:
        before = {name: getattr(osmnx.settings, name) for name in ours}
        look_up = socket.getaddrinfo  # OSMnx replaces it
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        try:
            yield door
        finally:
            for name, value in before.items():
                setattr(osmnx.settings, name, value)
            socket.getaddrinfo = look_up


def _pause_asked(headers: Any) -> float:
    """Seconds until the time that a Retry-After names, as a number or as a date; 0 without one."""
    asked = str(headers.get("Retry-After", "")).strip()
    if asked.isdecimal():
        return float(asked)
    try:
        then = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=dt.UTC)
    return max((then - _now(headers)).total_seconds(), 0.0)


def _now(headers: Any) -> dt.datetime:
    """By the server's own clock, where it tells: ours may go wrong."""
    try:
        told = parsedate_to_datetime(str(headers.get("Date", "")))
    except ValueError:
        return dt.datetime.now(dt.UTC)
    return told if told.tzinfo else told.replace(tzinfo=dt.UTC)
