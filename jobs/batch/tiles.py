"""One area too large for one worker: its ways are measured tile by tile, then judged as a whole.

Residents, units and lists are read whole by every task (they decide the projection, and totals belong to
whole units); streets, which take most of the memory, only around the tile's residents. What a tile measured
is a file; the last task puts them together and judges every rule on all of it, so that gaps across borders,
loads and ranks are those of one run (`coverage.measuring.tiles` says why). What draws or searches on the
streets of the whole area is not made: maps, workbook, plans, isochrones, sites of gaps, tables of detours.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from core.errors import InputError
from coverage.assessment import judge_all
from coverage.measuring.tiles import TileMeasures, joined_tiles, measure_tile, tile_rows
from coverage.model.standard import Standard
from coverage.model.tables import Floats
from coverage.publish.make import results_of
from data.files import digest, write_bytes
from data.standards import open_standard
from data.streets import Asked, StreetFile, read_streets
from data.whole_folder import whole_folder
from geo import __version__
from geo.basemap import no_basemap
from geo.network.network import WalkNetwork
from jobs.assess.folder import Assessed, about, with_run, write_figures
from jobs.study.area import coarse_m, longest_reach_m, short_sides, study_area
from jobs.study.cases import StudyFiles
from jobs.study.inputs import inputs_of, network_for
from jobs.study.people import People, read_people

VERB: Final = "assess-tiles"
_STAMP: Final = "stamp"
_PAIR: Final = "+"  # joins the names of tiers that are asked together


def make_tile(files: StudyFiles, run: Mapping[str, Any], number: int, *, at: Path) -> None:
    """Measure one tile into the file `at`, unless it is there already. UserError on bad input."""
    stamp = _stamp(run, number)
    if _stamp_of(at) == stamp:
        return
    standard, people = _read(files)
    inputs = inputs_of(files, standard, people, no_streets(files, people.crs))
    grid = inputs.study.grid
    tiles = tile_rows(grid.xy, int(run["tiles"]))
    rows = tiles[number] if number < len(tiles) else np.empty(0, np.int64)
    whole = study_area(grid.xy, grid.crs, margin_m=longest_reach_m(standard))
    asked = Asked(files.heal_m, files.answers.network_layer, files.answers.network_class)

    def streets(xy: Floats, margin_m: float) -> tuple[WalkNetwork, bool]:
        window = shapely.intersection(study_area(xy, grid.crs, margin_m=margin_m), whole)
        read = read_streets(files.network, crs=grid.crs, area=window, asked=asked)
        return network_for(standard, read.network), bool(shapely.equals(window, whole))

    if not len(rows):
        _write(at, None, stamp)
        return
    margin_m = longest_reach_m(standard)
    _write(at, measure_tile(inputs.study, standard, rows, streets, margin_m=margin_m), stamp)


def join(files: StudyFiles, run: Mapping[str, Any], at: Mapping[int, Path], *, out: Path) -> None:
    """The tables of the whole area, of the tiles' files. UserError on bad input."""
    standard, people = _read(files)
    inputs = inputs_of(files, standard, people, no_streets(files, people.crs))
    tiles = [tile for number, path in at.items() if (tile := _read_tile(path, _stamp(run, number)))]
    measured = joined_tiles(inputs.study, standard, tiles)
    corners = np.array([np.min([t.low for t in tiles], axis=0), np.max([t.high for t in tiles], axis=0)])
    short = short_sides(inputs.study.grid.xy, corners, margin_m=longest_reach_m(standard))
    inputs = replace(inputs, notes=(*inputs.notes, *short), limits=(*inputs.limits, *short))
    assessment = judge_all(measured, sites=False)
    results = results_of(assessment, about(inputs))
    done = with_run(Assessed(inputs, assessment, results), run)
    with whole_folder(out) as folder:
        write_figures(folder, done, language=str(run["language"]))


def no_streets(files: StudyFiles, crs: str) -> StreetFile:
    """The street file by its name and contents alone."""
    pairs, metres = np.empty((0, 2)), np.empty(0)
    network = WalkNetwork(
        node_xy=pairs, edge_nodes=np.empty((0, 2), np.int32), edge_length_m=metres, vertex_xy=pairs,
        vertex_start=np.zeros(1, np.int64), edge_class=np.empty(0, np.int8), crs=crs,
    )  # fmt: skip
    return StreetFile(network, no_basemap(crs), (), "", digest(files.network))


def _read(files: StudyFiles) -> tuple[Standard, People]:
    standard = open_standard(files.standard)
    for rule in standard.rules:
        if rule.classes or rule.denominator != "residents":
            raise InputError(
                "The rule “{rule}” of the standard is judged by the ground that is reached or by sizes of "
                "facilities; that is not done in tiles. Assess the area as a whole.",
                rule=rule.id,
            )
    if standard.needs:
        raise InputError(
            "The needs of complete communities in the standard are not judged in tiles. Assess the area as a "
            "whole."
        )
    return standard, read_people(files, coarse_m=coarse_m(standard))


def _stamp(run: Mapping[str, Any], number: int) -> str:
    asked = json.dumps([__version__, run, number], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


def _stamp_of(path: Path) -> str:
    """That of a whole file; "" where there is none."""
    try:
        with np.load(path) as kept:
            return str(kept[_STAMP])
    except (OSError, ValueError, KeyError):
        return ""


def _write(path: Path, tile: TileMeasures | None, stamp: str) -> None:
    values: dict[str, Any] = {_STAMP: np.array(stamp)}
    for field in fields(tile) if tile is not None else ():
        value = getattr(tile, field.name)
        if not isinstance(value, Mapping):
            values[field.name] = value
            continue
        for key, of_tier in value.items():
            named = key if isinstance(key, str) else _PAIR.join(key)
            if isinstance(of_tier, tuple):
                of_tier = np.column_stack(of_tier)
            values[f"{field.name}:{named}"] = of_tier
    packed = io.BytesIO()
    np.savez(packed, **values)
    write_bytes(path, packed.getvalue())


def _read_tile(path: Path, stamp: str) -> TileMeasures | None:
    """None of a tile without cells. InputError where it is not the one asked for."""
    if _stamp_of(path) != stamp:
        raise InputError(
            "{file}: this tile is missing or of another run. Run the batch again.", file=path.name
        )
    with np.load(path) as kept:
        values = {name: kept[name] for name in kept.files if name != _STAMP}
    if not values:
        return None
    made: dict[str, Any] = {}
    for name, value in values.items():
        field, apart, key = name.partition(":")
        if not apart:
            made[field] = value
        elif field == "ties":
            made.setdefault(field, {})[tuple(key.split(_PAIR))] = (value[:, 0], value[:, 1])
        else:
            made.setdefault(field, {})[key] = value
    return TileMeasures(**made)
