"""The demo city, made and written; every file says that it is synthetic."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from core.text import Text, text
from data.demo.facilities import Sites, place_facilities
from data.demo.lists import district_lists, write_workbook
from data.demo.local_streets import village_streets, weave_streets
from data.demo.names import CITY, DISTRICTS
from data.demo.people import Land, settle
from data.demo.shapes import Strokes, Warp, join
from data.demo.streets import CLASSES, assemble, main_roads, named
from data.demo.terrain import CRS, ORIGIN_M, Terrain, make_terrain, with_parks
from data.demo.units import Divisions, divide
from data.demo.zones import Zone, make_zones
from geo.crs import WGS84, unproject

SYNTHETIC: Final = text("Synthetic data: a fictional city, for demonstration only.")
Progress = Callable[[float, Text], None]
Dice = Callable[[int], np.random.Generator]
_NAMES: Final = ("facilities.xlsx", "streets.gpkg", "population.parquet", "units.gpkg")
LABEL: Final = "Synthetic data: a fictional city, for demonstration only. 虚构数据，仅供演示。"
# A layer's time stamp is part of its bytes: the day of the document the demo is about.
_STAMP: Final = "2011-08-01T00:00:00.000Z"
_DECIMALS: Final = 7


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
    report(0.05, text("Laying out the streets"))
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


def write_population(path: Path, land: Land) -> None:
    """Populated cells only, in WGS-84 degrees; the label is in the schema's metadata."""
    lived = land.residents > 0
    lon, lat = unproject(land.xy[lived] + ORIGIN_M, CRS)
    table = pa.table(
        {
            "cell_id": land.cell_id[lived],
            "lon": np.round(lon, _DECIMALS),
            "lat": np.round(lat, _DECIMALS),
            "residents": land.residents[lived],
            "elderly": land.elderly[lived],
            "children": land.children[lived],
        }
    )
    about = {"synthetic": "true", "note": LABEL, "crs": WGS84, "grid_crs": CRS, "cell_m": "100"}
    pq.write_table(table.replace_schema_metadata(about), path)


def write_streets(path: Path, streets: Strokes, road: np.ndarray, terrain: Terrain) -> None:
    """Layers `streets`, `water` and `green`."""
    frame = _frame(
        {"highway": np.array(CLASSES, object)[streets.rank], "name": road, "bridge": streets.bridge},
        streets.lines,
    )
    green = {
        **{name: ("hill", g) for name, g in terrain.hills.items()},
        **{n: ("park", g) for n, g in terrain.parks.items()},
    }
    layers = {
        "streets": frame,
        "water": _frame({"name": list(terrain.water)}, np.array(list(terrain.water.values()), object)),
        "green": _frame(
            {"name": list(green), "kind": [kind for kind, _ in green.values()]},
            np.array([shape for _, shape in green.values()], object),
        ),
    }
    _write_layers(path, layers)


def write_units(path: Path, parts: Divisions) -> None:
    """Layer `units`: districts, streets and towns, communities and villages."""
    shapes = parts.polygons
    # Nine and twelve digits in the manner of the statistical codes; 99 is no province.
    street_id: list[str] = []
    used: dict[tuple[int, bool], int] = {}
    for district, town in zip(parts.streets["district"], parts.streets["town"], strict=True):
        used[district, town] = used.get((district, town), 0) + 1
        street_id.append(f"9901{district + 1:02d}{used[district, town] + (100 if town else 0):03d}")
    community_id: list[str] = []
    seen: dict[tuple[int, bool], int] = {}
    for street, rural in zip(parts.street, parts.rural, strict=True):
        seen[street, rural] = seen.get((street, rural), 0) + 1
        community_id.append(f"{street_id[street]}{seen[street, rural] + (200 if rural else 0):03d}")
    above = [f"9901{k + 1:02d}" for k in range(len(DISTRICTS))]
    communities = {
        "unit_id": community_id,
        "name": parts.name,
        "level": "community",
        "parent_id": [street_id[k] for k in parts.street],
        "settlement_code": parts.code,
        "settlement": np.where(parts.rural, "rural", "urban"),
    }
    streets = _upper(
        street_id, list(parts.streets["name"]), "street", [above[k] for k in parts.streets["district"]]
    )
    districts = _upper(above, list(DISTRICTS), "district", [""] * len(above))
    table = pd.concat([pd.DataFrame(part) for part in (districts, streets, communities)], ignore_index=True)
    outlines = [
        *(shapely.coverage_union_all(shapes[parts.district == k]) for k in range(len(above))),
        *(shapely.coverage_union_all(shapes[parts.street == k]) for k in range(len(street_id))),
        *shapes,
    ]
    _write_layers(path, {"units": _frame({str(c): table[c] for c in table}, np.array(outlines, object))})


def _upper(ids: list[str], names: list[str], level: str, parents: list[str]) -> dict[str, object]:
    return {
        "unit_id": ids,
        "name": names,
        "level": level,
        "parent_id": parents,
        "settlement_code": "",
        "settlement": "",
    }


def _frame(columns: Mapping[str, object], shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.transform(shapes, _to_degrees), crs=WGS84)


def _to_degrees(xy: np.ndarray) -> np.ndarray:
    """Rounded to a centimetre, so that vertices shared in metres are equal in degrees too."""
    return np.round(np.column_stack(unproject(xy + ORIGIN_M, CRS)), _DECIMALS)


def _write_layers(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    about = {"synthetic": "true", "note": LABEL, "city": CITY}
    with _fixed_clock():
        for number, (name, frame) in enumerate(layers.items()):
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                append=number > 0,
                layer_options={"DESCRIPTION": json.dumps(about, ensure_ascii=False), "IDENTIFIER": name},
                layer_metadata=about,
            )


@contextmanager
def _fixed_clock() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
