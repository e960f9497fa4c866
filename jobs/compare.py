"""An office's lists beside the facilities that `fetch` brought from OpenStreetMap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from coverage.compare_lists import Alike, Names, compare_lists
from data.files import read_csv, write_csv
from data.intake.read import read_facilities
from data.osm_fetch.facilities import COLUMNS
from geo.crs import metric_crs, project
from geo.errors import InputError


def compare_with_osm(
    lists: Sequence[Path], osm: Path, *, out: Path, datum: str = "auto", alike: Alike | None = None
) -> pd.DataFrame:
    """Write `compared.csv` to `out` and return it; `osm` is the `facilities.csv` of `fetch`.

    Only tiers that the lists have are looked at on the map. UserError for files that cannot be used.
    """
    accepted = read_facilities(lists, datum=datum).accepted
    known = read_csv(osm, ("facility_id", "name", "type", "status"))
    missing = [name for name in COLUMNS[:6] if name not in known]
    if missing:
        raise InputError(
            "{file} is not the facilities.csv of a fetch: it lacks the column “{column}”.",
            file=osm.name,
            column=missing[0],
        )
    known = known[known["type"].isin(set(accepted["tier"]))]
    crs = metric_crs(float(accepted["lon"].mean()), float(accepted["lat"].mean()))
    table = compare_lists(
        _names(accepted, "lon", "lat", crs), _names(known, "wgs_lng", "wgs_lat", crs), alike=alike
    )
    write_csv(out / "compared.csv", table)
    return table


def _names(frame: pd.DataFrame, lon: str, lat: str, crs: str) -> Names:
    closed = frame["status"] == "closed" if "status" in frame else np.zeros(len(frame), bool)
    return Names(
        ids=tuple(frame["facility_id"].astype(str)),
        names=tuple(frame["name"].astype(str)),
        xy=project(frame[lon], frame[lat], crs),
        closed=np.asarray(closed, bool),
    )
