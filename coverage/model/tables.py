"""The checked tables everything is computed from: facilities, residents, units.

All are frozen and metric. They hold a frame, they are not one; whoever has one need not check again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from core.text import Text, listed, text
from coverage.model.entrances import EXTENT, Entrances
from coverage.model.standard import LEVELS as LEVELS
from geo.crs import require_metric, unproject
from geo.lattice import Lattice, find_lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]

URBAN: Final = "urban"
RURAL: Final = "rural"
# The column of the population table that counts households; all other groups count people.
HOUSEHOLDS: Final = "households"
UNKNOWN: Final = ""


@dataclass(frozen=True)
class FacilityTable:
    """Facilities in a metric CRS, one row each.

    `frame` has `facility_id` (str, unique), `name` (str), `tier` (str), `x`, `y` (metres), and may
    have `places` (float: beds or seats, NaN where not stated), `district`, `street`, `community`
    (as declared by the list, "" where not), `status` (str) and `source` ("file, sheet, row n"),
    `extent` (doors or outline, None for a point; see `coverage.model.entrances`) and `site_m2` (ground).
    """

    frame: pd.DataFrame
    crs: str

    def __post_init__(self) -> None:
        require_metric(self.crs)
        _require_columns(self.frame, ("facility_id", "name", "tier", "x", "y"), text("facility list"))
        if self.frame["facility_id"].duplicated().any():
            twice = self.frame.loc[self.frame["facility_id"].duplicated(), "facility_id"].iloc[0]
            raise InputError("The facility number {number} is used twice.", number=twice)
        _require_finite(self.xy, text("facility list"))

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def xy(self) -> Floats:
        """(n, 2) metres."""
        return self.frame[["x", "y"]].to_numpy(float)

    @cached_property
    def entrances(self) -> Entrances:
        """Where every facility is entered; the facilities' own points, unless they have an extent."""
        extent = self.frame[EXTENT].to_numpy(object) if EXTENT in self.frame else None
        return Entrances.of(self.xy, extent)

    @property
    def has_extents(self) -> bool:
        """Whether any facility is more than a point."""
        return self.entrances.xy is not self.xy

    @cached_property
    def size_m2(self) -> Floats:
        """(n,) ground as stated, else the outline's area, else the floor area stated; NaN: unknown.

        An outline's area is taken to a tenth of a square metre: its corners are not known better, and a hair
        less than 5,000 m² is 5,000 m².
        """
        frame, size = self.frame, np.full(len(self), np.nan)
        if EXTENT in frame:
            area = np.round(shapely.area(frame[EXTENT].to_numpy(object)), 1)
            size = np.where(area > 0, area, np.nan)
        for column, first in (("area_m2", False), ("site_m2", True)):
            if column in frame:
                stated = frame[column].to_numpy(float)
                take = np.isfinite(stated) & (stated > 0) & (first | np.isnan(size))
                size = np.where(take, stated, size)
        return size

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that occur, in order of first occurrence."""
        return tuple(dict.fromkeys(self.frame["tier"]))

    def of_tier(self, tier: str) -> Ints:
        """Row numbers of the facilities of `tier`."""
        return np.flatnonzero((self.frame["tier"] == tier).to_numpy())

    def lonlat(self) -> tuple[Floats, Floats]:
        """WGS-84 degrees."""
        return unproject(self.xy, self.crs)


@dataclass(frozen=True)
class PopulationGrid:
    """Residents at points (cell centres), one row a cell.

    `cell_id` (n,), `xy` (n, 2) metres, `residents` (n,) ≥ 0, `groups` name → (n,) ≥ 0 (for example
    "elderly"), `area_m2` (n,): the ground each cell stands for, `spacing_m`: the typical distance
    between neighbouring cell centres (the side, for a square grid).
    """

    cell_id: NDArray[np.generic]
    xy: Floats
    residents: Floats
    area_m2: Floats
    spacing_m: float
    crs: str
    groups: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_metric(self.crs)
        n = len(self.cell_id)
        if n == 0:
            raise InputError("The population table has no cell with residents.")
        if self.xy.shape != (n, 2) or self.residents.shape != (n,) or self.area_m2.shape != (n,):
            raise ValueError("population arrays differ in length")
        _require_finite(self.xy, text("population table"))
        for name, values in {"residents": self.residents, **self.groups}.items():
            if not np.isfinite(values).all() or (values < 0).any():
                raise InputError(
                    "The population table has a number in “{column}” that is negative or not a number.",
                    column=name,
                )

    def __len__(self) -> int:
        return len(self.cell_id)

    @property
    def total(self) -> float:
        """All residents."""
        return float(self.residents.sum())

    def lonlat(self) -> tuple[Floats, Floats]:
        """WGS-84 degrees of the cell centres."""
        return self._lonlat

    @cached_property
    def lattice(self) -> Lattice | None:
        """The rows and columns the cells were laid out in, of whatever system; None where there are none."""
        return find_lattice(self.xy, self.spacing_m, self.crs, self.lonlat)

    @cached_property
    def _lonlat(self) -> tuple[Floats, Floats]:
        lon, lat = unproject(self.xy, self.crs)
        for degrees in (lon, lat):
            degrees.flags.writeable = False  # all who ask share them
        return lon, lat


@dataclass(frozen=True)
class UnitTable:
    """Districts, streets/towns and communities/villages with their outlines, in a metric CRS.

    `frame` has `unit_id` (str, unique), `name` (str), `level` (one of LEVELS), `settlement`
    ("urban", "rural" or ""), `parent_id` ("" at the top) and `geometry`.
    """

    frame: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        require_metric(self.crs)
        _require_columns(
            self.frame, ("unit_id", "name", "level", "settlement", "parent_id"), text("unit table")
        )
        wrong = set(self.frame["level"]) - set(LEVELS)
        if wrong:
            raise InputError(
                "The unit level “{level}” is not known; use one of {levels}.",
                level=sorted(map(str, wrong))[0],
                levels=listed(LEVELS),
            )
        if self.frame["unit_id"].duplicated().any():
            raise InputError("Two units have the same number; every unit needs its own.")

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def crs(self) -> str:
        return str(self.frame.crs)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels present, from the district down."""
        present = set(self.frame["level"])
        return tuple(level for level in LEVELS if level in present)

    def of_level(self, level: str) -> Ints:
        """Row numbers of the units of `level`."""
        return self._of_level.get(level, np.empty(0, np.int64))

    @cached_property
    def _of_level(self) -> dict[str, Ints]:
        # Every rule asks for every level; to compare the words each time is half of its work.
        levels = self.frame["level"].to_numpy(str)
        found = {level: np.flatnonzero(levels == level) for level in LEVELS}
        for rows in found.values():
            rows.flags.writeable = False  # all who ask share them
        return found


@dataclass(frozen=True)
class Compounds:
    """Residential compounds (小区): `shape` (k,) polygons or points in metres, `name` (k,).

    `households` (k,; NaN where a row states none) and `gates` (k,; points or several, None where a compound
    has none) only where the file has any.
    """

    shape: Shapes
    name: tuple[str, ...]
    households: Floats | None = None
    gates: Shapes | None = None


@dataclass(frozen=True)
class Grounds:
    """None where no file was given. `residential`: polygons of residential land (居住用地), in metres;
    `declared_m2` what the file states as the area of each, where it has such a column (NaN: not stated)."""

    residential: Shapes | None = None
    compounds: Compounds | None = None
    declared_m2: Floats | None = None


def _require_columns(frame: pd.DataFrame, wanted: Sequence[str], table: Text) -> None:
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise InputError("The {table} lacks the column “{column}”.", table=table, column=missing[0])


def _require_finite(xy: Floats, table: Text) -> None:
    wrong = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(wrong):
        raise InputError(
            "The {table} has a row without usable coordinates: row {row}.",
            table=table,
            row=int(wrong[0]) + 1,
        )
