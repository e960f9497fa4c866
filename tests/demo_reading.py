"""The demo city read and measured from its four files alone, by other means than the product's: SQLite, one
graph with a node a vertex, plain arrays. Nothing of the product is imported."""

from __future__ import annotations

import re
import sqlite3
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

CRS = "EPSG:4549"
TIERS = {"公共服务中心": "centre", "公共服务站": "station"}
project = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform


def rows(path: Path, table: str) -> list[sqlite3.Row]:
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    return database.execute(f'select * from "{table}"').fetchall()  # noqa: S608 - a name of this file


def shape(blob: bytes) -> shapely.Geometry:
    """GeoPackage: a header of 8 bytes and an envelope before the WKB; projected to metres."""
    envelope = (0, 32, 48, 48, 64)[(blob[3] >> 1) & 7]
    geometry = shapely.from_wkb(blob[8 + envelope :])
    return shapely.transform(geometry, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1])))


def facilities(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Those that count, and the communities of those that only lack their coordinates."""
    found, waiting = [], []
    for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
        for row in sheet.iter_rows(values_only=True):
            if len(row) < 12 or row[2] not in TIERS or row[11] != "正常":
                continue
            if row[6] is None:
                waiting.append(row[4])
                continue
            beds = int(re.sub(r"\D", "", str(row[9])) or 0)
            found.append({"name": row[1], "tier": TIERS[row[2]], "street": row[3], "community": row[4],
                          "beds": beds, "xy": project(row[6], row[7])})  # fmt: skip
    return found, waiting


class Streets:
    """A node for every vertex, an edge for every piece between two; a bridge shares a vertex only where some
    line ends."""

    def __init__(self, path: Path) -> None:
        number: dict[tuple[Any, ...], int] = {}
        ends, places = [], []
        lines = [(line["fid"], line["bridge"], shapely.get_coordinates(shape(line["geom"])))
                 for line in rows(path, "streets")]  # fmt: skip
        stops = {tuple(np.round(p, 3)) for _, _, xy in lines for p in (xy[0], xy[-1])}
        for fid, bridge, xy in lines:
            at = [tuple(np.round(p, 3)) for p in xy]
            keys = [(*p, f"bridge {fid}" if bridge and p not in stops else "") for p in at]
            for key, place in zip(keys, xy.tolist(), strict=True):
                if number.setdefault(key, len(number)) == len(places):
                    places.append(place)
            ends += [(number[a], number[b]) for a, b in pairwise(keys) if number[a] != number[b]]
        self.xy, self.ends = np.array(places), np.array(ends)
        self.length = np.hypot(*(self.xy[self.ends[:, 0]] - self.xy[self.ends[:, 1]]).T)
        self.tree = shapely.STRtree(shapely.linestrings(self.xy[self.ends]))

    def join(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(piece, metres to it, metres along it from its first end) of the nearest piece of street."""
        points = shapely.points(xy)
        piece = np.empty(len(xy), int)
        at = self.tree.query_nearest(points, all_matches=False)
        piece[at[0]] = at[1]
        lines = self.tree.geometries[piece]
        return piece, shapely.distance(lines, points), shapely.line_locate_point(lines, points)

    def nearest(self, doors: np.ndarray, places: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Metres on foot from each place to the nearest door, and its row; inf beyond 500 m from a street."""
        piece, off, along = self.join(doors)
        n, near = len(self.xy), np.flatnonzero(off <= 500.0)
        legs = np.concatenate([(off + along)[near], (off + self.length[piece] - along)[near]])
        ways = np.column_stack([np.tile(n + near, 2), self.ends[piece[near]].T.ravel()])
        edges, weight = np.vstack([np.sort(self.ends, axis=1), ways]), np.append(self.length, legs)
        order = np.lexsort((weight, edges[:, 1], edges[:, 0]))  # of several between two nodes the shortest
        order = order[(np.diff(edges[order], axis=0, prepend=-1) != 0).any(axis=1)]
        shape_, pairs = (n + len(doors), n + len(doors)), edges[order].T
        graph = coo_array((np.maximum(weight[order], 1e-9), pairs), shape=shape_).tocsr()
        at, _, door = dijkstra(graph + graph.T, indices=n + near, return_predecessors=True, min_only=True)
        cell, leg, start = places
        ends = [
            leg + start + at[self.ends[cell, 0]],
            leg + self.length[cell] - start + at[self.ends[cell, 1]],
        ]
        first = ends[0] <= ends[1]
        metres = np.where(first, *ends)
        owner = door[self.ends[cell, np.where(first, 0, 1)]] - n
        for row, (p, o, a) in enumerate(zip(piece, off, along, strict=True)):  # on one piece: no junction
            here = np.flatnonzero(cell == p)
            straight = leg[here] + abs(start[here] - a) + o
            shorter = straight < metres[here]
            metres[here[shorter]], owner[here[shorter]] = straight[shorter], row
        return np.where(leg <= 500.0, metres, np.inf), owner


def read_city(demo_folder: Path) -> SimpleNamespace:
    """Everything computed from the four files."""
    table = pq.read_table(demo_folder / "population.parquet").to_pydict()
    xy = np.column_stack(project(np.array(table["lon"]), np.array(table["lat"])))
    people, elderly = np.array(table["residents"], float), np.array(table["elderly"], float)
    units = {row["unit_id"]: dict(row) for row in rows(demo_folder / "units.gpkg", "units")}
    small = [u for u in units.values() if u["level"] == "community"]
    tree = shapely.STRtree([shape(u["geom"]) for u in small])
    cell, unit = tree.query(shapely.points(xy), predicate="intersects")
    of_cell = np.full(len(xy), len(small))
    np.minimum.at(of_cell, cell, unit)
    listed, waiting = facilities(demo_folder / "facilities.xlsx")
    at = np.array([f["xy"] for f in listed])
    tier = np.array([f["tier"] for f in listed])
    streets = Streets(demo_folder / "streets.gpkg")
    places = streets.join(xy)
    metres: dict[tuple[str, str], np.ndarray] = {}
    owners: dict[str, np.ndarray] = {}
    for name in ("centre", "station"):
        mine = at[tier == name]
        metres["straight", name] = cKDTree(mine).query(xy)[0]
        metres["walk", name], owner = streets.nearest(mine, places)
        owners[name] = np.flatnonzero(tier == name)[owner]
    urban = np.array([u["settlement"] == "urban" for u in small])[of_cell]
    return SimpleNamespace(
        xy=xy, people=people, elderly=elderly, units=units, small=small, of_cell=of_cell, listed=listed,
        waiting=waiting, shapes=tree.geometries, at=at, tier=tier, metres=metres, owners=owners, urban=urban,
    )  # fmt: skip
