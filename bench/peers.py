"""The same work as others do it: OSMnx's way with networkx and geopandas, and pandana's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from coverage.study import Study
from geo.isochrones import Kind, isochrones
from geo.nearest import nearest_on_foot, nearest_straight
from geo.snapping import snap, take

Timed = Callable[..., tuple[Any, float]]
LIMIT_M = 1250.0
ISOCHRONES = 10


def compare_with_osmnx(city: Study, timed: Timed) -> None:
    """Nearest, radius and isochrones, with the ratio of the times; and whether the answers agree."""
    graph = as_networkx(city)
    cells, doors = (snap(city.network, xy, limit_m=500) for xy in (city.grid.xy, city.facilities.xy))
    nodes = nearest_nodes(city, city.facilities.xy)
    theirs, slow = timed(
        "networkx: multi-source Dijkstra, 15 min",
        lambda: nx.multi_source_dijkstra_path_length(
            graph, set(nodes.tolist()), cutoff=LIMIT_M, weight="length"
        ),
    )
    ours, fast = timed(
        "ours: nearest on foot, 15 min, cells",
        lambda: nearest_on_foot(city.network, cells, doors, limit_m=LIMIT_M),
    )
    print(f"    {slow / fast:,.0f} times; they reach {len(theirs):,} junctions, ours {len(ours):,} cells")
    radius(city, timed)
    some = np.arange(min(ISOCHRONES, len(city.facilities)))
    shapes, slow = timed(
        f"OSMnx notebook: ego graph and buffers, {len(some)} facilities",
        lambda: [notebook(graph, city, int(nodes[i])) for i in some],
    )
    mine, fast = timed(
        f"ours: isochrones of {len(some)} facilities alone",
        lambda: isochrones(city.network, take(doors, some), limits_m=[LIMIT_M], kind=Kind.EACH),
    )
    areas = [sum(s.area for s in shapes) / 1e6, sum(s.area for s in mine[0].shape) / 1e6]
    print(f"    {slow / fast:,.0f} times; {areas[0]:.2f} and {areas[1]:.2f} km²")


def radius(city: Study, timed: Timed) -> None:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*city.grid.xy.T), crs=city.grid.crs)
    places = gpd.GeoSeries(gpd.points_from_xy(*city.facilities.xy.T), crs=city.grid.crs)
    theirs, slow = timed(
        "geopandas: buffers, union, within",
        lambda: int(points.within(places.buffer(LIMIT_M).union_all()).sum()),
    )
    ours, fast = timed(
        "ours: nearest in a straight line",
        lambda: int((nearest_straight(city.grid.xy, city.facilities.xy).metres <= LIMIT_M).sum()),
    )
    print(f"    {slow / fast:,.0f} times; {theirs:,} and {ours:,} cells (inscribed buffers lose some)")


def as_networkx(city: Study) -> nx.MultiGraph:
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(city.network.node_xy)))
    for (u, v), length in zip(
        city.network.edge_nodes.tolist(), city.network.edge_length_m.tolist(), strict=True
    ):
        graph.add_edge(u, v, length=length)
    return graph


def nearest_nodes(city: Study, xy: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(city.network.node_xy).query(xy)[1])


def notebook(graph: nx.MultiGraph, city: Study, node: int) -> shapely.Geometry:
    """OSMnx's example 13: the ego graph's edges, buffered and united."""
    part = nx.ego_graph(graph, node, radius=LIMIT_M, distance="length")
    xy = city.network.node_xy
    lines = [shapely.LineString([xy[u], xy[v]]) for u, v in part.edges()]
    buffers = gpd.GeoSeries(lines or [shapely.Point(xy[node])]).buffer(25)
    return buffers.union_all()


def compare_with_pandana(city: Study, folder: Path, timed: Timed) -> None:
    """pandana in an environment of its own: it must not be installed beside this project."""
    python = environment(folder)
    if python is None:
        print("pandana could not be installed here")
        return
    store = folder / "city.npz"
    u, v = city.network.edge_nodes.T
    np.savez(store, xy=city.network.node_xy, u=u, v=v, m=city.network.edge_length_m,
             cells=city.grid.xy, facilities=city.facilities.xy)  # fmt: skip
    script = Path(__file__).with_name("with_pandana.py")
    done = subprocess.run([python, script, store], check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    print(f"{'pandana: build':<58}{answer['build_s']:>9.3f} s")
    print(f"{'pandana: nearest, 15 min, cells':<58}{answer['query_s']:>9.3f} s")
    cells, doors = (snap(city.network, xy, limit_m=500) for xy in (city.grid.xy, city.facilities.xy))
    ours, fast = timed(
        "ours: nearest on foot, 15 min, cells",
        lambda: nearest_on_foot(city.network, cells, doors, limit_m=LIMIT_M),
    )
    reached = int(np.isfinite(ours.metres).sum())
    print(
        f"    {answer['query_s'] / fast:,.0f} times; they reach {answer['reached']:,} cells, ours {reached:,}"
    )
    print("    (theirs snap to junctions and leave out the legs)")


def environment(folder: Path) -> Path | None:
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", "pandana"], check=False)
    return python if done.returncode == 0 else None
