"""Gaps: contiguous populated cells that fail a rule, ranked by residents.

Where one facility would serve most of a gap, and how many facilities a large gap takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from core.progress import Progress, silent
from core.text import text
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, limit_m, reach_m
from coverage.measuring.focal_sums import disc_sums
from coverage.measuring.outlines import CellGroups, cell_groups, cell_outlines
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule
from coverage.model.tables import Bools, Floats, Ints, PopulationGrid
from geo.distance.reach import bounded_reach
from geo.inside import bins
from geo.lattice import Lattice
from geo.network.snapping import take

# Cells off any lattice touch when their centres are at most this many spacings apart: on a square grid
# the eight neighbours (the diagonal is 1.41), on a hexagon grid the six (the next ring is 1.73).
TOUCH: Final = 1.5
_SQUARES: Final = np.ones((3, 3), dtype=int)
_HEXAGONS: Final = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]])
# Sites tried in a gap before the best one found is taken: straight ones one by one, those on foot
# at once. Straight, the first or second is nearly always proved best.
_TRIED_STRAIGHT: Final = 64
_TRIED_ON_FOOT: Final = 8
_PROMISING: Final = 4_000
# Sites tried on foot are at least this part of the rule's reach apart.
_APART: Final = 1 / 3


@dataclass(frozen=True)
class Touching:
    """Cells of a lattice touch along sides and at corners; `pairs` (k, 2) are those that touch of which
    one stands off the lattice, or there is none."""

    lattice: Lattice | None
    pairs: Ints

    def groups(self, chosen: Bools) -> list[Ints]:
        """Contiguous groups of the chosen cells, each as ascending row numbers."""
        cells = np.flatnonzero(chosen)
        if not len(cells):
            return []
        # Cells of one part of the lattice are one already; each other cell begins as its own.
        number = np.arange(1, len(cells) + 1)
        if self.lattice is not None:
            row, column = self.lattice.row[cells], self.lattice.column[cells]
            on = row >= 0
            nodes = np.zeros(self.lattice.shape, dtype=bool)
            nodes[row[on], column[on]] = True
            parts, count = label(nodes, structure=_HEXAGONS if self.lattice.hexagons else _SQUARES)
            number[on] = parts[row[on], column[on]]
            number[~on] = count + np.arange(1, int((~on).sum()) + 1)
        pairs = self.pairs[chosen[self.pairs[:, 0]] & chosen[self.pairs[:, 1]]]
        if len(pairs):
            place = np.full(len(chosen), -1, dtype=np.int64)
            place[cells] = number
            size = int(number.max()) + 1
            ends = place[pairs[:, 0]], place[pairs[:, 1]]
            graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(size, size))
            number = connected_components(graph, directed=False)[1][number]
        order = np.argsort(number, kind="stable")
        return np.split(cells[order], np.flatnonzero(np.diff(number[order])) + 1)


def touching(grid: PopulationGrid) -> Touching:
    """Which cells of the grid touch; on a lattice by its rows and columns, elsewhere by distance."""
    lattice, reach_m = grid.lattice, TOUCH * grid.spacing_m
    if lattice is None:
        return Touching(None, cKDTree(grid.xy).query_pairs(reach_m, output_type="ndarray"))
    off = np.flatnonzero(~lattice.on)
    if not len(off):
        return Touching(lattice, np.empty((0, 2), np.int64))
    near = cKDTree(grid.xy).query_ball_point(grid.xy[off], reach_m)
    count = np.array([len(cells) for cells in near])
    return Touching(lattice, np.column_stack([np.repeat(off, count), np.concatenate(near).astype(np.int64)]))


# Of the units that a gap touches, so many of those with most of its residents are named.
_UNITS_NAMED: Final = 5


@dataclass(frozen=True)
class GapSite:
    """One facility at the cell `cell` (a row of the grid, at `xy`) would bring `residents` of a gap
    within the rule: those of `cells`."""

    cell: int
    xy: tuple[float, float]
    residents: float
    cells: Ints


@dataclass(frozen=True)
class GapShare:
    """The residents of a gap in one of the smallest units that it touches.

    `unit_rows` level → row of the unit table: a unit and those above it, -1 where there is none;
    `share` is of the gap's residents.
    """

    unit_rows: Mapping[str, int]
    residents: float
    share: float


@dataclass(frozen=True)
class Gap:
    """One gap of one rule; rank 1 has the most residents (ties: the southern-most, then western).

    `cells` are rows of the grid. `nearest_m` is the residents' median way to the nearest facility that
    the rule accepts, in the rule's own measure (the smallest that at least half of them do not exceed;
    inf: half cannot reach any), `farthest_m` the longest of their ways, and `nearest_row` the facility
    that is the nearest for most of them (-1: none). `shares` are the units with most of its residents,
    the first of them the gap's place, and `units_touched` how many units it touches. `site` is where
    one facility would serve most of it; `xy` is that place, else the cell nearest to the residents'
    centre of gravity.
    """

    rule_id: str
    rank: int
    residents: float
    groups: Mapping[str, float]
    area_m2: float
    cells: Ints
    xy: tuple[float, float]
    nearest_m: float
    farthest_m: float
    nearest_row: int
    shares: tuple[GapShare, ...] = ()
    units_touched: int = 0
    site: GapSite | None = None
    parts: tuple[GapSite, ...] = ()

    @property
    def unit_rows(self) -> Mapping[str, int]:
        """The unit that most of its residents live in, and those above it; {} outside all units."""
        return self.shares[0].unit_rows if self.shares else {}


def find_gaps(results: Sequence[RuleResult], measured: Measured) -> tuple[Gap, ...]:
    """The gaps of every radius and walk rule, rule by rule, most residents first."""
    near = touching(measured.study.grid)
    gaps: list[Gap] = []
    for result in results:
        if result.rule.check in (Check.RADIUS, Check.WALK) and result.cells_met is not None:
            gaps.extend(_gaps_of(result, measured, near))
    return tuple(gaps)


def gap_outlines(gaps: Sequence[Gap], measured: Measured) -> np.ndarray:
    """Each gap's cells as one shape in metres (`coverage.measuring.outlines.cell_outlines`)."""
    shapes = np.empty(len(gaps), object)
    for rule_id in dict.fromkeys(gap.rule_id for gap in gaps):
        of_rule = [i for i, gap in enumerate(gaps) if gap.rule_id == rule_id]
        shapes[of_rule] = cell_outlines(measured.study.grid, [gaps[i].cells for i in of_rule])
    return shapes


def _gaps_of(result: RuleResult, measured: Measured, near: Touching) -> list[Gap]:
    if result.cells_met is None or result.cells_subject is None:
        return []
    failing = result.cells_subject & ~result.cells_met & (measured.residents > 0)
    parts = near.groups(failing)
    if not parts:
        return []
    grid, groups = measured.study.grid, cell_groups(parts)
    residents, middle = groups.sums(grid.residents), groups.middles(grid.xy, grid.residents)
    # Sums of the same residents in another order differ in their last bits: they are as many. Where a
    # gap lies is compared by the millimetre, since projecting moves equal northings apart by less.
    south, west = (grid.xy[middle, axis].round(3) for axis in (1, 0))
    order = np.lexsort((west, south, -residents.round(6))).tolist()
    middle = middle[order]
    metres, rows = reach_m(result.rule, measured)
    of_groups = [groups.sums(values)[order].tolist() for values in grid.groups.values()]
    nearest = [held[0][0] if held else -1 for held in groups.shares(rows, grid.residents)]
    places, touched = _places_of(groups, measured)
    by_name = [dict(zip(grid.groups, row, strict=True)) for row in zip(*of_groups, strict=True)]
    columns = (
        residents[order].tolist(),
        by_name or [{} for _ in order],
        groups.sums(grid.area_m2)[order].tolist(),
        [parts[i] for i in order],
        [(x, y) for x, y in grid.xy[middle].tolist()],
        groups.medians(metres, grid.residents)[order].tolist(),
        groups.largest(metres)[order].tolist(),
        [nearest[i] for i in order],
        [places[i] for i in order],
        [touched[i] for i in order],
    )
    return [Gap(result.rule.id, rank, *of) for rank, of in enumerate(zip(*columns, strict=True), start=1)]


def _places_of(groups: CellGroups, measured: Measured) -> tuple[list[tuple[GapShare, ...]], list[int]]:
    """For each group the units with most of its residents, and how many units it touches.

    The smallest unit of every cell counts; the units above it are those of the cell there that most
    live in, so that the names always belong together.
    """
    membership, people = measured.study.cells_in.rows, measured.residents
    smallest = np.full(len(people), -1, np.int64)
    for rows in membership.values():
        smallest = np.where(rows >= 0, rows, smallest)
    whole = groups.sums(people).tolist()
    found, touched = [], []
    for total, held in zip(whole, groups.shares(smallest, people), strict=True):
        found.append(
            tuple(
                GapShare({level: int(rows[cell]) for level, rows in membership.items()}, part, part / total)
                for _, part, cell in held[:_UNITS_NAMED]
            )
        )
        touched.append(len(held))
    return found, touched


def with_sites(
    gaps: Sequence[Gap],
    measured: Measured,
    *,
    most: int = 200,
    known: Sequence[Gap] = (),
    progress: Progress = silent,
) -> tuple[Gap, ...]:
    """The gaps, each standing at the site that serves most of it, for the `most` largest of every rule.

    `known` are gaps of the same rules among the same residents and streets: one of exactly the same cells
    has the same site and parts, which are taken from there.
    """
    found: dict[int, GapSite | None] = {}
    alike = {(gap.rule_id, int(gap.cells[0])): gap for gap in known if gap.site is not None}
    others = (alike.get((gap.rule_id, int(gap.cells[0]))) for gap in gaps)
    pairs = enumerate(zip(gaps, others, strict=True))
    same = {i: other for i, (gap, other) in pairs if other and np.array_equal(other.cells, gap.cells)}
    rules = list(dict.fromkeys(gap.rule_id for gap in gaps))
    for nth, rule_id in enumerate(rules):
        said = text("Looking for places that serve the gaps: rule {n} of {all}", n=nth + 1, all=len(rules))
        progress(nth / len(rules), said)
        numbers = [i for i, gap in enumerate(gaps) if gap.rule_id == rule_id and gap.rank <= most]
        searched = [i for i in numbers if i not in same]
        sites = best_sites([gaps[i] for i in searched], measured)
        found |= {i: same[i].site for i in numbers if i in same} | dict(zip(searched, sites, strict=True))
    return tuple(
        replace(gap, site=site, xy=site.xy, parts=same[i].parts if i in same else ())
        if (site := found.get(i)) is not None
        else gap
        for i, gap in enumerate(gaps)
    )


def best_sites(gaps: Sequence[Gap], measured: Measured) -> list[GapSite | None]:
    """For each gap (all of one rule) the cell where one facility would serve most of its residents.

    How many it serves is exact, in the rule's own measure. That no other cell of the gap serves
    more is certain where it serves the whole gap, and for radius rules on a square grid along the
    axes; else it is the best of the most promising cells. None where no cell of the gap has a street.
    """
    if not gaps:
        return []
    rule = measured.standard.rule(gaps[0].rule_id)
    finder = _Straight(measured, rule) if rule.check is Check.RADIUS else _OnFoot(measured, rule)
    return finder.sites([gap.cells for gap in gaps])


def split_gap(gap: Gap, measured: Measured, *, most: int = 20) -> tuple[GapSite, ...]:
    """Sites that serve a gap part by part, each where it serves most of what is left.

    Stops when nobody is left, when no street is near those who are, or at `most` parts. The parts'
    cells are disjoint; their residents never rise.
    """
    parts: list[GapSite] = []
    left = gap.cells
    while len(left) and len(parts) < most:
        site = best_sites([replace(gap, cells=left)], measured)[0]
        if site is None or not len(site.cells):
            break
        parts.append(site)
        left = np.setdiff1d(left, site.cells, assume_unique=True)
    return tuple(parts)


def split_large(
    gaps: Sequence[Gap],
    measured: Measured,
    *,
    ranks: int = 10,
    most: int = 6,
    progress: Progress = silent,
) -> dict[int, tuple[GapSite, ...]]:
    """The large and ring-shaped among the `ranks` first gaps of each rule, as `split_gap` splits them.

    Large is a gap of whose residents its best site serves less than half. Number of the gap in `gaps` →
    at most `most` parts, the first of them that of the gap's own site. A gap that has parts keeps them.
    """
    found: dict[int, list[GapSite]] = {}
    rules = list(dict.fromkeys(gap.rule_id for gap in gaps))
    for nth, rule_id in enumerate(rules):
        said = text("Splitting gaps too large for one facility: rule {n} of {all}", n=nth + 1, all=len(rules))
        progress(nth / len(rules), said)
        left: dict[int, Ints] = {}
        for i, gap in enumerate(gaps):
            site = gap.site if gap.rule_id == rule_id and gap.rank <= ranks else None
            if site is not None and gap.parts:
                found[i] = list(gap.parts)
            elif site is not None and site.residents < gap.residents / 2:
                found[i], left[i] = [site], np.setdiff1d(gap.cells, site.cells, assume_unique=True)
        for _ in range(most - 1):
            # One search for what is left of all of them.
            numbers = [i for i, cells in left.items() if len(cells)]
            sites = best_sites([replace(gaps[i], cells=left[i]) for i in numbers], measured)
            for i, site in zip(numbers, sites, strict=True):
                if site is None or not len(site.cells):
                    left[i] = left[i][:0]
                else:
                    found[i].append(site)
                    left[i] = np.setdiff1d(left[i], site.cells, assume_unique=True)
    return {i: tuple(parts) for i, parts in sorted(found.items())}


def _site(cell: int, served: Ints, measured: Measured) -> GapSite:
    grid = measured.study.grid
    x, y = grid.xy[cell].tolist()
    return GapSite(cell, (x, y), float(grid.residents[served].sum()), served)


class _Straight:
    """Sites of a radius rule."""

    def __init__(self, measured: Measured, rule: Rule) -> None:
        self.measured = measured
        self.xy, self.residents = measured.study.grid.xy, measured.residents
        self.limit_m = limit_m(rule, measured.standard) + BOUNDARY_M

    def sites(self, gaps: Sequence[Ints]) -> list[GapSite | None]:
        return [self._best(cells) for cells in gaps]

    def _best(self, cells: Ints) -> GapSite:
        middle = _middle(self.xy[cells], self.residents[cells])
        if _metres(self.xy[cells], self.xy[cells[middle]]).max() <= self.limit_m:
            return _site(int(cells[middle]), cells, self.measured)
        return self._search(cells)

    def _search(self, cells: Ints) -> GapSite:
        """By the most that each cell could serve, until none could serve more than the best does."""
        xy, residents = self.xy[cells], self.residents[cells]
        at_most = disc_sums(
            xy, residents, radius_m=self.limit_m, spacing_m=self.measured.study.grid.spacing_m
        )
        shelves = bins(xy, self.limit_m)
        order = np.argsort(-at_most, kind="stable")[:_TRIED_STRAIGHT]
        best, best_served, most = int(order[0]), np.empty(0, np.int64), -1.0
        for candidate in order.tolist():
            if most >= at_most[candidate] * (1 - 1e-9):
                break
            (west, south), (east, north) = xy[candidate] - self.limit_m, xy[candidate] + self.limit_m
            near = shelves.within((west, south, east, north))
            served = near[_metres(xy[near], xy[candidate]) <= self.limit_m]
            if residents[served].sum() > most:
                best, best_served, most = candidate, served, float(residents[served].sum())
        return _site(int(cells[best]), cells[best_served], self.measured)


class _OnFoot:
    """Sites of a walk rule."""

    def __init__(self, measured: Measured, rule: Rule) -> None:
        self.measured = measured
        self.limit_m = limit_m(rule, measured.standard) + BOUNDARY_M

    def sites(self, gaps: Sequence[Ints]) -> list[GapSite | None]:
        """All tried cells of all gaps are walked from in one search."""
        tried = [self._promising(cells) for cells in gaps]
        places = self.measured.distances.cells
        # Of all cells, whose bins and tree are there already: picking those around costs more.
        reach = bounded_reach(
            self.measured.study.network, take(places, np.concatenate(tried)), places, limit_m=self.limit_m
        )
        linked = places.linked
        first = np.cumsum([0, *(len(some) for some in tried)])
        found: list[GapSite | None] = []
        for number, cells in enumerate(gaps):
            rows = range(first[number], first[number + 1])
            near = (reach.indices[reach.indptr[r] : reach.indptr[r + 1]].astype(np.int64) for r in rows)
            served = [some[linked[some]] for some in near]
            found.append(self._best(cells, tried[number], served))
        return found

    def _best(self, cells: Ints, tried: Ints, served: list[Ints]) -> GapSite | None:
        in_gap = np.zeros(len(self.measured.residents), dtype=bool)
        in_gap[cells] = True
        inside = [some[in_gap[some]] for some in served]
        if not inside:
            return None
        best = int(np.argmax([self.measured.residents[some].sum() for some in inside]))
        return _site(int(tried[best]), inside[best], self.measured)

    def _promising(self, cells: Ints) -> Ints:
        """The middle, and those with most residents around in a straight line, some way apart."""
        linked = cells[self.measured.distances.cells.edge[cells] >= 0]
        if not len(linked):
            return linked
        xy, residents = self.measured.study.grid.xy[linked], self.measured.residents[linked]
        if len(linked) <= _TRIED_ON_FOOT:
            return np.roll(linked, -_middle(xy, residents))
        at_most = disc_sums(
            xy, residents, radius_m=self.limit_m, spacing_m=self.measured.study.grid.spacing_m
        )
        # The middle, then always the cell with the highest `at_most` that is apart from those chosen.
        middle = _middle(xy, residents)
        apart_m = self.limit_m * _APART
        # Nearly always the few with the highest values hold all that are wanted.
        for few in (_PROMISING, len(xy)):
            chosen = [middle]
            lowest = np.partition(at_most, -few)[-few] if few < len(xy) else -np.inf
            some = np.flatnonzero(at_most >= lowest)
            some = some[np.argsort(-at_most[some], kind="stable")]
            some = some[_metres(xy[some], xy[middle]) > 0]
            while len(some) and len(chosen) < _TRIED_ON_FOOT:
                chosen.append(int(some[0]))
                some = some[_metres(xy[some], xy[chosen[-1]]) > apart_m]
            if len(chosen) == _TRIED_ON_FOOT or few >= len(xy):
                break
        return np.asarray(linked[chosen])


def _middle(xy: Floats, residents: Floats) -> int:
    """The row nearest to the residents' centre of gravity."""
    whole = residents.sum()
    centre = [float((xy[:, i] * residents).sum() / whole) for i in (0, 1)]
    return int(_metres(xy, np.asarray(centre)).argmin())


def _metres(xy: Floats, place: Floats) -> Floats:
    return np.asarray(np.hypot(xy[:, 0] - place[0], xy[:, 1] - place[1]))
