"""The stages of `bench/scale.py`: what each finds done, and what is timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from bench.city import CRS
from coverage.assessment import Assessment, assess
from coverage.checks import Measured, check_rule
from coverage.equity.choice import choice_facilities_table, choice_table, choices, overlaps
from coverage.equity.denominators import denominators
from coverage.equity.travel_bands import travel_bands, travel_quantiles
from coverage.gaps import find_gaps
from coverage.measuring.measure import Distances, measure
from coverage.model.edits import Move
from coverage.model.results import RuleResult
from coverage.model.study import Study
from coverage.publish import About, Results, results_of
from coverage.scenario.apply import edited_facilities
from coverage.scenario.incremental import live
from data.population import read_population
from data.results import write_results
from data.standards import open_standard
from data.streets.cache import attach_index, save_index
from data.streets.snapped import remember_places
from data.units import read_units
from geo.isochrone.isochrones import isochrones
from geo.network.network import WalkNetwork
from geo.network.snapping import snap
from jobs.assess.map_model import map_model
from maps.ground import basemap_of
from maps.render import render_map

STANDARD = open_standard("nanjing-2011")
ARRAYS = tuple(f.name for f in fields(WalkNetwork) if f.name != "crs")
LIMITS_M = (2500 / 3, 1250.0)


@dataclass(frozen=True)
class Stage:
    """What is measured: `make` gives a fresh call each time, so that nothing is remembered."""

    name: str
    make: Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Prepared:
    """What stages find done: each part is made when the first stage asks for it, outside its time."""

    city: Study
    folder: Path

    @cached_property
    def files(self) -> Path:
        _write_inputs(self.city, self.folder)
        return self.folder

    @cached_property
    def distances(self) -> Distances:
        city = self.city
        return measure(
            city.grid, city.facilities, city.network, tiers=STANDARD.tiers, walking=STANDARD.walking
        )

    @cached_property
    def measured(self) -> Measured:
        return Measured(self.city, self.distances, STANDARD)

    @cached_property
    def results(self) -> tuple[RuleResult, ...]:
        return tuple(check_rule(rule, self.measured) for rule in STANDARD.rules)

    @cached_property
    def assessed(self) -> Assessment:
        return assess(self.city, STANDARD)

    @cached_property
    def results_tables(self) -> Results:
        return results_of(self.assessed, About(True, (), {}))


def stages(ready: Prepared) -> list[Stage]:
    """All stages of one city, in the order of the work; `make` prepares, its answer is timed."""
    return [
        Stage("dijkstra", lambda: _dijkstra_of(ready, np.inf)),
        Stage("bounded", lambda: _dijkstra_of(ready, LIMITS_M[1])),
        Stage("read", lambda: _read_of(ready.files)),
        Stage("build", lambda: _build_of(replace(ready.city.network))),
        Stage("snap", lambda: _snap_of(ready.city)),
        Stage("nearest", lambda: _nearest_of(ready.city, ready.distances)),
        Stage("units", lambda: _units_of(replace(ready.city))),
        Stage("rules", lambda: _rules_of(replace(ready.city), ready.distances)),
        Stage("gaps", lambda: _gaps_of(ready)),
        Stage("whole", lambda: _whole_of(replace(ready.city))),
        Stage("shares", lambda: _shares_of(ready)),
        Stage("write", lambda: _write_of(ready.assessed, ready.folder / "out")),
        Stage("isochrones", lambda: _isochrones_of(ready)),
        Stage("ten_moves", lambda: _moves_of(ready.assessed)),
        Stage("map", lambda: map_of(ready)),
    ]


def _write_inputs(city: Study, folder: Path) -> None:
    lon, lat = city.grid.lonlat()
    columns = {"cell_id": city.grid.cell_id, "lon": lon, "lat": lat, "residents": city.grid.residents}
    pd.DataFrame(columns | dict(city.grid.groups)).to_parquet(folder / "population.parquet")
    if city.units is not None:
        city.units.frame.to_file(folder / "units.gpkg")
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(city.network, name))
    save_index(city.network, folder)
    remember_places(replace(city.network), folder, read_population(folder / "population.parquet").grid.xy)


def _dijkstra_of(ready: Prepared, limit_m: float) -> Callable[[], object]:
    doors, network = ready.distances.entrances, ready.city.network
    nodes, graph = network.edge_nodes[doors.edge[doors.linked], 0], network.graph
    return lambda: dijkstra(graph, indices=nodes, min_only=True, limit=limit_m)


def _read_of(folder: Path) -> Callable[[], object]:
    def read() -> object:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        network = WalkNetwork(**arrays, crs=CRS)
        attach_index(network, folder)
        people = read_population(folder / "population.parquet")
        remember_places(network, folder, people.grid.xy)
        return network, people, read_units(folder / "units.gpkg", crs=CRS)

    return read


def _build_of(network: WalkNetwork) -> Callable[[], object]:
    return lambda: (network.graph, network.segments, network.vertex_offset_m)


def _snap_of(city: Study) -> Callable[[], object]:
    _ = city.network.segments, city.network.vertex_offset_m
    limit_m = STANDARD.walking.snap_limit_m
    return lambda: [snap(city.network, xy, limit_m=limit_m) for xy in (city.grid.xy, city.facilities.xy)]


def _nearest_of(city: Study, distances: Distances) -> Callable[[], object]:
    """Both measures for every tier, as `measure` does it with cells on their streets."""
    _ = distances
    return lambda: measure(
        city.grid, city.facilities, city.network, tiers=STANDARD.tiers, walking=STANDARD.walking
    )


def _units_of(study: Study) -> Callable[[], object]:
    return lambda: (study.cells_in, study.facilities_in)


def _rules_of(study: Study, distances: Distances) -> Callable[[], object]:
    """The rules alone: who lives where was found before."""
    _ = study.cells_in, study.facilities_in
    return lambda: [check_rule(rule, Measured(study, distances, STANDARD)) for rule in STANDARD.rules]


def _gaps_of(ready: Prepared) -> Callable[[], object]:
    results, measured = ready.results, ready.measured
    return lambda: find_gaps(results, measured)


def _shares_of(ready: Prepared) -> Callable[[], object]:
    """By what shares divide, choice and overlap, and bands: all of it beyond the assessment."""
    results, measured = ready.results, ready.measured

    def count() -> object:
        chosen = list(choices(measured, results))
        tables = choice_table(chosen, measured), choice_facilities_table(chosen, measured)
        del chosen
        bands = travel_bands(measured), travel_quantiles(measured)
        return *tables, *bands, overlaps(measured), denominators(measured, results)

    return count


def _whole_of(study: Study) -> Callable[[], object]:
    """With warm inputs: the network has its graph and its index."""
    _ = study.network.graph, study.network.segments, study.network.vertex_offset_m
    return lambda: assess(study, STANDARD)


def _write_of(done: Assessment, out: Path) -> Callable[[], object]:
    out.mkdir(exist_ok=True)
    return lambda: write_results(out, results_of(done, About(True, (), {})))


def _isochrones_of(ready: Prepared) -> Callable[[], object]:
    doors, network = ready.distances.entrances, ready.city.network
    return lambda: isochrones(network, doors, limits_m=LIMITS_M)


def _moves_of(done: Assessment) -> Callable[[], object]:
    """Ten facilities moved one after another, each by some 600 m."""
    engine, dice, lists = live(done), np.random.default_rng(1), [done.study.facilities]
    for row in dice.integers(len(lists[0]), size=10).tolist():
        number, xy = lists[0].frame["facility_id"].iloc[row], lists[0].xy[row] + dice.normal(0, 600, 2)
        lists.append(edited_facilities(lists[-1], Move(number, *xy.tolist())))
    return lambda: [engine.follow(facilities) for facilities in lists[1:]]


def map_of(ready: Prepared) -> Callable[[], int]:
    """From the tables of results to the page's text."""
    results, city = ready.results_tables, ready.city

    def draw() -> int:
        basemap = basemap_of(city.network, city.units, None, city.grid)
        return len(render_map(map_model(results, basemap), language="zh").encode())

    return draw
