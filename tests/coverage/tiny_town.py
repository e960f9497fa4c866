"""A town on a 100 m grid whose every figure can be checked in the head.

One street runs east along y = 0 from x = 0 to x = 2000. Cells of 100 residents each stand on it
every 100 m (x = 0, 100, …, 2000: 21 cells), so straight and walking metres are the same. The
western half (x < 1000) is the urban community W, the eastern half the rural village E; both make
up the street S of the district D.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.model.standard import Standard
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, PopulationGrid, UnitTable
from data.parse_standard import parse_standard
from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork

CRS = "EPSG:32650"
# A corner of the zone well inside it; the town's x and y count from here.
EAST, NORTH = 500_000.0, 3_500_000.0


def place(x: float, y: float = 0.0) -> tuple[float, float]:
    return EAST + x, NORTH + y


def facilities(rows: Sequence[tuple[str, float]], **columns: Sequence[object]) -> FacilityTable:
    """Facilities as (tier, x) on the street; further columns as given."""
    frame = pd.DataFrame(
        {
            "facility_id": [f"f{i}" for i in range(len(rows))],
            "name": [f"{tier} at {x:g}" for tier, x in rows],
            "tier": [tier for tier, _ in rows],
            "x": [place(x)[0] for _, x in rows],
            "y": [place(x)[1] for _, x in rows],
            **columns,
        }
    )
    return FacilityTable(frame, CRS)


def grid(residents: float = 100.0, *, elderly: float = 20.0) -> PopulationGrid:
    x = np.arange(0.0, 2001.0, 100.0)
    n = len(x)
    return PopulationGrid(
        cell_id=np.arange(n),
        xy=np.column_stack([x + EAST, np.full(n, NORTH)]),
        residents=np.full(n, residents),
        area_m2=np.full(n, 10_000.0),
        spacing_m=100.0,
        crs=CRS,
        groups={"elderly": np.full(n, elderly)},
    )


def network() -> WalkNetwork:
    return build_from_lines([shapely.LineString([place(0), place(1000), place(2000)])], [0], crs=CRS)


def units() -> UnitTable:
    def box(west: float, east: float) -> shapely.Geometry:
        return shapely.box(EAST + west, NORTH - 500, EAST + east, NORTH + 500)

    rows = [
        ("D", "东区", "district", "", "", box(-100, 2100)),
        ("S", "南街道", "street", "", "D", box(-100, 2100)),
        ("W", "西苑社区", "community", "urban", "S", box(-100, 950)),
        ("E", "东庄村", "community", "rural", "S", box(950, 2100)),
    ]
    frame = pd.DataFrame(rows, columns=["unit_id", "name", "level", "settlement", "parent_id", "geometry"])
    return UnitTable(gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS))


def study(
    rows: Sequence[tuple[str, float]], *, with_units: bool = True, **columns: Sequence[object]
) -> Study:
    return Study("Tiny", grid(), facilities(rows, **columns), network(), units() if with_units else None)


def standard(*rules: str, speed_kmh: float = 6.0) -> Standard:
    """A standard of rules in TOML; 6 km/h is 100 m a minute."""
    body = "".join(f"\n[[rule]]\n{rule}\n" for rule in rules)
    return parse_standard(f'id = "test"\n[walking]\nspeed_kmh = {speed_kmh}\n{body}', source="test.toml")


RADIUS_500 = 'id = "r"\ncheck = "radius"\ntier = "station"\nserves = ["station", "centre"]\nfigure_m = 500'
WALK_5 = 'id = "w"\ncheck = "walk"\ntier = "any"\nserves = ["station", "centre"]\nfigure_min = 5'
