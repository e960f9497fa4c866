"""An office's lists beside the facilities that `fetch` brought from OpenStreetMap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import text
from coverage.compare_lists import COLUMNS, ELSEWHERE, ONLY_LIST, Compared, Names, compare_lists
from coverage.compare_lists import Alike as Alike
from data.files import read_csv, write_bytes, write_csv, write_json
from data.guard import guarded
from data.intake.read import read_facilities
from data.results.folder import geojson
from data.source import COMPARED, LIST_COLUMNS, OSM_CREDIT
from data.whole_folder import require_whole, whole_folder
from geo.crs import WGS84, metric_crs, project
from jobs.assess.folder import program_stamp
from jobs.study.run import files_in, run_of

LISTED: Final = "facilities.csv"
_TEXTS: Final = ("result", "facility_id", "name", "map_id", "map_name", "nearest_name", "tier")


def compare_with_osm(
    lists: Sequence[Path],
    osm: Path,
    *,
    out: Path,
    datum: str = "auto",
    alike: Alike | None = None,
    progress: Progress = silent,
) -> Compared:
    """Write `compared.csv`, `compared.geojson` (a point a row), `compared_lines.geojson` (from the list's
    place to the map's, where they lie apart) and `provenance.json` to `out`; `osm` is `facilities.csv` of
    `fetch`, or the folder that holds it.

    Only tiers that the lists have are looked at on the map. UserError for files that cannot be used.
    """
    compared = compared_lists(lists, osm, datum=datum, alike=alike, progress=part(progress, 0.0, 0.9))
    progress(0.9, text("Writing the results"))
    known_at = osm / LISTED if osm.is_dir() else osm
    asked = {"lists": tuple(lists), "osm": known_at, "datum": datum, "alike": alike or Alike()}
    run = run_of("compare", "", **asked)
    inputs = {said["file"]: said["sha256"] for said in files_in(run)}
    with whole_folder(out) as folder:
        write_csv(folder / COMPARED, compared.table)
        for name, layer in compared_layers(compared.table).items():
            write_bytes(folder / f"{name}.geojson", geojson(layer))
        write_json(
            folder / "provenance.json",
            {**program_stamp(), "credits": [OSM_CREDIT], "inputs": inputs, "run": run},
        )
    progress(1.0, text("Done"))
    return compared


def compared_lists(
    lists: Sequence[Path],
    osm: Path,
    *,
    datum: str = "auto",
    alike: Alike | None = None,
    progress: Progress = silent,
) -> Compared:
    """The same without writing it."""
    progress(0.0, text("Reading the lists"))
    accepted = read_facilities(lists, datum=datum).accepted
    progress(0.5, text("Comparing with the map"))
    tiers = tuple(dict.fromkeys(accepted["tier"]))
    known = _known(osm / LISTED if osm.is_dir() else osm)
    known = known[known["type"].isin(tiers)].reset_index(drop=True)
    crs = metric_crs(float(accepted["lon"].mean()), float(accepted["lat"].mean()))
    ours, theirs = _names(accepted, "lon", "lat", crs), _names(known, "wgs_lng", "wgs_lat", crs)
    table = _with_nearest(compare_lists(ours, theirs, alike=alike), ours, theirs)
    return Compared(_with_places(table, accepted, known), tiers, alike or Alike())


@guarded
def read_compared(folder: Path) -> tuple[Compared, Mapping[str, Any]]:
    """What `compare_with_osm` wrote to a folder, and its provenance; InputError where it is not whole or is
    of another version."""
    require_whole(folder)
    try:
        provenance = json.loads((folder / "provenance.json").read_bytes())
        table = read_csv(folder / COMPARED, _TEXTS)
        table = table[[*COLUMNS, *_PLACES]]
        alike = Alike(**provenance["run"]["alike"])
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            "{folder}: a file in it is broken, or was written by another version. Make the result again.",
            folder=folder.name,
        ) from error
    tiers = tuple(dict.fromkeys(table["tier"][table["facility_id"] != ""]))
    return Compared(table, tiers, alike), provenance


_PLACES: Final = ("nearest_name", "nearest_m", "lon", "lat", "map_lon", "map_lat", "tier")


def _known(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name)
    known = _table(path)
    missing = [name for name in LIST_COLUMNS[:6] if name not in known]
    if missing:
        raise InputError(
            "{file} is not the facilities.csv of a fetch: it lacks the column “{column}”.",
            file=path.name,
            column=missing[0],
        )
    return known


def _table(path: Path) -> pd.DataFrame:
    """The file as a table; one without columns where it is none (the streets themselves, say)."""
    try:
        return read_csv(path, ("facility_id", "name", "type", "status"))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        return pd.DataFrame()


def _names(frame: pd.DataFrame, lon: str, lat: str, crs: str) -> Names:
    closed = frame["status"] == "closed" if "status" in frame else np.zeros(len(frame), bool)
    return Names(
        ids=tuple(frame["facility_id"].astype(str)),
        names=tuple(frame["name"].astype(str)),
        xy=project(frame[lon], frame[lat], crs) if len(frame) else np.empty((0, 2)),
        closed=np.asarray(closed, bool),
    )


def _with_nearest(table: pd.DataFrame, ours: Names, theirs: Names) -> pd.DataFrame:
    """What the map has nearest to a place that only the list knows: perhaps the same under another name."""
    alone = (table["result"] == ONLY_LIST).to_numpy()
    names, metres = np.full(len(table), "", object), np.full(len(table), np.nan)
    if alone.any() and len(theirs.ids):
        row_of = {number: row for row, number in enumerate(ours.ids)}
        places = ours.xy[[row_of[number] for number in table["facility_id"][alone]]]
        metres[alone], nearest = cKDTree(theirs.xy).query(places)
        names[alone] = np.asarray(theirs.names, object)[nearest]
    return table.assign(nearest_name=names, nearest_m=np.round(metres, 1))


def _with_places(table: pd.DataFrame, accepted: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    listed = accepted.set_index(accepted["facility_id"].astype(str))
    mapped = known.set_index(known["facility_id"].astype(str))
    return table.assign(
        metres=table["metres"].round(1),
        similarity=table["similarity"].round(3),
        lon=table["facility_id"].map(listed["lon"]),
        lat=table["facility_id"].map(listed["lat"]),
        map_lon=table["map_id"].map(mapped["wgs_lng"]),
        map_lat=table["map_id"].map(mapped["wgs_lat"]),
        tier=table["facility_id"].map(listed["tier"]).fillna(table["map_id"].map(mapped["type"])),
    )


def compared_layers(table: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """A point for each row, where the list has it, else where the map has it; and a line from one to the
    other where they lie apart. One kind of shape a layer, as programs want it."""
    ours = shapely.points(table[["lon", "lat"]].to_numpy(float))
    theirs = shapely.points(table[["map_lon", "map_lat"]].to_numpy(float))
    said = table.drop(columns=["lon", "lat", "map_lon", "map_lat"]).assign(credit=OSM_CREDIT)
    said = said.astype(object).where(said.notna(), None)
    apart = np.flatnonzero((table["result"] == ELSEWHERE).to_numpy())
    lines = [shapely.LineString([*ours[row].coords, *theirs[row].coords]) for row in apart]
    points = np.where(table["lon"].notna(), ours, theirs).astype(object)
    return {
        "compared": gpd.GeoDataFrame(said, geometry=points, crs=WGS84),
        "compared_lines": gpd.GeoDataFrame(said.iloc[apart], geometry=lines, crs=WGS84),
    }
