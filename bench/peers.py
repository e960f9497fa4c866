"""The same work as others do it: OSMnx's way with networkx and geopandas, and pandana's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import shapely

from coverage.model.study import Study
from geo.distance.nearest import nearest_on_foot, nearest_straight
from geo.isochrone.isochrones import Kind, isochrones
from geo.network.snapping import Snapped, snap

Timed = Callable[..., tuple[Any, float]]
LIMIT_M = 1250.0


def compare_with_osmnx(city: Study, timed: Timed) -> None:
    """The whole work on a part of the city, step by step, the ratio of each step's times and of all."""
    ratios = _Ratios()
    graph = ratios.add("graph", *_graphs(city, timed))
    cells, doors = ratios.add("snap", *_snapped(graph, city, timed))
    nodes = nearest_nodes(city, city.facilities.xy)
    _, slow = timed(
        "networkx: multi-source Dijkstra, 15 min",
        lambda: nx.multi_source_dijkstra_path_length(
            graph, set(nodes.tolist()), cutoff=LIMIT_M, weight="length"
        ),
    )
    _, fast = timed(
        "ours: nearest on foot, 15 min, cells",
        lambda: nearest_on_foot(city.network, cells, doors, limit_m=LIMIT_M),
    )
    ratios.add("nearest on foot", None, slow, fast)
    ratios.add("radius", None, *radius(city, timed))
    ratios.add("isochrones", None, *_shapes(graph, city, doors, timed))
    ratios.print()


class _Ratios:
    """Their seconds and ours, step by step."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []

    def add(self, step: str, result: Any, slow: float, fast: float) -> Any:
        self.rows.append((step, slow, fast))
        print(f"    {slow / max(fast, 1e-4):,.0f} times")
        return result

    def print(self) -> None:
        slow, fast = (sum(row[i] for row in self.rows) for i in (1, 2))
        times = f"{slow:>9.3f} s and {fast:.3f} s: {slow / fast:,.0f} times"
        print(f"{'everything, theirs and ours':<58}{times}   target 100")


def _graphs(city: Study, timed: Timed) -> tuple[nx.MultiDiGraph, float, float]:
    """The arrays made searchable: as OSMnx's graph, and as ours."""
    graph, slow = timed("networkx: the graph OSMnx works on", lambda: as_networkx(city))
    network = replace(city.network)
    _, fast = timed(
        "ours: graph and index", lambda: (network.graph, network.segments, network.vertex_offset_m)
    )
    return graph, slow, fast


def _shapes(graph: nx.MultiDiGraph, city: Study, doors: Snapped, timed: Timed) -> tuple[float, float]:
    """Where 10 and 15 minutes reach from any facility: theirs facility by facility and united."""
    nodes = nearest_nodes(city, city.facilities.xy).tolist()
    theirs, slow = timed(
        f"OSMnx notebook: ego graphs, buffers, union; 10 and 15 min, {len(nodes)} facilities",
        lambda: [
            shapely.union_all([notebook(graph, node, limit_m) for node in nodes])
            for limit_m in (LIMIT_M / 1.5, LIMIT_M)
        ],
    )
    ours, fast = timed(
        "ours: isochrones of all, 10 and 15 min",
        lambda: isochrones(city.network, doors, limits_m=[LIMIT_M / 1.5, LIMIT_M]),
    )
    print(f"    15 min: {theirs[1].area / 1e6:.2f} and {ours[1].shape[0].area / 1e6:.2f} km²")
    _, alone = timed(
        "    ours: 15 min of each facility alone",
        lambda: isochrones(city.network, doors, limits_m=[LIMIT_M], kind=Kind.EACH),
    )
    print(f"    {1000 * alone / len(nodes):.1f} ms a facility")
    return slow, fast


def _snapped(
    graph: nx.MultiDiGraph, city: Study, timed: Timed
) -> tuple[tuple[Snapped, Snapped], float, float]:
    """Every cell and facility to its nearest street."""
    everybody = np.concatenate([city.grid.xy, city.facilities.xy])
    _, slow = timed(
        f"OSMnx: nearest_edges of {len(everybody):,} places",
        lambda: ox.distance.nearest_edges(graph, everybody[:, 0], everybody[:, 1], return_dist=True),
    )
    _ = city.network.segments, city.network.vertex_offset_m
    found, fast = timed(
        "ours: snapped to the nearest point of a street",
        lambda: tuple(snap(city.network, xy, limit_m=500) for xy in (city.grid.xy, city.facilities.xy)),
    )
    return found, slow, fast


def radius(city: Study, timed: Timed) -> tuple[float, float]:
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
    print(f"    {theirs:,} and {ours:,} cells (inscribed buffers lose some)")
    return slow, fast


def as_networkx(city: Study) -> nx.MultiDiGraph:
    """As OSMnx keeps a walking network: every street both ways, with its line."""
    network = city.network
    graph = nx.MultiDiGraph(crs=network.crs)
    graph.add_nodes_from((n, {"x": x, "y": y}) for n, (x, y) in enumerate(network.node_xy.tolist()))
    lines = shapely.linestrings(
        network.vertex_xy, indices=np.repeat(np.arange(len(network)), np.diff(network.vertex_start))
    )
    ends, lengths = network.edge_nodes.tolist(), network.edge_length_m.tolist()
    for (u, v), length, line in zip(ends, lengths, lines, strict=True):
        graph.add_edge(u, v, length=length, geometry=line)
        graph.add_edge(v, u, length=length, geometry=line)
    return graph


def nearest_nodes(city: Study, xy: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(city.network.node_xy).query(xy)[1])


def notebook(graph: nx.MultiDiGraph, node: int, limit_m: float) -> shapely.Geometry:
    """`make_iso_polys` of OSMnx's example notebook 13 as it stands there, for one trip time."""
    part = nx.ego_graph(graph, node, radius=limit_m, distance="length")
    points = [shapely.Point((data["x"], data["y"])) for _, data in part.nodes(data=True)]
    nodes = gpd.GeoDataFrame({"id": list(part.nodes)}, geometry=points).set_index("id")
    lines = []
    for start, end in part.edges():
        first, last = nodes.loc[start].geometry, nodes.loc[end].geometry
        straight = shapely.LineString([first, last])
        lines.append(graph.get_edge_data(start, end)[0].get("geometry", straight))
    buffers = [*nodes.buffer(50).geometry, *gpd.GeoSeries(lines).buffer(25).geometry]
    return gpd.GeoSeries(buffers).union_all()


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
