"""Facilities that OpenStreetMap knows, with the tier their tags stand for, closed ones too."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import osmnx
import pandas as pd
import shapely

from core.errors import InputError
from data.osm_fetch.door import Door
from data.osm_fetch.place import Place
from data.source import LIST_COLUMNS

_TABLE: Final = Path(__file__).with_name("tiers.toml")
_CLOSED: Final = ("disused:", "abandoned:")
_ADDRESS: Final = ("addr:city", "addr:district", "addr:street", "addr:housenumber")
_SOURCE: Final = "OpenStreetMap"


@dataclass(frozen=True)
class Tier:
    """Features with one of `values` under `key` are `tier`; with `names`, only if their name has one."""

    tier: str
    key: str
    values: tuple[str, ...]
    names: tuple[str, ...] = ()

    def fits(self, value: object, name: str) -> bool:
        named = not self.names or any(word in name for word in self.names)
        return value in self.values and named


Tiers = tuple[Tier, ...]


def read_tiers(path: Path | None = None) -> Tiers:
    """The table of tags and tiers: the one that comes with the program, or a file of the same form."""
    source = path or _TABLE
    try:
        rows = tomllib.loads(source.read_text(encoding="utf-8"))["tier"]
        return tuple(
            Tier(str(row["id"]), str(row["key"]), tuple(row["values"]), tuple(row.get("name", ())))
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            "The table of tags {file} cannot be read ({problem}). It needs [[tier]] entries with id, key "
            "and values.",
            file=source.name,
            problem=str(problem),
        ) from problem


def fetch_facilities(door: Door, place: Place, tiers: Tiers) -> pd.DataFrame:
    """One row for each facility inside the place, by number; coordinates of an inner point, WGS-84.

    `status` is "open" or "closed" (tags under disused: or abandoned:). A facility without a name is
    called after its tier and number.
    """
    # Every key once, open and closed.
    values: dict[str, list[str]] = {}
    for tier in tiers:
        for prefix in ("", *_CLOSED):
            values.setdefault(prefix + tier.key, []).extend(tier.values)
    tags: dict[str, bool | str | list[str]] = {key: sorted(set(values[key])) for key in sorted(values)}
    found = door.ask(lambda: osmnx.features_from_polygon(place.rough, tags))
    if found is None:
        return pd.DataFrame(columns=list(LIST_COLUMNS))
    frame = found[~found.index.duplicated()].reset_index()
    inner = frame.geometry.representative_point()
    inside = inner.within(place.outline)
    tagged = pd.DataFrame(frame[inside].drop(columns="geometry")).astype(object).to_dict("records")
    features: list[dict[str, object]] = [
        {str(key): v for key, v in row.items() if isinstance(v, str | int)} for row in tagged
    ]
    rows = [_row(feature, point, tiers) for feature, point in zip(features, inner[inside], strict=True)]
    table = pd.DataFrame([row for row in rows if row is not None], columns=list(LIST_COLUMNS))
    return table.sort_values("facility_id", ignore_index=True)


def _row(feature: dict[str, object], point: shapely.Point, tiers: Tiers) -> Sequence[object] | None:
    name = str(feature.get("name", ""))
    tier, status = _tier(feature, name, tiers)
    if not tier:
        return None
    number = f"{str(feature['element'])[0]}{feature['id']}"
    address = "".join(str(feature.get(part, "")) for part in _ADDRESS)
    where = round(point.x, 7), round(point.y, 7)
    return [number, name or f"{tier} {number}", tier, *where, status, address, _SOURCE]


def _tier(feature: dict[str, object], name: str, tiers: Tiers) -> tuple[str, str]:
    """The tier and whether it is open; what is open under one key and closed under another is open."""
    for prefix, status in (("", "open"), *((prefix, "closed") for prefix in _CLOSED)):
        for tier in tiers:
            if tier.fits(feature.get(prefix + tier.key), name):
                return tier.tier, status
    return "", ""
