"""Drafts → degrees in the list's own datum; pairs that cannot be a place are refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.text import Text, text
from coverage.model.tables import Bools, Floats
from data.intake.datum.placing import (
    IMPOSSIBLE,
    METRES,
    SCALED,
    SWAPPED,
    ZERO,
    Bounds,
    Ranges,
    judge_ranges,
)
from data.intake.datum.projection import candidates, easting_northing, is_geographic, to_degrees
from data.intake.decisions import LIST
from data.intake.drafts import REFUSED, Draft
from data.intake.findings import ERROR, WARNING, Notebook
from data.intake.tables.sheets import Table

_COARSE_DECIMALS: Final = 2
_FINE_DECIMALS: Final = 4
_LEAST_METRES: Final = 1e4
_OF_DEGREES: Final = re.compile(r"经|纬|lon|lng|lat")


@dataclass(frozen=True)
class Located:
    """Degrees of the drafts of one table, NaN where there are none; still in the list's own datum.

    `metres` are the rows given as metres of a system that is not settled: there `lon`, `lat` hold
    easting and northing and `systems` names what they can be.
    """

    lon: Floats
    lat: Floats
    metres: Bools
    systems: tuple[str, ...] = ()


def locate(drafts: Sequence[Draft], table: Table, notes: Notebook, area: Bounds | None) -> Located:
    """Judge the numbers of one table's drafts; sets the outcome of those that cannot be a place."""
    first = np.array([d.first.value if d.first else np.nan for d in drafts])
    second = np.array([d.second.value if d.second else np.nan for d in drafts])
    if table.sheet.crs and is_geographic(table.sheet.crs) is False:
        first, second = to_degrees(first, second, table.sheet.crs)
        return Located(first, second, np.zeros(len(first), bool))
    title = table.places[0].title if table.places and table.sheet.points is None else ""
    found = judge_ranges(first, second, area, planar=bool(title) and not _OF_DEGREES.search(title.lower()))
    lon, lat = found.lon.copy(), found.lat.copy()
    given = np.isfinite(first) & np.isfinite(second)
    teller = _Teller(drafts, table, notes)
    teller.tell_swapped(found, given)
    teller.tell_scaled(found, given)
    teller.tell_impossible(found, given)
    teller.tell_coarse(found, given)
    if table.places and table.places[0].suspicious and table.sheet.points is None:
        notes.note(WARNING, "maybe-minutes", _MAYBE_MINUTES, row=table.header_row, column=table.place_column)
    metres = given & (found.kind == METRES)
    east, north, neither = easting_northing(first[metres], second[metres])
    lon[metres], lat[metres] = east, north
    for row in np.flatnonzero(metres)[neither].tolist():
        teller.refuse(row, "impossible-coordinates", teller.impossible(row))
        metres[row] = False
    dropped = np.array([d.placeless or d.outcome == REFUSED for d in drafts], bool) & ~metres
    lon[dropped | ~given], lat[dropped | ~given] = np.nan, np.nan
    systems = candidates(lon[metres], lat[metres]) if metres.any() else ()
    return Located(lon, lat, metres, systems)


@dataclass(frozen=True)
class _Teller:
    drafts: Sequence[Draft]
    table: Table
    notes: Notebook

    def _column(self) -> tuple[str, int]:
        return self.table.place_column

    def refuse(self, row: int, code: str, message: Text) -> None:
        """Whoever is set aside anyway only loses the place, with a warning."""
        draft = self.drafts[row]
        draft.lose_place()
        level = ERROR if draft.outcome == REFUSED else WARNING
        self.notes.note(level, code, message, row=draft.row, column=self._column())

    def impossible(self, row: int) -> Text:
        draft = self.drafts[row]
        first = draft.first.value if draft.first else np.nan
        second = draft.second.value if draft.second else np.nan
        if min(abs(first), abs(second)) > _LEAST_METRES:
            return text(
                "{first} and {second} fit no national system: they are probably metres of a city's own grid. "
                "Ask for them in CGCS2000 (with the central meridian), or as longitude and latitude.",
                first=_number(first),
                second=_number(second),
            )
        return text(
            "Longitude {lon} and latitude {lat} are no place on earth; "
            "a digit or the decimal point may be wrong.",
            lon=_number(first),
            lat=_number(second),
        )

    def tell_swapped(self, found: Ranges, given: Bools) -> None:
        """A whole table with its columns swapped is mended and said so; a single row is refused."""
        swapped = given & ((found.kind == SWAPPED) | found.turned)
        if not swapped.any():
            return
        if 2 * swapped.sum() > (given & (found.kind <= SCALED)).sum():
            self.notes.note(
                WARNING,
                "swapped-columns",
                text(
                    "In {count} {count:row|rows} longitude and latitude stand in each other's column; "
                    "they were exchanged.",
                    count=int(swapped.sum()),
                ),
                row=self.table.header_row,
                column=self._column(),
            )
            return
        for row in np.flatnonzero(swapped).tolist():
            lon, lat = found.lat[row], found.lon[row]
            self.drafts[row].mend = (float(lat), float(lon))
            self.refuse(
                row,
                "swapped-coordinates",
                text(
                    "Longitude {lon} lies outside 73–136; are longitude and latitude swapped? "
                    "Write longitude {lat} and latitude {lon}.",
                    lon=_number(lon),
                    lat=_number(lat),
                ),
            )

    def tell_scaled(self, found: Ranges, given: Bools) -> None:
        for row in np.flatnonzero(given & (found.kind == SCALED)).tolist():
            self.notes.tally(
                "scaled-coordinates",
                text(
                    "“{written}” was read as {value} degrees (the decimal point is missing).",
                    written=_number(found.lon[row] * found.scale[row]),
                    value=_number(found.lon[row]),
                ),
                self.drafts[row].row,
                self._column(),
            )
        self.notes.flush()

    def tell_impossible(self, found: Ranges, given: Bools) -> None:
        for row in np.flatnonzero(given & (found.kind == IMPOSSIBLE)).tolist():
            self.refuse(row, "impossible-coordinates", self.impossible(row))
        for row in np.flatnonzero(given & (found.kind == ZERO)).tolist():
            self.refuse(
                row,
                "zero-coordinates",
                text("Longitude and latitude are both 0, which stands for missing. Write the true ones."),
            )

    def tell_coarse(self, found: Ranges, given: Bools) -> None:
        """Two decimals are a kilometre: refused. Three are a hundred metres: warned.

        Not where an earlier check wrote that somebody placed it: a round number is chance there.
        """
        given = given & np.array([d.values["located_by"] == LIST for d in self.drafts], bool)
        for row in np.flatnonzero(given & (found.kind <= SWAPPED)).tolist():
            first, second = self.drafts[row].first, self.drafts[row].second
            decimals = max(first.decimals if first else 0, second.decimals if second else 0)
            if decimals <= _COARSE_DECIMALS and self.drafts[row].outcome != REFUSED:
                self.refuse(row, "coarse-coordinates", _COARSE)
            elif decimals < _FINE_DECIMALS:
                self.notes.note(
                    WARNING, "rounded-coordinates", _ROUNDED, row=self.drafts[row].row, column=self._column()
                )


_COARSE: Final = text(
    "The coordinates are rounded to about a kilometre, more than the radius of a station. "
    "Write at least four decimals."
)
_MAYBE_MINUTES: Final = text(
    "No digit pair after the decimal points reaches 60: the numbers may be degrees, minutes and seconds "
    "(118.4720 for 118°47′20″), tens of kilometres from where they were placed. Look at the map."
)
_ROUNDED: Final = text("The coordinates are rounded to about a hundred metres. Write at least four decimals.")


def _number(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")
