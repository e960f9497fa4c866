"""The demo city, made and written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely

from core.text import Text, text
from data.demo.facilities import Sites, place_facilities
from data.demo.lists import district_lists, write_workbook
from data.demo.local_streets import village_streets, weave_streets
from data.demo.people import Land, settle
from data.demo.roads import main_roads
from data.demo.shapes import Warp
from data.demo.streets import assemble, named
from data.demo.strokes import Strokes, join
from data.demo.terrain import Terrain, make_terrain, with_parks
from data.demo.units import Divisions, divide
from data.demo.writing import write_population, write_streets, write_units
from data.demo.zones import Zone, make_zones

SYNTHETIC: Final = text("Synthetic data: a fictional city, for demonstration only.")
Progress = Callable[[float, Text], None]
Dice = Callable[[int], np.random.Generator]
_NAMES: Final = ("facilities.xlsx", "streets.gpkg", "population.parquet", "units.gpkg")


@dataclass(frozen=True)
class DemoFiles:
    """Where the four input files lie."""

    facilities: Path
    streets: Path
    population: Path
    units: Path


@dataclass(frozen=True)
class City:
    """Everything about the demo city, in local metres; `nodes` are junctions and dead ends."""

    terrain: Terrain
    zones: tuple[Zone, ...]
    streets: Strokes
    nodes: int
    road: np.ndarray
    land: Land
    parts: Divisions
    facilities: pd.DataFrame
    lists: dict[str, pd.DataFrame]


def write_demo(folder: Path, *, seed: int = 2011, progress: Progress | None = None) -> DemoFiles:
    """Write the demo city's four input files into `folder`, made if it is not there.

    The same seed gives the same files. Files already there are replaced, each at once and whole.
    `progress` is told the share done (0..1) and what is being done.
    """
    report = progress or _silent
    city = make_city(seed=seed, progress=lambda share, what: report(0.8 * share, what))
    folder.mkdir(parents=True, exist_ok=True)
    files = DemoFiles(*(folder / name for name in _NAMES))
    report(0.8, text("Writing the files"))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".demo-") as scratch:
        made = DemoFiles(*(Path(scratch) / name for name in _NAMES))
        write_workbook(made.facilities, city.lists)
        write_streets(made.streets, city.streets, city.road, city.terrain)
        write_population(made.population, city.land)
        write_units(made.units, city.parts)
        for name in _NAMES:
            (Path(scratch) / name).replace(folder / name)
    report(1.0, text("The demo city is written"))
    return files


def make_city(*, seed: int = 2011, progress: Progress | None = None) -> City:
    """Make the city in memory."""
    report = progress or _silent

    def dice(part: int) -> np.random.Generator:
        # A generator of its own for each part: changing one part leaves the others as they are.
        return np.random.default_rng([seed, part])

    report(0.0, text("Laying out river, hills and main roads"))
    ground = make_terrain(dice(0))
    zones = make_zones(ground, dice(1))
    roads = main_roads(ground, zones, dice(10))
    terrain = with_parks(ground, shapely.multilinestrings(roads.lines), dice(2))
    report(0.05, text("Weaving the streets"))
    warp = Warp(dice(3), wavelength_m=1_100)
    quarters = [quarter for zone in zones for quarter in zone.quarters]
    fabric = [
        weave_streets(polygon.buffer(40), weave, warp=warp, rng=dice(100 + number))
        for number, (polygon, weave) in enumerate(quarters)
    ]
    streets, nodes = assemble(roads, join([*fabric, village_streets(terrain, zones, dice(4))]), terrain)
    road = named(streets, dice(7))
    report(0.65, text("Settling the residents"))
    land = settle(terrain, zones, streets, dice(5))
    report(0.8, text("Drawing districts and communities"))
    parts = divide(terrain, zones, land, dice(6))
    report(0.95, text("Placing centres and stations"))
    facilities = place_facilities(zones, land, parts, Sites(terrain, streets, dice(11)), dice(8))
    lists = district_lists(facilities, parts, streets, road, dice(9))
    return City(terrain, zones, streets, nodes, road, land, parts, facilities, lists)


def _silent(_share: float, _what: Text) -> None:
    return None
