"""Writes the demo city's tables; every file says that it is synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from data.demo.names import CITY, DISTRICTS
from data.demo.people import Land
from data.demo.streets import CLASSES
from data.demo.strokes import Strokes
from data.demo.terrain import CRS, ORIGIN_M, Terrain
from data.demo.units import Divisions
from geo.crs import WGS84, unproject

LABEL: Final = "Synthetic data: a fictional city, for demonstration only. 虚构数据，仅供演示。"
# A layer's time stamp is part of its bytes: the day of the document the demo is about.
_STAMP: Final = "2011-08-01T00:00:00.000Z"
_DECIMALS: Final = 7


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
    street_id, community_id = _numbers(parts)
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


def _numbers(parts: Divisions) -> tuple[list[str], list[str]]:
    """Nine and twelve digits in the manner of the statistical codes; 99 is no province."""
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
    return street_id, community_id


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
