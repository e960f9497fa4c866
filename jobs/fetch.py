"""fetch: from a place's name to the input files of a study."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, listed, remarked, text
from data.files import write_bytes, write_csv, write_json
from data.osm_fetch import Place, Servers, Tiers, find_place, open_door, read_tiers
from data.osm_fetch.door import Door
from data.osm_fetch.facilities import fetch_facilities
from data.osm_fetch.place import admin_levels, fetch_units
from data.osm_fetch.streets import Ways, fetch_streets, write_graphml
from data.source import OSM_CREDIT, SOURCE_FILE
from data.vector import write_vector
from data.whole_folder import whole_folder
from geo import __version__

DEFAULT_MARGIN_M: Final = 1250.0
ANSWERS: Final = "osm-answers"
_PRODUCT: Final = ("streets.gpkg", "streets.graphml", "units.gpkg", "facilities.csv", "area.geojson")

Wait = Callable[[float], None]


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

    def next_command(self) -> str:
        """The command line of `assess` with these files; residents must come from elsewhere."""
        units = ["--units", str(self.files["units"])] if "units" in self.files else []
        words = [
            *("python", "cli.py", "assess", "--facilities", str(self.files["facilities"])),
            *("--network", str(self.files["streets"]), *units, "--area", str(self.files["area"])),
            *("--population", "RESIDENTS.tif", "--out", "results"),
        ]
        return " ".join(f'"{word}"' if " " in word else word for word in words)

    def as_json(self) -> dict[str, Any]:
        """The object that `fetch --json` prints."""
        return {
            "format": 1,
            "place": self.place.name,
            "files": {role: str(path) for role, path in self.files.items()},
            "counts": dict(self.counts),
            "credit": OSM_CREDIT,
            "next": self.next_command(),
        }


@dataclass(frozen=True)
class Questions:
    """What `fetch` would ask: tiles of streets, and one question each for the other things."""

    place: Place
    tiles: int
    levels: Mapping[str, str]
    tags: tuple[str, ...]
    kept: int
    servers: Servers

    def as_json(self) -> dict[str, Any]:
        """The object that `fetch --dry-run --json` prints."""
        return {
            "format": 1,
            "place": self.place.name,
            "bounds": list(self.place.outline.bounds),
            "tiles": self.tiles,
            "admin_levels": dict(self.levels),
            "tags": list(self.tags),
            "answers_kept": self.kept,
            "overpass": self.servers.overpass,
            "nominatim": self.servers.nominatim,
        }

    def lines(self) -> tuple[Text, ...]:
        """The same in sentences."""
        west, south, east, north = self.place.outline.bounds
        return (
            text(
                "{place}: {west:.3f} to {east:.3f}° east, {south:.3f} to {north:.3f}° north",
                place=self.place.name,
                west=west,
                south=south,
                east=east,
                north=north,
            ),
            text(
                "{server} would be asked for streets in {tiles} tiles, for units of {levels} and for "
                "facilities by {tags}; {kept} answers are kept already and would not be asked for again.",
                server=self.servers.overpass,
                tiles=self.tiles,
                levels=listed(
                    remarked(level, f"admin_level {number}") for level, number in self.levels.items()
                ),
                tags=listed(self.tags),
                kept=self.kept,
            ),
        )


class _Teller:
    """Progress that remembers how far it was, so that waits can be told in between."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.share = progress, 0.0

    def __call__(self, share: float, doing: Text) -> None:
        self.share = share
        self.progress(share, doing)

    def wait(self, doing: Text) -> None:
        self.progress(self.share, doing)


def plan_fetch(wish: Fetch, *, out: Path, wait: Wait = time.sleep, progress: Progress = silent) -> Questions:
    """Look up the place and say what `fetch` would ask for; nothing else is asked and nothing written
    but the answer to that one question."""
    with _door(wish, out / ANSWERS, wait, _Teller(progress)) as door:
        place = find_place(door, wish.place)
    tags = tuple(sorted({tier.key for tier in wish.tiers}))
    kept = len(list((out / ANSWERS).glob("*.json")))
    tiles = len(place.tiles(wish.margin_m))
    return Questions(place, tiles, admin_levels(wish.country), tags, kept, wish.servers)


def fetch(
    wish: Fetch,
    *,
    out: Path,
    cache: Path | None = None,
    wait: Wait = time.sleep,
    progress: Progress = silent,
) -> Fetched:
    """Write `streets.gpkg`, `streets.graphml`, `units.gpkg`, `facilities.csv`, `area.geojson` to `out`.

    All of them are there in the end, or `out` is as before but for the answers, which are kept in
    `cache` (default: a folder in `out`): a run that was broken off goes on where it stopped.
    UserError where the place is unknown or the servers do not answer.
    """
    report = _Teller(progress)
    with _door(wish, cache or out / ANSWERS, wait, report) as door:
        report(0.0, text("Looking up the place"))
        place = find_place(door, wish.place)
        ways = fetch_streets(door, place.tiles(wish.margin_m), part(report, 0.02, 0.7))
        report(0.7, text("Fetching units"))
        units = fetch_units(door, place, admin_levels(wish.country))
        report(0.8, text("Fetching facilities"))
        facilities = fetch_facilities(door, place, wish.tiers)
    if not len(ways):
        raise InputError("OpenStreetMap has no street that may be walked in “{name}”.", name=place.name)
    with whole_folder(out, product=_PRODUCT) as folder:
        files = {"facilities": folder / "facilities.csv", "area": folder / "area.geojson"}
        write_csv(files["facilities"], facilities)
        write_json(files["area"], place.as_geojson())
        files |= _write_streets(folder, ways, part(report, 0.85, 0.98))
        if len(units):
            files["units"] = folder / "units.gpkg"
            write_vector(files["units"], units, layer="units")
        counts = {"streets": len(ways), "units": len(units), "facilities": len(facilities)}
        _write_source(folder, place, files, counts)
    report(1.0, text("Done"))
    return Fetched(place, {role: out / path.name for role, path in files.items()}, counts)


def _door(wish: Fetch, answers: Path, wait: Wait, report: _Teller) -> AbstractContextManager[Door]:
    return open_door(wish.servers, answers, wait=wait, tr=report.wait)


def _write_streets(folder: Path, ways: Ways, progress: Progress) -> dict[str, Path]:
    files = {"streets": folder / "streets.gpkg", "graphml": folder / "streets.graphml"}
    progress(0.0, text("Writing the streets"))
    write_vector(files["streets"], ways.frame(), layer="streets")
    progress(0.5, text("Writing the streets for OSMnx"))
    write_graphml(files["graphml"], ways, made_with=f"service-circle {__version__} through OSMnx")
    return files


def _write_source(folder: Path, place: Place, files: Mapping[str, Path], counts: Mapping[str, int]) -> None:
    """Where the files come from, by their names alone: the folder may be moved."""
    about = {
        "format": 1,
        "place": place.name,
        "files": {role: path.name for role, path in files.items()},
        "counts": dict(counts),
        "credit": OSM_CREDIT,
    }
    write_json(folder / SOURCE_FILE, about)
    licence = OSM_CREDIT + "\nhttps://www.openstreetmap.org/copyright\n"
    write_bytes(folder / "LICENCE.txt", licence.encode())
