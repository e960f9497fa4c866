"""Map models to draw: a tiny town whose places can be checked in the head, and one of city size."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.text import Text, text
from coverage.model.standard import Check, Rule
from coverage.model.tables import UnitTable
from coverage.model.verdict_rows import NOT_COVERED, VERDICT_WORDS, VerdictRow
from geo.crs import unproject
from geo.network.network import WalkNetwork
from maps.ground import basemap_of
from maps.model import MET, NOT_MET, NOT_SUBJECT, CellOutcome, MapCells, MapModel, RadiusRule

CRS = "EPSG:4549"
ORIGIN = np.array([385_000.0, 3_545_000.0])  # Nanjing


def _verdict(title: Text, verdict: str | None, missed: float | None) -> VerdictRow:
    words = VERDICT_WORDS[verdict]
    rule = Rule("radius", Check.RADIUS, "station", ("station",), figure=500.0)
    said = text("55.6 %")
    return VerdictRow(
        rule, title, said, said, said, verdict, words, missed, NOT_COVERED, said, None, (), said, None
    )


def tiny_model(**changes: object) -> MapModel:
    """Ten by ten cells of 100 m, a centre in the south-west, a station in the north-east, one gap."""
    xy = ORIGIN + _lattice(10, 10) * 100.0
    lon, lat = unproject(ORIGIN + np.array([[100.0, 100.0], [800.0, 800.0]]), CRS)
    facilities = pd.DataFrame(
        {"name": ["玄武中心", "锁金村站"], "tier": ["centre", "station"], "lon": lon, "lat": lat}
    ).assign(snap_m=[12.0, np.inf], load=[4200.0, np.nan], status=["", "在建"], unit=["玄武区", "锁金村"])
    metres = np.hypot(*(xy - ORIGIN - 100.0).T)
    outcome = np.where(metres <= 500, MET, NOT_MET).astype(np.int8)
    outcome[0] = NOT_SUBJECT
    minutes = metres / 1000 * 12
    minutes[-1] = np.inf
    title = text(
        "{tier} within {figure:,g} m, straight line ({who} residents)", tier="站", figure=500, who="all"
    )
    outcomes = (CellOutcome("radius", title, outcome),)
    cells = MapCells(xy, CRS, 100.0, np.full(100, 10.0), minutes, (3.0, 6.0), outcomes)
    gap = shapely.transform(
        shapely.box(*(ORIGIN + 500), *(ORIGIN + 900)), lambda p: np.column_stack(unproject(p, CRS))
    )
    best_lon, best_lat = unproject(ORIGIN + np.array([[600.0, 600.0]]), CRS)
    gaps = gpd.GeoDataFrame(
        {"rule": ["radius"], "rank": [1], "residents": [12_345.0], "unit": ["锁金村"], "nearest_m": [640.0]},
        geometry=[gap],
        crs="EPSG:4326",
    ).assign(lon=best_lon, lat=best_lat)
    site_lon, site_lat = unproject(ORIGIN + np.array([[700.0, 600.0]]), CRS)
    sites = pd.DataFrame(
        {"rank": [1], "lon": site_lon, "lat": site_lat, "residents_gained": [900.0], "unit": ["锁金村"]}
    )
    model = MapModel(
        title="小镇",
        subtitle=text("Synthetic data: a fictional city"),
        bounds=_bounds(xy),
        facilities=facilities,
        tier_titles={"centre": "服务中心", "station": "服务站"},
        cells=cells,
        gaps=gaps,
        main_rule="radius",
        rule_titles={"radius": title},
        radius_rules=(RadiusRule("radius", title, 500.0, np.array([0, 1])),),
        sites=sites,
        verdicts=(_verdict(title, "not", 12_345.0), _verdict(title, None, None)),
        basemap=basemap_of(_streets(11, 11, 100.0), _units(2, 2, 500.0)),
        credits=("© OpenStreetMap contributors, ODbL",),
    )
    return replace(model, **changes)


def city_model() -> MapModel:
    """The size of the demo city: 60,000 cells, 60,000 junctions, 420 facilities, 500 communities."""
    rng = np.random.default_rng(7)
    xy = ORIGIN + _lattice(300, 200) * 100.0
    span = np.array([30_000.0, 20_000.0])
    places = ORIGIN + rng.normal(0.5, 0.2, (420, 2)).clip(0.01, 0.99) * span
    lon, lat = unproject(places, CRS)
    tier = np.where(np.arange(420) < 40, "centre", "station")
    facilities = pd.DataFrame(
        {"name": [f"服务设施{i}" for i in range(420)], "tier": tier, "lon": lon, "lat": lat}
    )
    facilities = facilities.assign(snap_m=rng.uniform(0, 80, 420), load=rng.uniform(300, 9000, 420))
    metres = np.min([np.hypot(*(xy - p).T) for p in places], axis=0)
    outcomes = tuple(
        CellOutcome(f"rule-{limit}", f"≤ {limit} m", np.where(metres <= limit, MET, NOT_MET).astype(np.int8))
        for limit in (500, 650, 835, 1250)
    )
    blocks = (xy - ORIGIN)[outcomes[0].outcome == NOT_MET] // 1500
    corners = ORIGIN + np.unique(blocks, axis=0) * 1500
    shapes = shapely.transform(
        shapely.box(*corners.T, *(corners + 1300).T), lambda p: np.column_stack(unproject(p, CRS))
    )
    gaps = gpd.GeoDataFrame({"rank": np.arange(1, len(shapes) + 1)}, geometry=list(shapes), crs="EPSG:4326")
    gaps = gaps.assign(rule="rule-500", residents=5e4 / gaps["rank"], unit="新区", nearest_m=900.0)
    inner = shapely.get_coordinates(shapely.point_on_surface(gaps.geometry.to_numpy()))
    gaps = gaps.assign(lon=inner[:, 0], lat=inner[:, 1])
    return replace(
        tiny_model(),
        title="演示市",
        bounds=_bounds(xy),
        facilities=facilities,
        cells=MapCells(
            xy, CRS, 100.0, rng.uniform(1, 60, 60_000), metres * 1.3 / 83.3, (10.0, 15.0), outcomes
        ),
        gaps=gaps,
        main_rule="rule-500",
        rule_titles={"rule-500": "≤ 500 m"},
        radius_rules=(
            RadiusRule("rule-1250", "≤ 1,250 m", 1250.0, np.arange(40)),
            RadiusRule("rule-500", "≤ 500 m", 500.0, np.arange(420)),
        ),
        sites=None,
        basemap=basemap_of(_streets(300, 200, 100.0, rng), _units(25, 20, 1200.0, 1000.0)),
        synthetic=True,
    )


def _lattice(columns: int, rows: int) -> np.ndarray:
    return (
        np.stack(np.meshgrid(np.arange(columns), np.arange(rows), indexing="xy"), -1)
        .reshape(-1, 2)
        .astype(float)
    )


def _bounds(xy: np.ndarray) -> tuple[float, float, float, float]:
    lon, lat = unproject(xy, CRS)
    return lon.min(), lat.min(), lon.max(), lat.max()


def _streets(columns: int, rows: int, step_m: float, rng: np.random.Generator | None = None) -> WalkNetwork:
    """A grid of streets, three vertices an edge; with `rng` crooked and a quarter of it left out."""
    nodes = _lattice(columns, rows) * step_m
    if rng is not None:
        nodes = nodes + rng.normal(0, 0.2 * step_m, nodes.shape)
    nodes = nodes + ORIGIN
    number = np.arange(columns * rows).reshape(rows, columns)
    across = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    up = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    edges = np.concatenate([across, up])
    lane = np.concatenate([np.repeat(np.arange(rows), columns - 1), np.tile(np.arange(columns), rows - 1)])
    if rng is not None:
        kept = rng.random(len(edges)) < 0.76
        edges, lane = edges[kept], lane[kept]
    ends = nodes[edges]
    middle = ends.mean(axis=1, keepdims=True) + (0 if rng is None else rng.normal(0, 5, (len(edges), 1, 2)))
    vertices = np.concatenate([ends[:, :1], middle, ends[:, 1:]], axis=1)
    return WalkNetwork(
        nodes,
        edges.astype(np.int32),
        np.hypot(*np.diff(ends, axis=1)[:, 0].T),
        vertices.reshape(-1, 2),
        np.arange(len(edges) + 1) * 3,
        np.select([lane % 20 == 0, lane % 5 == 0], [2, 1], 0).astype(np.int8),
        CRS,
    )


def _units(columns: int, rows: int, width_m: float, height_m: float | None = None) -> UnitTable:
    """Communities as boxes, and one district around them."""
    size = np.array([width_m, height_m or width_m])
    corners = ORIGIN + _lattice(columns, rows) * size
    boxes = shapely.box(*corners.T, *(corners + size).T)
    whole = shapely.union_all(boxes)
    count = len(boxes)
    frame = gpd.GeoDataFrame(
        {
            "unit_id": [str(i) for i in range(count + 1)],
            "name": [f"第{i + 1}社区" for i in range(count)] + ["玄武区"],
            "level": ["community"] * count + ["district"],
            "settlement": "urban",
            "parent_id": "",
        },
        geometry=[*boxes, whole],
        crs=CRS,
    )
    return UnitTable(frame)
