"""Where new sites may be: street crossings, cell centres, other facilities, or a list of the user's own.

And names and coordinates that a planner writes, as rows of a table.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from scipy import sparse

from core.errors import InputError, SettingError
from core.text import Text, listed, text
from coverage.checks.reach import BOUNDARY_M, limit_m
from coverage.model.membership import locate
from coverage.model.standard import Rule
from coverage.model.tables import Bools, Floats, Ints
from coverage.siting.candidates import cell_candidates, junction_candidates
from coverage.siting.goals import LEAST_WALKING, LEAST_WORST
from data.candidate_list import read_candidates
from data.intake.findings import Finding
from data.vector import read_vector
from geo.crs import WGS84, project
from geo.network.snapping import snap, take
from jobs.assess.folder import Assessed
from jobs.siting.request import CROSSINGS, FACILITIES, SOURCES, SitingRequest

# More candidates than this seldom change the answer and cost time; places are thinned out to it.
MOST_CANDIDATES: Final = 5000
# Where everybody walks to their nearest site, every candidate reaches far: fewer, and up to here.
MOST_WALKED_TO: Final = 800
# A problem of so many places and cells is solved within a minute (`bench.siting`, rl1304).
FEW_CELLS: Final = 1500
MOST_WALKED_TO_BY_FEW: Final = 1500
# Where residents are shared out among the sites, every pair of place and resident counts.
MOST_WITH_LOADS: Final = 250
# A coordinate forbids whatever is this near to it.
FORBIDDEN_M: Final = 100.0
_PAIR: Final = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，;、\s]\s*(-?\d{1,2}(?:\.\d+)?)\s*$")
_MOST_GUESSES: Final = 3
# So many rows that are no places are told one by one.
_MOST_SAID: Final = 5


@dataclass(frozen=True)
class Among:
    """Among which of the generated places a plan is looked for: of `every` those at least `spacing_m` apart.

    `everywhere`: every place was weighed, or shown to be in no plan of more than `value` residents served
    anew. `bound` is what a plan of all places can serve anew at most, inf where nobody looked.
    """

    every: int
    spacing_m: float
    everywhere: bool
    value: float = 0.0
    bound: float = np.inf


@dataclass(frozen=True, eq=False)
class Candidates:
    """(n,) places: `xy` (n, 2) metres, `names` ("" for none), and what a list says of each (NaN: nothing).

    `cell` is the cell of the grid that each is the centre of, -1 for other places. `required` and
    `forbidden` are rows. `notes` tell what was left out and why, `among` of how many generated places
    these are; None for a list and for facilities, which are all there. `anew` (n × cells) are the residents
    whom each would serve anew, where that is known already.
    """

    xy: Floats
    names: tuple[str, ...]
    cost: Floats
    capacity: Floats
    area_m2: Floats
    cell: Ints
    cost_unit: str = ""
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    notes: tuple[Text, ...] = field(default=())
    among: Among | None = None
    anew: sparse.csr_array | None = None

    def __len__(self) -> int:
        return len(self.xy)

    def only(self, rows: Ints) -> Candidates:
        """Some of the places, before any is required or forbidden."""
        return replace(
            self,
            xy=self.xy[rows],
            names=tuple(self.names[row] for row in rows),
            cost=self.cost[rows],
            capacity=self.capacity[rows],
            area_m2=self.area_m2[rows],
            cell=self.cell[rows],
            anew=None,
        )


def places(xy: Floats, names: Sequence[str] = (), cell: Ints | None = None) -> Candidates:
    """Candidates of which nothing but the place, and perhaps the name or its cell, is known."""
    unknown = np.full(len(xy), np.nan)
    cell = np.full(len(xy), -1) if cell is None else cell
    return Candidates(xy, tuple(names) or ("",) * len(xy), unknown, unknown, unknown, cell)


def candidates_of(
    done: Assessed,
    request: SitingRequest,
    rule: Rule,
    wanted: Bools,
    *,
    settlement: str = "any",
    every: bool = False,
) -> Candidates:
    """The places of the source asked for outside the excluded areas, with those required by coordinates.

    `wanted` (cells,) are the residents to be served: generated places lie where one could reach them,
    thinned out to what a search can weigh unless `every` one is asked for. Where the load band of a
    `settlement` binds, only places in it count. InputError for a file or a name that cannot be used.
    """
    most = (
        len(wanted) + len(done.inputs.study.network.node_xy)
        if every
        else most_places(request, int(wanted.sum()))
    )
    if request.candidates:
        study = done.inputs.study
        listed = read_candidates(request.candidates, datum=done.inputs.datum, units=study.units)
        frame = listed.frame
        notes = tuple(_no_places(request.candidates.name, listed.findings))
        found = Candidates(
            project(frame["lon"].to_numpy(float), frame["lat"].to_numpy(float), study.grid.crs),
            tuple(frame["name"]),
            frame["cost"].to_numpy(float),
            frame["capacity"].to_numpy(float),
            frame["area_m2"].to_numpy(float),
            np.full(len(frame), -1),
            listed.cost_unit,
            notes=notes,
        )
    else:
        # Nobody outside would reach a site on an island of streets; a list of one's own may name such places.
        found = _made(done, request, rule, wanted, most)
        network, walking = done.inputs.study.network, done.inputs.standard.walking
        if len(found) and (found.cell >= 0).all():
            doors = take(done.assessment.measured.distances.cells, found.cell)
        else:
            doors = snap(network, found.xy, limit_m=walking.snap_limit_m)
        stranded = doors.linked & network.islands.on_island[doors.edge]
        found = found.only(np.flatnonzero(~stranded)) if stranded.any() else found
    if request.conditions.within_band and settlement != "any":
        said = locate(done.inputs.study.units, found.xy).settlement
        found = found.only(np.flatnonzero(said == settlement))
    found = _outside(found, request.exclude, done.inputs.study.grid.crs)
    if found.among is not None and found.among.everywhere:
        found = replace(found, among=replace(found.among, every=len(found)))
    return _with_named(found, request, done.inputs.study.grid.crs)


def _no_places(file: str, findings: Iterable[Finding]) -> Iterator[Text]:
    """Which rows of a list are no places, and why; of many the first ones and how many there are."""
    errors = [finding for finding in findings if finding.level == "error"]
    for error in errors[:_MOST_SAID]:
        if error.row:
            yield text(
                "{file}, row {row}, cannot be used as a place: {why}",
                file=file,
                row=error.row,
                why=error.message,
            )
        else:
            yield text("{file}: a row cannot be used as a place: {why}", file=file, why=error.message)
    if len(errors) > _MOST_SAID:
        yield text("{file}: {count} {count:row|rows} cannot be used as places.", file=file, count=len(errors))


def most_places(request: SitingRequest, n_cells: int) -> int:
    """How many places a search with this goal and these conditions can weigh in reasonable time for the
    residents of so many cells."""
    asked, by_metres = request.conditions, request.goal in (LEAST_WALKING, LEAST_WORST)
    if asked.has_loads or (by_metres and asked.ties_sites):
        return MOST_WITH_LOADS
    if by_metres:
        return MOST_WALKED_TO if n_cells > FEW_CELLS else MOST_WALKED_TO_BY_FEW
    return MOST_CANDIDATES


def _made(done: Assessed, request: SitingRequest, rule: Rule, wanted: Bools, most: int) -> Candidates:
    if request.source not in SOURCES:
        raise SettingError(
            "Candidates come from {sources}, or from a file; not from “{source}”.",
            sources=listed(SOURCES),
            source=request.source,
        )
    study = done.inputs.study
    if request.source == FACILITIES:
        # Facilities that do not serve the rule yet: buildings that could be extended.
        table = done.inputs.study.facilities
        rows = np.flatnonzero(~table.frame["tier"].isin(rule.serves).to_numpy(bool))
        if not len(rows):
            raise InputError(
                "The lists hold no facility of another kind than those that serve already; "
                "choose crossings, cells or a list of your own."
            )
        return places(table.xy[rows], [str(name) for name in table.frame["name"].to_numpy(str)[rows]])
    grid, near_m = study.grid, limit_m(rule, done.inputs.standard) + BOUNDARY_M
    crossings = request.source == CROSSINGS
    find = partial(junction_candidates, study.network) if crossings else cell_candidates
    rows, spacing_m, every = _thinned(
        lambda apart_m: find(grid, wanted=wanted, near_m=near_m, spacing_m=apart_m),
        grid.spacing_m * (1.0 if crossings else 0.9),
        most,
    )
    among = Among(every, max(spacing_m, grid.spacing_m), everywhere=len(rows) == every)
    found = places(study.network.node_xy[rows]) if crossings else places(grid.xy[rows], cell=rows)
    return replace(found, among=among)


def _thinned(rows_at: Callable[[float], Ints], spacing_m: float, most: int) -> tuple[Ints, float, int]:
    """Rows at the least spacing that leaves not more than `most` of them, that spacing, and how many
    there are at the spacing given."""
    rows = rows_at(spacing_m)
    every = len(rows)
    while len(rows) > most:
        spacing_m *= max(1.1, float(np.sqrt(len(rows) / most)))
        rows = rows_at(spacing_m)
    return rows, spacing_m, every


def _outside(found: Candidates, areas: Sequence[Path], crs: str) -> Candidates:
    """The places that lie in no area of any of the files; a place on the border lies in it."""
    inside = np.zeros(len(found), bool)
    for path in areas:
        inside |= in_areas(path, found.xy, crs)
    if not inside.any():
        return found
    note = text(
        "{count} of {all} candidate places lie in excluded areas and are left out.",
        count=int(inside.sum()),
        all=len(found),
    )
    kept = found.only(np.flatnonzero(~inside))
    return replace(kept, notes=(*found.notes, note) if any(found.names) else found.notes)


def in_areas(path: Path, xy: Floats, crs: str) -> Bools:
    """(n,) which places lie in the areas of a map layer; of lines and points only what they touch."""
    areas = read_vector(path)
    areas = (areas.set_crs(WGS84) if areas.crs is None else areas).to_crs(crs)
    tree = shapely.STRtree(areas.geometry.to_numpy())
    point, _ = tree.query(shapely.points(xy), predicate="intersects")
    inside = np.zeros(len(xy), bool)
    inside[point] = True
    return inside


def _with_named(found: Candidates, request: SitingRequest, crs: str) -> Candidates:
    """What is required and forbidden by name or coordinates, as rows; required coordinates are added."""
    required: list[int] = []
    for written in request.conditions.required:
        place = lonlat_of(written)
        if place is None:
            required.append(row_called(written, found.names, what=CANDIDATES))
        else:
            # One more candidate at the coordinate, or the row that is there already (to the metre).
            xy = project(np.asarray([place[0]]), np.asarray([place[1]]), crs)
            metres = np.hypot(*(found.xy - xy).T) if len(found) else np.empty(0)
            if len(metres) and metres.min() < 1.0:
                row = int(metres.argmin())
            else:
                one, row = places(xy), len(found)
                found = replace(
                    found,
                    xy=np.vstack([found.xy.reshape(-1, 2), xy]),
                    names=(*found.names, ""),
                    cost=np.append(found.cost, one.cost),
                    capacity=np.append(found.capacity, one.capacity),
                    area_m2=np.append(found.area_m2, one.area_m2),
                    cell=np.append(found.cell, one.cell),
                )
            required.append(row)
    forbidden = {row for written in request.conditions.forbidden for row in _forbidden(found, written, crs)}
    both = sorted(forbidden & set(required))
    if both:
        raise InputError(
            "The place “{name}” is both required and forbidden.",
            name=found.names[both[0]] or request.conditions.required[required.index(both[0])],
        )
    return replace(found, required=tuple(dict.fromkeys(required)), forbidden=tuple(sorted(forbidden)))


def _forbidden(found: Candidates, written: str, crs: str) -> list[int]:
    place = lonlat_of(written)
    if place is None:
        return rows_called(written, found.names, what=CANDIDATES)
    xy = project(np.asarray([place[0]]), np.asarray([place[1]]), crs)
    near: list[int] = np.flatnonzero(np.hypot(*(found.xy - xy).T) <= FORBIDDEN_M + BOUNDARY_M).tolist()
    return near


def lonlat_of(written: str) -> tuple[float, float] | None:
    """Longitude and latitude in degrees, or None where it is a name.

    >>> lonlat_of("118.7969, 32.0603"), lonlat_of("北苑空地")
    ((118.7969, 32.0603), None)
    """
    match = _PAIR.match(unicodedata.normalize("NFKC", written))
    if match is None:
        return None
    lon, lat = float(match[1]), float(match[2])
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def rows_called(name: str, names: Sequence[str], *, what: Text) -> list[int]:
    """All rows of that name; InputError with the nearest names where there is none."""
    plain = [_plain(other) for other in names]
    rows = [row for row, other in enumerate(plain) if other == _plain(name)]
    if rows:
        return rows
    like = difflib.get_close_matches(_plain(name), [other for other in plain if other], _MOST_GUESSES, 0.5)
    if like:
        raise InputError(
            "There is no “{name}” among {what}. Is one of these meant: {like}?",
            name=name,
            what=what,
            like=listed(dict.fromkeys(like)),
        )
    if not any(plain):
        raise InputError(
            "“{name}” cannot be found: {what} have no names. Write longitude and latitude, "
            "as 118.7969,32.0603.",
            name=name,
            what=what,
        )
    raise InputError("There is no “{name}” among {what}.", name=name, what=what)


def row_called(name: str, names: Sequence[str], *, what: Text) -> int:
    """The one row of that name; InputError if there are several."""
    rows = rows_called(name, names, what=what)
    if len(rows) > 1:
        raise InputError(
            "“{name}” is not one place: {count} of {what} are called so. Write longitude and "
            "latitude instead.",
            name=name,
            count=len(rows),
            what=what,
        )
    return rows[0]


CANDIDATES: Final = text("the candidate places")
EXISTING: Final = text("the existing facilities of the tier")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()
