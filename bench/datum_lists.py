"""Lists with a known answer for `bench.datum`: true places, moved about, declared, shifted, mixed.

Places come from the demo city (its communities are declared; no buildings) and, where the data lie
beside the project, from central Nanjing: buildings of OpenStreetMap, of which 100, 50 or 20 % are
shown to the tool, and communities of about 600 m drawn around random points of it. Two rows in a
hundred declare a wrong community.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.model.tables import UnitTable
from data.demo import write_demo
from data.formats.raw import RawSheet
from data.intake import read_facilities
from data.intake.datum.likelihood import HYPOTHESES, UNKNOWN, place
from data.intake.datum.placing import Bounds
from data.intake.datum.reference import Reference, read_reference
from data.intake.decisions import LIST
from data.intake.drafts import Draft
from data.intake.findings import Notebook
from data.intake.groups import Context
from data.intake.locate import locate
from data.intake.tables.notation import Angle
from data.intake.tables.sheets import Table
from data.units import read_units
from geo.crs import project, unproject
from geo.datum import SYSTEMS, convert

CORE: Final = (
    Path(__file__).parents[1] / ".." / "shared" / "data" / "nanjing_core" / "streets_buildings_pois.gpkg"
)
DISTRICTS: Final = CORE.parents[1] / "nanjing_units" / "districts_wgs84.geojson"
CRS: Final = "EPSG:4549"
SIZES: Final = (5, 10, 20, 50, 200)
NOISES_M: Final = (10, 25, 50, 100, 150)
MISTAKES: Final = tuple(h.id for h in HYPOTHESES if h.system == UNKNOWN)
PROJECTED: Final = ("EPSG:4549", "EPSG:4528", "EPSG:32650")
KINDS: Final = {
    "wgs84": 0.25, "gcj02": 0.2, "bd09": 0.15, "mistake": 0.1, "swapped": 0.05, "projected": 0.05,
    "sheets": 0.1, "shuffled": 0.1,
}  # fmt: skip
WRONGLY_DECLARED: Final = 0.02
_COMMUNITY_M: Final = 600.0
_LEVELS: Final = ("district", "street", "community")


@dataclass(frozen=True)
class Evidence:
    """What the tool is shown: a share of the `buildings` (0: none), and whether rows declare units."""

    ground: str
    buildings: float
    declared: bool

    @property
    def title(self) -> str:
        shown = [f"{self.buildings:.0%} of buildings"] * (self.buildings > 0)
        shown += [f"{'districts' if 'districts' in self.ground else 'communities'} declared"] * self.declared
        return f"{self.ground}: {', '.join(shown) or 'nothing'}"


@dataclass(frozen=True)
class Ground:
    """True places (metric), what they may declare, the units and the buildings there."""

    xy: np.ndarray
    declared: pd.DataFrame
    units: UnitTable
    buildings: np.ndarray

    def context(self, shown: Evidence, random: np.random.Generator) -> Context:
        """The tool's knowledge; which buildings are mapped is drawn anew."""
        nothing = np.array([], object)
        mapped = self.buildings[random.random(len(self.buildings)) < shown.buildings]
        reference = Reference(mapped, (), nothing, nothing) if shown.buildings else None
        units, area = (self.units, self.area) if shown.declared else (None, None)
        return Context(units, reference, area)

    @cached_property
    def area(self) -> Bounds:
        """Of the units, in degrees."""
        west, south, east, north = self.units.frame.to_crs("EPSG:4326").total_bounds
        return float(west), float(south), float(east), float(north)


def demo_ground() -> Ground:
    with tempfile.TemporaryDirectory() as folder:
        files = write_demo(Path(folder))
        units = read_units(files.units, crs=CRS).table
        known = read_facilities([files.facilities], datum="wgs84").accepted
    xy = project(known["lon"], known["lat"], CRS)
    return Ground(xy, known[list(_LEVELS)], units, np.array([], object))


def core_ground() -> Ground:
    buildings = read_reference(CORE).buildings
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(buildings)).T
    xy = project(lon, lat, CRS)
    units = _communities(xy)
    shapes = np.asarray(units.frame.geometry.array, object)
    lies_in = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
    number = np.zeros(len(xy), int)
    number[lies_in[0]] = lies_in[1]
    declared = pd.DataFrame("", index=range(len(xy)), columns=list(_LEVELS))
    declared["community"] = units.frame["name"].to_numpy(str)[number]
    return Ground(xy, declared, units, buildings)


def district_ground(core: Ground) -> Ground:
    """The places and buildings of the core, that declare no more than the city's true districts."""
    units = read_units(DISTRICTS, crs=CRS).table
    places = shapely.points(core.xy)
    place, unit = shapely.STRtree(places).query(
        np.asarray(units.frame.geometry.array, object), predicate="contains"
    )[::-1]
    declared = pd.DataFrame("", index=range(len(core.xy)), columns=list(_LEVELS))
    declared.loc[place, "district"] = units.frame["name"].to_numpy(object)[unit]
    return Ground(core.xy, declared, units, core.buildings)


def _communities(xy: np.ndarray) -> UnitTable:
    random = np.random.default_rng(2018)
    extent = shapely.box(*xy.min(axis=0), *xy.max(axis=0)).buffer(300)
    count = max(int(extent.area / _COMMUNITY_M**2), 4)
    seeds = shapely.MultiPoint(xy[random.choice(len(xy), count, replace=False)])
    cells = shapely.get_parts(
        shapely.intersection(shapely.voronoi_polygons(seeds, extend_to=extent).geoms, extent)
    )
    names = [f"第{k}社区" for k in range(len(cells))]
    fixed = {"level": "community", "settlement": "urban", "parent_id": ""}
    return UnitTable(
        gpd.GeoDataFrame({"unit_id": names, "name": names, **fixed}, geometry=list(cells), crs=CRS)
    )


@dataclass(frozen=True)
class Drawn:
    """A list as the tool gets it (`frame`, `tables`), and where each row truly was taken (degrees)."""

    kind: str
    frame: pd.DataFrame
    tables: list[Table]
    lon: np.ndarray
    lat: np.ndarray
    truth: str

    @cached_property
    def mixed(self) -> bool:
        return self.kind in ("sheets", "shuffled")


def draw(ground: Ground, kind: str, n: int, noise_m: float, random: np.random.Generator) -> Drawn:
    """n rows of the ground, each moved by `noise_m` in the root mean square, written as `kind` says."""
    rows = random.choice(len(ground.xy), min(n, len(ground.xy)), replace=False)
    xy = ground.xy[rows] + random.normal(0, noise_m / np.sqrt(2), (len(rows), 2))
    declared = ground.declared.iloc[rows].reset_index(drop=True)
    wrong = np.flatnonzero(random.random(len(rows)) < WRONGLY_DECLARED)
    declared.iloc[wrong] = ground.declared.iloc[
        random.integers(0, len(ground.declared), len(wrong))
    ].to_numpy()
    lon, lat = unproject(xy, CRS)
    first, second, part, truth = _WRITERS[kind](lon, lat, random)
    tables = [Table("", RawSheet("", []), {}, (), (), (), 0) for _ in range(int(part.max()) + 1)]
    drafts = [
        Draft(0, k, values={"located_by": LIST}, first=Angle(float(x)), second=Angle(float(y)))
        for k, (x, y) in enumerate(zip(first, second, strict=True))
    ]
    located = locate(drafts, tables[0], Notebook("", ""), ground.area)
    given = {"given_lon": located.lon, "given_lat": located.lat, "metres": located.metres}
    silent = {"name": "", "source": "", "said": "", "mend_lon": np.nan, "mend_lat": np.nan}
    frame = declared.assign(table=part, **silent, **given)
    return Drawn(kind, frame, tables, lon, lat, truth)


Written = tuple[np.ndarray, np.ndarray, np.ndarray, str]


def _one_system(system: str) -> Callable[[np.ndarray, np.ndarray, np.random.Generator], Written]:
    def write(lon: np.ndarray, lat: np.ndarray, _: np.random.Generator) -> Written:
        x, y = convert(lon, lat, "wgs84", system)
        return np.round(x, 6), np.round(y, 6), np.zeros(len(lon), int), system

    return write


def _mistake(lon: np.ndarray, lat: np.ndarray, random: np.random.Generator) -> Written:
    """The numbers that one mistake of conversion leads back to the truth, by fixed-point iteration."""
    chosen = str(random.choice(MISTAKES))
    hypothesis = next(h for h in HYPOTHESES if h.id == chosen)
    x, y = lon.copy(), lat.copy()
    for _ in range(40):
        back = place(hypothesis, x, y)
        x, y = x + 0.7 * (lon - back[0]), y + 0.7 * (lat - back[1])
    return np.round(x, 6), np.round(y, 6), np.zeros(len(lon), int), hypothesis.id


def _swapped(lon: np.ndarray, lat: np.ndarray, random: np.random.Generator) -> Written:
    x, y, part, system = _one_system(str(random.choice(SYSTEMS)))(lon, lat, random)
    return y, x, part, system


def _projected(lon: np.ndarray, lat: np.ndarray, random: np.random.Generator) -> Written:
    """Metres, in half of the lists in the surveyors' order."""
    crs = str(random.choice(PROJECTED))
    east, north = np.round(project(lon, lat, crs), 2).T
    part = np.zeros(len(lon), int)
    return (north, east, part, crs.lower()) if random.random() < 0.5 else (east, north, part, crs.lower())


def _sheets(lon: np.ndarray, lat: np.ndarray, random: np.random.Generator) -> Written:
    return _mixture(lon, lat, np.arange(len(lon)) < random.uniform(0.3, 0.5) * len(lon), random, apart=True)


def _shuffled(lon: np.ndarray, lat: np.ndarray, random: np.random.Generator) -> Written:
    return _mixture(lon, lat, random.random(len(lon)) < random.uniform(0.3, 0.5), random, apart=False)


def _mixture(
    lon: np.ndarray, lat: np.ndarray, other: np.ndarray, random: np.random.Generator, *, apart: bool
) -> Written:
    first, second = (str(name) for name in random.choice(SYSTEMS, 2, replace=False))
    x, y = convert(lon, lat, "wgs84", first)
    x[other], y[other] = convert(lon[other], lat[other], "wgs84", second)
    truth = f"{first}+{second}" if 0 < other.sum() < len(other) else second if other.all() else first
    return np.round(x, 6), np.round(y, 6), other.astype(int) * apart, truth


_WRITERS: Final = {
    **{system: _one_system(system) for system in SYSTEMS},
    "mistake": _mistake, "swapped": _swapped, "projected": _projected,
    "sheets": _sheets, "shuffled": _shuffled,
}  # fmt: skip
