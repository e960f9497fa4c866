"""What a map shows, as plain data in WGS-84 degrees: no drawing library, no computing.

It can be built from an assessment in memory or read back from a result folder. Words are `Text`
or `Bilingual` where the program speaks and `str` where a user does; the renderer makes all safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.text import Sayable
from coverage.model.verdict_rows import VerdictRow
from geo.crs import require_metric
from geo.lattice import Lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = Sayable

MET: Final = 0
NOT_MET: Final = 1
NOT_SUBJECT: Final = 2

FACILITY_COLUMNS: Final = ("name", "tier", "lon", "lat", "snap_m")
GAP_COLUMNS: Final = ("rule", "rank", "residents", "unit", "nearest_m", "lon", "lat")
SITE_COLUMNS: Final = ("rank", "lon", "lat", "residents_gained", "unit")
LABEL_COLUMNS: Final = ("name", "level", "lon", "lat")


@dataclass(frozen=True)
class Lines:
    """Many lines or rings in one pair of arrays.

    Line i is `lon[start[i]:start[i + 1]]`, `lat[…]`; `start` has one entry more than there are
    lines. Rings are closed (first vertex = last); outer rings run anticlockwise and holes
    clockwise, so that filling by the nonzero rule leaves the holes open.
    """

    lon: Floats
    lat: Floats
    start: Ints

    def __post_init__(self) -> None:
        fits = len(self.start) > 0 and self.start[0] == 0 and self.start[-1] == len(self.lon)
        if len(self.lon) != len(self.lat) or not fits or (np.diff(self.start) < 0).any():
            raise ValueError("the starts do not fit the vertices")

    def __len__(self) -> int:
        return len(self.start) - 1


NO_LINES: Final = Lines(np.empty(0), np.empty(0), np.zeros(1, np.int64))


def no_labels() -> pd.DataFrame:
    """A label table without a row."""
    return pd.DataFrame({column: [] for column in LABEL_COLUMNS})


@dataclass(frozen=True)
class Basemap:
    """The ground the results lie on, all of it the user's own data.

    `streets` by class (0 paths and small streets, 1 shown from afar, 2 main roads); `water` and
    `green` are rings, `water_lines` streams and rivers; `outlines` are unit borders by level
    ("district", "street", "community"); `labels` has name, level, lon, lat, one row a unit.
    """

    streets: Mapping[int, Lines] = field(default_factory=dict)
    water: Lines = NO_LINES
    water_lines: Lines = NO_LINES
    green: Lines = NO_LINES
    outlines: Mapping[str, Lines] = field(default_factory=dict)
    labels: pd.DataFrame = field(default_factory=no_labels)

    def __post_init__(self) -> None:
        _require_columns(self.labels, LABEL_COLUMNS, "labels")


@dataclass(frozen=True)
class CellOutcome:
    """How every cell fares under one radius or walking rule: (n,) of MET, NOT_MET, NOT_SUBJECT."""

    rule: str
    title: Words
    outcome: NDArray[np.int8]


@dataclass(frozen=True)
class MapCells:
    """Populated cells: `xy` (n, 2) metres in `crs`, `residents` (n,), `spacing_m` between centres, and
    the `lattice` they were laid out in, None where there is none.

    `walk_minutes` (n,) to the nearest service point of any tier, `inf` where it cannot be reached;
    `walk_limits_min` are the ascending limits that part its classes (the boundary belongs to the
    better class). `outcomes` in the order of the standard.
    """

    xy: Floats
    crs: str
    spacing_m: float
    residents: Floats
    walk_minutes: Floats
    walk_limits_min: tuple[float, ...] = (10.0, 15.0)
    outcomes: tuple[CellOutcome, ...] = ()
    lattice: Lattice | None = None

    def __post_init__(self) -> None:
        require_metric(self.crs)
        lengths = {len(self.residents), len(self.walk_minutes), *(len(o.outcome) for o in self.outcomes)}
        if lengths != {len(self.xy)}:
            raise ValueError("cell arrays differ in length")
        if list(self.walk_limits_min) != sorted(self.walk_limits_min) or not self.spacing_m > 0:
            raise ValueError("limits must ascend and the spacing must be positive")

    def __len__(self) -> int:
        return len(self.xy)

    def only(self, rows: Ints) -> MapCells:
        """Some of the cells, in no lattice and without outcomes."""
        return MapCells(
            self.xy[rows], self.crs, self.spacing_m, self.residents[rows], self.walk_minutes[rows]
        )


@dataclass(frozen=True)
class RadiusRule:
    """The facilities (row numbers) whose circles of `figure_m` metres satisfy a radius rule; `each_m` where
    the figure is each facility's own (then `figure_m` is the widest)."""

    rule: str
    title: Words
    figure_m: float
    facilities: Ints
    each_m: Floats | None = None


@dataclass(frozen=True)
class OverlayLayer:
    """Shapes in degrees laid over the cells; `look` is a key of `palette.OVERLAYS`, `names` say what
    each shape is, `facts` (heading, value) what its popup tells. One switch in the layer control. `mark`
    stands before the numbers of lines."""

    key: str
    title: Words
    look: str
    shapes: Sequence[shapely.Geometry]
    names: Sequence[Words]
    facts: Sequence[Sequence[tuple[Words, Words]]]
    show: bool = True
    mark: Words = ""


@dataclass(frozen=True)
class CellChange:
    """What becomes of every cell under one rule: (n,) positions in `palette.CHANGES`."""

    rule: str
    title: Words
    change: NDArray[np.int8]


@dataclass(frozen=True)
class OtherPlan:
    """Another choice of sites, hidden at first; `sites` as in `MapModel`."""

    title: Words
    sites: pd.DataFrame


@dataclass(frozen=True)
class Step:
    """A step of the presentation: what is said, the layer that is shown ("" keeps the one there), and what
    the map shows (west, south, east, north; None: all of it)."""

    words: Words
    layer: str = ""
    bounds: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class MapModel:
    """Everything the map file and the page's map show.

    `facilities` has name, tier, lon, lat, snap_m (NaN where unknown, inf where unlinked) and may
    have load (residents, NaN where unknown), status, unit,
    loads (rule, residents that the rule counts) and in_scenario ("new", "moved" or "").
    `gaps` has rule, rank, residents, unit, nearest_m (the residents' median), outlines as geometry and
    where its flag stands (lon, lat: the best site for it), and may have units (unit, residents, share of
    each), units_touched, farthest_m, nearest and site_residents; `sites` has rank, lon, lat,
    residents_gained, unit.
    `extents` (facility_id; doors or outlines) are what circles are drawn around where a facility is no
    point. `gap_parts` (rule, rank, part, residents, lon, lat; outlines) are the parts of large gaps that one
    facility each would serve, the first of them that of the gap's own flag.
    `bounds` are west, south, east, north. `rule_titles` names the rules of the gaps; those of
    `main_rule` are shown first. `credits` say where the data come from, licence included. `areas`
    (polygons) and `paths` (lines, numbered at their middle) lie over the cells; with `changes` the
    cells can be coloured by what became of them; `facilities_before` (tier, lon, lat) is where facilities
    stood before. `scenario` is what a hypothetical is called ("": things
    as they are) and `compared_with` what a result is held against, which
    then is itself `called` so; `remarks` limit the trust in the figures.
    `cut_offs`: by radius rule, who is inside the circle and walkable (MET), inside and not (NOT_MET), or
    outside. `units` (unit_id, name, level; outlines) can be coloured by `unit_shares` (unit_id, level, rule,
    share, share_of, residents, residents_met).
    `headline` is said first (`headline_public` where no unit may be named), `strip` says of what and
    from what it is, `mark` is the office's security mark or map review number, `steps` are presented.
    """

    title: Words
    subtitle: Words
    bounds: tuple[float, float, float, float]
    facilities: pd.DataFrame
    tier_titles: Mapping[str, Words]
    cells: MapCells
    gaps: gpd.GeoDataFrame
    main_rule: str
    rule_titles: Mapping[str, Words]
    gap_parts: gpd.GeoDataFrame | None = None
    extents: gpd.GeoDataFrame | None = None
    radius_rules: tuple[RadiusRule, ...] = ()
    sites: pd.DataFrame | None = None
    other_plans: tuple[OtherPlan, ...] = ()
    verdicts: tuple[VerdictRow, ...] = ()
    basemap: Basemap = field(default_factory=Basemap)
    credits: tuple[Words, ...] = ()
    crs_note: Words = ""
    synthetic: bool = False
    areas: tuple[OverlayLayer, ...] = ()
    paths: tuple[OverlayLayer, ...] = ()
    changes: tuple[CellChange, ...] = ()
    facilities_before: pd.DataFrame | None = None
    scenario: Words = ""
    compared_with: Words = ""
    called: Words = ""
    remarks: tuple[Words, ...] = ()
    cut_offs: tuple[CellOutcome, ...] = ()
    headline: Words = ""
    headline_public: Words = ""
    strip: tuple[tuple[Words, Words], ...] = ()
    mark: Words = ""
    steps: tuple[Step, ...] = ()
    units: gpd.GeoDataFrame | None = None
    unit_shares: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        _require_columns(self.facilities, FACILITY_COLUMNS, "facilities")
        _require_columns(self.gaps, (*GAP_COLUMNS, "geometry"), "gaps")
        if self.sites is not None:
            _require_columns(self.sites, SITE_COLUMNS, "sites")
        west, south, east, north = self.bounds
        if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
            raise ValueError("bounds must be west, south, east, north in degrees")


def _require_columns(frame: pd.DataFrame, wanted: Sequence[str], what: str) -> None:
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise ValueError(f"the map's {what} lack {', '.join(missing)}")
