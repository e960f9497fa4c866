"""Asking politely: once an address, from the cache where it is known, with pauses and few attempts."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderQueryError,
    GeocoderRateLimited,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)

from core.errors import InputError
from core.progress import Progress, silent
from core.text import Text, text
from data.files import write_json
from data.geocode.services import TITLES, Service
from data.intake.decisions import ADDRESS, Place

_ATTEMPTS: Final = 3
_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0
_REFUSED: Final = (GeocoderAuthenticationFailure, GeocoderInsufficientPrivileges, GeocoderQueryError)


@dataclass(frozen=True)
class Proposals:
    """`places`: row id → where the service puts the address; `rough`: row id → what it found that is
    wider than a place; `unknown`: rows it knows nothing of; `problem`: why the others were not asked."""

    places: Mapping[str, Place]
    rough: Mapping[str, str]
    unknown: tuple[str, ...]
    problem: Text | None = None


@dataclass
class Asker:
    """One service with its cache (a folder) and its manners. `sent` counts questions that went out."""

    service: Service
    cache: Path
    wait: Callable[[float], None] = time.sleep
    sent: int = field(default=0)

    def ask(self, address: str) -> Mapping[str, Any]:
        """{"lon", "lat", "found", "exact"}, or {} if nothing is known. InputError if the service does
        not answer or refuses."""
        path = self._path(address)
        known = _read(path)
        if known is not None:
            return known
        for attempt in range(_ATTEMPTS):
            if self.sent:
                self.wait(self.service.pause_s)
            self.sent += 1
            try:
                found = self.service.ask(address)
            except _REFUSED as error:
                raise self._no_answer(error) from error
            except GeopyError as error:
                if attempt + 1 == _ATTEMPTS:
                    raise self._no_answer(error) from error
                # What a busy service asks for, else twice as long every time.
                wanted = error.retry_after if isinstance(error, GeocoderRateLimited) else None
                self.wait(min(float(wanted or _FIRST_PAUSE_S * 2**attempt), _LONGEST_PAUSE_S))
            else:
                break
        if found is None:
            answer = {}
        else:
            answer = {
                "lon": found.longitude,
                "lat": found.latitude,
                "found": found.address,
                "exact": self.service.exact(found),
            }
        write_json(path, {"service": self.service.name, "address": address, "answer": answer})
        return answer

    def _no_answer(self, error: GeopyError) -> InputError:
        return InputError(
            "{service} does not answer ({reason}). Is there a connection to the internet, "
            "and is the key right?",
            service=TITLES[self.service.name],
            reason=self._reason(error),
        )

    def _reason(self, error: GeopyError) -> Text | str:
        """What went wrong, without the question: a message may repeat it, with the key in it."""
        if isinstance(error, GeocoderTimedOut):
            return text("no answer in time")
        if isinstance(error, GeocoderUnavailable):
            return text("no connection")
        said = " ".join(str(error).split())[:200] or type(error).__name__
        return said.replace(self.service.key, "…") if self.service.key else said

    def _path(self, address: str) -> Path:
        digest = hashlib.sha256(f"{self.service.name}|{address}".encode()).hexdigest()[:32]
        return self.cache / f"{digest}.json"


def propose(addresses: Sequence[tuple[str, str]], asker: Asker, *, progress: Progress = silent) -> Proposals:
    """Ask for (row id, address) one after the other; the first failure ends the asking and is told.

    Nothing is taken for exact: every place carries the text that was found.
    """
    places: dict[str, Place] = {}
    rough: dict[str, str] = {}
    unknown: list[str] = []
    for number, (row, address) in enumerate(addresses):
        progress(
            number / len(addresses),
            text("Looking up address {number} of {count}", number=number + 1, count=len(addresses)),
        )
        try:
            answer = asker.ask(address)
        except InputError as error:
            return Proposals(places, rough, tuple(unknown), error.message)
        if not answer:
            unknown.append(row)
        elif answer["exact"]:
            places[row] = Place(answer["lon"], answer["lat"], ADDRESS, answer["found"], address=address)
        else:
            rough[row] = str(answer["found"])
    return Proposals(places, rough, tuple(unknown))


def _read(path: Path) -> Mapping[str, Any] | None:
    """A kept answer; None if there is none, or it cannot be read: then the service is asked again."""
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))["answer"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return answer if isinstance(answer, dict) else None
