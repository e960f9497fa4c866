"""The generated city of `bench/city.py` as the files that a city really has.

    python -m bench.city_files DIR --size 0.25

Streets as `streets.osm.pbf`; residents as a GeoTIFF in degrees and one in metres, points of the metric
grid, points that stand off any lattice, and hexagons as polygons; one workbook a district; units with
their settlement. Every file of residents holds the same people: those in degrees, off the lattice and in
hexagons are what the city's density gives at their own places, scaled to the same total.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import osmium.osm.mutable as writing
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

from bench.city import CELL_M, CORNER, CRS, Shape, density, make_city, make_grid
from coverage.model.study import Study
from coverage.model.tables import PopulationGrid
from geo.crs import WGS84, project, unproject
from geo.network.network import WalkNetwork

# As WorldPop and ASPECT cut their pixels: three seconds of arc.
DEGREES = 1 / 1200
HEXAGON_M = 250.0
# How far points stand off their lattice, in parts of a cell.
OFF = 0.3
TIERS = {"centre": "中心", "station": "服务站"}
KINDS = ("degrees", "metres", "points", "degree_points", "scattered", "hexagons")


@dataclass(frozen=True)
class CityFiles:
    """Where the files are; `population` by kind (`KINDS`)."""

    streets: Path
    units: Path
    workbooks: tuple[Path, ...]
    population: dict[str, Path]


def write_city(folder: Path, *, size: float = 1.0, seed: int = 7) -> CityFiles:
    """Write all files of a city into `folder`; the same size and seed give the same city."""
    folder.mkdir(parents=True, exist_ok=True)
    city, shape = make_city(size, seed), Shape(size, seed)
    files = CityFiles(
        folder / "streets.osm.pbf",
        folder / "units.gpkg",
        tuple(_workbooks(city, folder)),
        _population(shape, folder),
    )
    _streets(city.network, files.streets)
    if city.units is not None:
        city.units.frame.to_file(files.units)
    return files


def _streets(network: WalkNetwork, path: Path) -> None:
    """Every edge is a way; its ends are shared nodes, its bends are its own."""
    count = np.diff(network.vertex_start)
    first, last = network.vertex_start[:-1], network.vertex_start[1:] - 1
    number = np.full(len(network.vertex_xy), -1, np.int64)
    number[first], number[last] = network.edge_nodes[:, 0] + 1, network.edge_nodes[:, 1] + 1
    bends = np.flatnonzero(number < 0)
    number[bends] = len(network.node_xy) + 1 + np.arange(len(bends))
    lon, lat = unproject(np.vstack([network.node_xy, network.vertex_xy[bends]]), network.crs)
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for row, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), start=1):
            writer.add_node(writing.Node(id=row, location=place))
        ways = np.split(number, np.cumsum(count)[:-1])
        for row, (nodes, large) in enumerate(zip(ways, network.edge_class, strict=True), start=1):
            highway = "tertiary" if large else "residential"
            writer.add_way(writing.Way(id=row, nodes=nodes.tolist(), tags={"highway": highway}))


def _workbooks(city: Study, folder: Path) -> list[Path]:
    """The facilities, a workbook for each district they lie in."""
    lon, lat = city.facilities.lonlat()
    frame = pd.DataFrame(
        {
            "名称": city.facilities.frame["name"],
            "类型": city.facilities.frame["tier"].map(TIERS),
            "经度": np.round(lon, 6),
            "纬度": np.round(lat, 6),
            "床位": city.facilities.frame["places"].astype(int),
        }
    )
    district = city.facilities_in.rows["district"]
    paths = []
    for row in np.unique(district).tolist():
        paths.append(folder / f"facilities_{row + 1:02}.xlsx")
        frame[district == row].to_excel(paths[-1], index=False)
    return paths


def _population(shape: Shape, folder: Path) -> dict[str, Path]:
    grid = make_grid(shape)
    total = grid.total
    paths = {
        "degrees": folder / "population_degrees.tif",
        "metres": folder / "population_metres.tif",
        "points": folder / "population_points.parquet",
        "degree_points": folder / "population_degree_points.parquet",
        "scattered": folder / "population_scattered.parquet",
        "hexagons": folder / "population_hexagons.gpkg",
    }
    n = round(float(np.sqrt(len(grid))))
    corner = float(CORNER[0]), float(CORNER[1])
    _raster(paths["metres"], grid.residents.reshape(n, n)[::-1], CRS, (*corner, CELL_M))
    _points(paths["points"], grid, grid.xy, grid.residents)
    west, south, columns, rows = _degrees_over(grid)
    lon, lat = (
        at.ravel()
        for at in np.meshgrid(
            west + (np.arange(columns) + 0.5) * DEGREES, south + (np.arange(rows) + 0.5) * DEGREES
        )
    )
    residents = _residents(project(lon, lat, CRS), shape, total)
    _raster(paths["degrees"], residents.reshape(rows, columns)[::-1], WGS84, (west, south, DEGREES))
    kept = residents > 0
    pd.DataFrame({"lon": lon[kept], "lat": lat[kept], "residents": residents[kept]}).to_parquet(
        paths["degree_points"]
    )
    dice = np.random.default_rng(shape.seed + 9)
    off = grid.xy + dice.uniform(-OFF, OFF, grid.xy.shape) * CELL_M
    _points(paths["scattered"], grid, off, grid.residents)
    _hexagons(paths["hexagons"], shape, total)
    return paths


def _degrees_over(grid: PopulationGrid) -> tuple[float, float, int, int]:
    """West, south, columns and rows of the pixels in degrees over the ground of a grid."""
    lon, lat = grid.lonlat()
    west, south = (np.floor(at.min() / DEGREES) * DEGREES for at in (lon, lat))
    return (
        float(west),
        float(south),
        *(int(np.ceil((at.max() - low) / DEGREES)) for at, low in ((lon, west), (lat, south))),
    )


def _residents(xy: np.ndarray, shape: Shape, total: float) -> np.ndarray:
    """What the density gives at places of one size, nobody outside the city, scaled to a total."""
    inside = ((xy >= CORNER) & (xy < CORNER + shape.side_m)).all(axis=1)
    found = np.where(inside, density(xy - CORNER, shape), 0.0)
    return np.asarray(found * total / found.sum())


def _raster(path: Path, values: np.ndarray, crs: str, where: tuple[float, float, float]) -> None:
    """Residents a pixel; `where` is west, south and the pixel's side."""
    rows, columns = values.shape
    west, south, side = where
    transform = from_origin(west, south + rows * side, side, side)
    how = {"driver": "GTiff", "count": 1, "dtype": "float32", "compress": "deflate", "nodata": -99999.0}
    with rasterio.open(path, "w", width=columns, height=rows, crs=crs, transform=transform, **how) as out:
        out.write(np.where(values > 0, values, -99999.0).astype(np.float32), 1)
        out.update_tags(UNITS="people per pixel")


def _points(path: Path, grid: PopulationGrid, xy: np.ndarray, residents: np.ndarray) -> None:
    lon, lat = unproject(xy, CRS)
    columns = {"cell_id": grid.cell_id, "lon": lon, "lat": lat, "residents": residents}
    pd.DataFrame(columns | dict(grid.groups)).to_parquet(path)


def _hexagons(path: Path, shape: Shape, total: float) -> None:
    columns, rows = int(shape.side_m / HEXAGON_M), int(shape.side_m / (HEXAGON_M * np.sqrt(3) / 2))
    column, row = (at.ravel() for at in np.meshgrid(np.arange(columns), np.arange(rows)))
    xy = CORNER + np.column_stack([column + 0.5 + row % 2 / 2, (row + 0.5) * np.sqrt(3) / 2]) * HEXAGON_M
    turn = np.pi / 6 + np.arange(6) * np.pi / 3
    corners = HEXAGON_M / np.sqrt(3) * np.column_stack([np.cos(turn), np.sin(turn)])
    residents = _residents(xy, shape, total)
    kept = residents > 0
    frame = gpd.GeoDataFrame(
        {"residents": residents[kept]}, geometry=shapely.polygons(xy[kept][:, None] + corners), crs=CRS
    )
    frame.to_file(path)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--size", type=float, default=1.0)
    options = asked.parse_args()
    files = write_city(options.folder, size=options.size)
    for path in (files.streets, files.units, *files.workbooks, *files.population.values()):
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path}")


if __name__ == "__main__":
    main()
