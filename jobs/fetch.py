"""fetch: from a place's name to the input files of a study."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from data.files import write_bytes, write_csv, write_json
from data.osm_fetch import Place, Servers, Tiers, find_place, open_door, read_tiers
from data.osm_fetch.facilities import fetch_facilities
from data.osm_fetch.streets import fetch_streets
from data.osm_fetch.units import admin_levels, fetch_units
from data.vector import write_vector
from geo.errors import InputError
from geo.progress import Progress, part, silent
from geo.text import Text, text
from jobs.inputs import OSM_CREDIT

DEFAULT_MARGIN_M: Final = 1250.0


@dataclass(frozen=True)
class Fetch:
    """What to fetch: a place by name, streets `margin_m` beyond it, units by `country`'s table of levels."""

    place: str
    margin_m: float = DEFAULT_MARGIN_M
    country: str = "cn"
    tiers: Tiers = field(default_factory=read_tiers)
    servers: Servers = field(default_factory=Servers)


@dataclass(frozen=True)
class Fetched:
    """What came: the files by role, how many of each, and the place as OpenStreetMap names it."""

    place: Place
    files: Mapping[str, Path]
    counts: Mapping[str, int]

    def line(self) -> Text:
        """How much came, in a sentence."""
        return text(
            "{place}: {streets:,} streets, {units:,} units, {facilities:,} facilities",
            place=self.place.name,
            **self.counts,
        )

    def as_json(self) -> dict[str, Any]:
        """The object that `fetch --json` prints."""
        return {
            "format": 1,
            "place": self.place.name,
            "files": {role: str(path) for role, path in self.files.items()},
            "counts": dict(self.counts),
            "credit": OSM_CREDIT,
        }


def fetch(
    wish: Fetch,
    *,
    out: Path,
    cache: Path | None = None,
    wait: Callable[[float], None] = time.sleep,
    progress: Progress = silent,
) -> Fetched:
    """Write `streets.gpkg`, `units.gpkg`, `facilities.csv` and `source.json` to `out`.

    Answers are kept in `cache` (default: a folder in `out`), so that a run that was broken off goes
    on where it stopped. UserError where the place is unknown or the servers do not answer.
    """
    with open_door(wish.servers, cache or out / "osm-answers", wait=wait) as door:
        progress(0.0, text("Looking up the place"))
        place = find_place(door, wish.place)
        streets = fetch_streets(door, place.tiles(wish.margin_m), part(progress, 0.02, 0.8))
        progress(0.8, text("Fetching units"))
        units = fetch_units(door, place, admin_levels(wish.country))
        progress(0.9, text("Fetching facilities"))
        facilities = fetch_facilities(door, place, wish.tiers)
    if not len(streets):
        raise InputError("OpenStreetMap has no street that may be walked in “{name}”.", name=place.name)
    files = {"streets": out / "streets.gpkg", "facilities": out / "facilities.csv"}
    write_vector(files["streets"], streets, layer="streets")
    write_csv(files["facilities"], facilities)
    if len(units):
        files["units"] = out / "units.gpkg"
        write_vector(files["units"], units, layer="units")
    counts = {"streets": len(streets), "units": len(units), "facilities": len(facilities)}
    done = Fetched(place, files, counts)
    write_json(out / "source.json", done.as_json())
    write_bytes(out / "LICENCE.txt", (OSM_CREDIT + "\nhttps://www.openstreetmap.org/copyright\n").encode())
    progress(1.0, text("Done"))
    return done
