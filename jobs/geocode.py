"""Facilities that have only an address: where a geocoder puts them. Proposals, never taken for exact."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from data.geocode import Asker, Proposals, open_service, propose
from data.intake.findings import INFO, WARNING, Finding
from data.intake.review import ToLocate
from geo.progress import Progress, silent
from geo.text import Text, text
from jobs.check import CheckReport, place_rows

# Answers of geocoders, remembered by service and address; safe to delete.
ANSWERS: Final = Path(__file__).parents[1] / ".cache" / "geocode"


def propose_places(
    report: CheckReport,
    service: str,
    *,
    city: str = "",
    cache: Path = ANSWERS,
    wait: Callable[[float], None] = time.sleep,
    progress: Progress = silent,
) -> Proposals:
    """Where a geocoder ("tianditu", "nominatim") puts the addresses of facilities that nobody placed yet.

    Look at them, and hand `places` to `place_rows`, or all to `with_proposals`. `city` and the declared
    district are written before addresses that do not name them. SettingError for another service or
    without its key; that it does not answer is in `problem`.
    """
    asker = Asker(open_service(service), cache, wait)
    lost = [row for row in report.to_locate() if row.lon is None and row.address]
    return propose([(row.row_id, whole_address(row, city)) for row in lost], asker, progress=progress)


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
