"""Facilities that have only an address: where a geocoder puts them. Proposals, never taken for exact."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from core.progress import Progress, silent
from core.text import Text, text
from data.geocode import KEYS, Asker, Proposals, open_service, propose
from data.geocode.services import Service
from data.intake.findings import INFO, WARNING, Finding
from data.intake.review import ToLocate
from jobs.lists.check import CheckReport, place_rows

# Answers of geocoders, remembered by service and address; safe to delete.
ANSWERS: Final = Path(__file__).parents[2] / ".cache" / "geocode"
_LOOK_S: Final = 0.2


def service_with(name: str, key: str = "") -> Service:
    """A service by its name ("tianditu", "nominatim"), with a key in place of that of the environment.

    SettingError for another service, or without the key that it needs.
    """
    own = {KEYS[name]: key} if key and name in KEYS else {}
    return open_service(name, {**os.environ, **own})


def key_is_missing(service: str) -> bool:
    """Whether a service wants a key that the environment does not give."""
    return service in KEYS and not os.environ.get(KEYS[service], "").strip()


def to_ask(report: CheckReport) -> tuple[ToLocate, ...]:
    """Facilities with an address that nobody placed yet."""
    return tuple(row for row in report.to_locate() if row.lon is None and row.address)


def propose_places(
    report: CheckReport,
    service: Service,
    *,
    city: str = "",
    cache: Path = ANSWERS,
    wait: Callable[[float], None] = time.sleep,
    progress: Progress = silent,
) -> Proposals:
    """Where a geocoder puts the addresses of facilities that nobody placed yet.

    Look at them, and hand `places` to `place_rows`, or all to `with_proposals`. `city` and the declared
    district are written before addresses that do not name them. Answers are remembered in `cache`, so
    what was stopped goes on from there. That the service does not answer is in `problem`.
    """
    patient = _Patient(progress, wait)
    asker = Asker(service, cache, patient.wait)
    asked = [(row.row_id, whole_address(row, city)) for row in to_ask(report)]
    return propose(asked, asker, progress=patient.report)


class _Patient:
    """Waits that can be stopped: progress is told again and again meanwhile."""

    def __init__(self, progress: Progress, wait: Callable[[float], None]) -> None:
        self._progress, self._wait, self._last = progress, wait, (0.0, text("One moment …"))

    def report(self, share: float, doing: Text) -> None:
        self._last = (share, doing)
        self._progress(share, doing)

    def wait(self, seconds: float) -> None:
        for _ in range(math.ceil(seconds / _LOOK_S)):
            self._wait(min(_LOOK_S, seconds))
            self._progress(*self._last)


def require_service(service: str) -> None:
    """SettingError at once if a service is asked for that cannot be: before lists are read. "" asks none."""
    if service:
        open_service(service)


def whole_address(row: ToLocate, city: str = "") -> str:
    """City, declared district and address, nothing twice."""
    whole = row.address
    for part in (row.unit.partition(" ")[0], city):
        whole = whole if part in whole else part + whole
    return whole


def with_proposals(report: CheckReport, found: Proposals) -> CheckReport:
    """The check with proposals taken: the rows are accepted, say so in `located_by`, and have a finding.

    What was found only roughly, or not at all, is told and stays to be located.
    """
    rows = {row.row_id: row for row in report.to_locate()}
    told = [_told(rows[row], "geocode-rough", _rough(said)) for row, said in found.rough.items()]
    told += [_told(rows[row], "geocode-nothing", _NOTHING) for row in found.unknown]
    if found.problem is not None:
        told.append(Finding("", "", 0, "", WARNING, "geocode-failed", found.problem))
    return place_rows(replace(report, remarks=(*report.remarks, *told)), found.places)


def _told(row: ToLocate, code: str, message: Text) -> Finding:
    return Finding(row.file, row.sheet, row.row, "", INFO, code, message)


def _rough(found: str) -> Text:
    return text(
        "The address was found only as “{found}”, which is a whole street or area; "
        "place the facility on the map.",
        found=found,
    )


_NOTHING: Final = text("The geocoder knows no place of this address; place the facility on the map.")
