"""How sure are we: every share with a band, and the units whose verdict hangs on what is not known well:
walking speed, where facilities stand, where residents live, drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from core.errors import SettingError
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, accepted, beyond_m, limit_m, reach_m
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule, Verdict
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints
from geo.distance.reach import reach_straight

UNIT_COLUMNS: Final = ("rule", "unit_row", "level", "verdict", "share", "low", "high", "agree")
_BAND: Final = (0.05, 0.95)
_ORDER: Final = (Verdict.NOT, Verdict.NEARLY, Verdict.MEETS)
# A position is never drawn farther off than this many times its error.
_FARTHEST: Final = 3.0


@dataclass(frozen=True)
class Band:
    """A radius or walk rule's share as it stands, and between which it lies in nine draws of ten.

    `low` and `high` are the 5 % and 95 % quantiles of the draws; the share as it stands may lie at
    an end or outside, since the standard's 5 km/h is the fastest of 3 to 5. `verdicts`: verdict →
    share of the draws that give it.
    """

    rule_id: str
    share: float
    low: float
    high: float
    verdicts: Mapping[str, float]


@dataclass(frozen=True)
class Certainty:
    """`bands` in the standard's order.

    `units`: every unit and rule whose verdict is not the one as it stands in every draw: `share`
    as it stands, its band, and `agree`, the share of draws with the `verdict` as it stands.
    """

    doubts: Doubts
    bands: tuple[Band, ...]
    units: pd.DataFrame


def certainty(results: Sequence[RuleResult], measured: Measured, *, doubts: Doubts) -> Certainty:
    """Bands of the radius and walk rules that could be judged and divide by residents, since residents are
    what is drawn. One seed always gives the same bands.

    Distances are those measured, nothing is searched anew. A draw's speed moves the limit of walk
    rules. A facility that moves is followed exactly by radius rules; on foot the way from the
    cell's nearest facility grows or shrinks by as much as the straight line does.
    """
    judged = [
        r
        for r in results
        if r.rule.check in (Check.RADIUS, Check.WALK)
        and r.rule.denominator == "residents"
        and r.share is not None
    ]
    parts = _Parts.of(measured.study)
    cells = cells_of([result.rule for result in judged], measured, doubts)
    dice = Dice(measured, doubts)
    met = np.zeros((len(judged), doubts.draws, 1 + parts.units))
    for number in range(doubts.draws):
        draw = dice.draw(number)
        drawn = parts.scaled(measured, draw)
        for i, of_rule in enumerate(cells):
            met[i, number] = parts.sums(of_rule.met(draw), measured, draw, drawn)
    found = [_of_rule(r, measured, m, parts) for r, m in zip(judged, met, strict=True)]
    tables = [table for _, table in found if len(table)]
    units = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(UNIT_COLUMNS))
    return Certainty(doubts, tuple(band for band, _ in found), units)


@dataclass(frozen=True)
class _Parts:
    """Cells that lie in the same units of all levels are one part; sums by part give every unit's.

    `of_cell` (n,) the cell's part; `in_unit` units × parts; `residents` (parts,) as they stand.
    """

    of_cell: Ints
    in_unit: csr_array
    residents: Floats

    @classmethod
    def of(cls, study: Study) -> _Parts:
        n = len(study.grid)
        part = np.zeros(n, np.int64)
        for rows in study.cells_in.rows.values():
            part = np.unique(part * (len(study.units or ()) + 1) + rows + 1, return_inverse=True)[1]
        count = int(part.max()) + 1
        first = np.empty(count, np.int64)
        first[part] = np.arange(n)
        pairs = [
            (rows[first][rows[first] >= 0], np.flatnonzero(rows[first] >= 0))
            for rows in study.cells_in.rows.values()
        ]
        unit, held = (
            (np.concatenate(side) for side in zip(*pairs, strict=True)) if pairs else (first[:0], first[:0])
        )
        shape = (len(study.units) if study.units is not None else 0, count)
        in_unit = csr_array(coo_array((np.ones(len(unit)), (unit, held)), shape=shape))
        return cls(part, in_unit, np.bincount(part, weights=study.grid.residents).astype(float))

    @property
    def units(self) -> int:
        return int(self.in_unit.shape[0])

    def scaled(self, measured: Measured, draw: Draw) -> Floats:
        """(parts,) by what weights must be scaled, so that every part keeps its residents."""
        whole = np.bincount(self.of_cell, weights=measured.residents * draw.weight)
        return np.divide(self.residents, whole, out=np.zeros(len(whole)), where=whole > 0)

    def sums(self, cells: Ints, measured: Measured, draw: Draw, scale: Floats) -> Floats:
        """Residents of these cells in this draw: the city's, then every unit's."""
        weights = measured.residents[cells] * draw.weight[cells]
        return self.by_unit(np.bincount(self.of_cell[cells], weights=weights, minlength=len(scale)) * scale)

    def by_unit(self, of_parts: Floats) -> Floats:
        return np.concatenate([[of_parts.sum()], self.in_unit @ of_parts])


def _of_rule(result: RuleResult, measured: Measured, met: Floats, parts: _Parts) -> tuple[Band, pd.DataFrame]:
    """The band of one rule and its units that flip; `met` (draws, 1 + units) residents."""
    subject = measured.study.subject_to(result.rule.settlement)
    people = np.bincount(parts.of_cell, weights=measured.residents * subject, minlength=len(parts.residents))
    whole = parts.by_unit(people.astype(float))
    # Sums of drawn weights are rounded: a whole share may lack its last bit, or have one too many.
    shares = np.minimum(np.divide(met, whole, out=np.full(met.shape, np.nan), where=whole > 0), 1.0)
    # Positions in _ORDER.
    a_little = 1e-9
    verdicts = (shares >= measured.limits.nearly_share - a_little).astype(np.int64) + (
        shares >= measured.limits.meets_share - a_little
    )
    low, high = np.quantile(shares, _BAND, axis=0)
    found = {
        v.value: float((verdicts[:, 0] == i).mean())
        for i, v in enumerate(_ORDER)
        if (verdicts[:, 0] == i).any()
    }
    band = Band(result.rule.id, float(result.share or 0.0), float(low[0]), float(high[0]), found)
    table = result.by_unit
    table = table[table["verdict"] != ""]
    rows = table["unit_row"].to_numpy(int)
    stands = np.asarray([_ORDER.index(Verdict(word)) for word in table["verdict"]], np.int64)
    agree = (verdicts[:, 1:][:, rows] == stands).mean(axis=0)
    units = table[["unit_row", "level", "verdict", "share"]].assign(
        rule=result.rule.id, low=low[1:][rows], high=high[1:][rows], agree=agree
    )
    return band, pd.DataFrame(units.loc[agree < 1.0, list(UNIT_COLUMNS)])


@dataclass(frozen=True)
class Doubts:
    """What is drawn, and how.

    `speed_kmh`: evenly between two speeds, one for everybody. `position_m`: standard error of a
    facility's x and of its y (normal, cut at three times that far), each facility its own.
    `redistribution`: how unevenly residents may lie within their unit, as the coefficient of
    variation of a cell (gamma); every unit keeps its total. 0 takes a doubt away.
    """

    speed_kmh: tuple[float, float] = (3.0, 5.0)
    position_m: float = 30.0
    redistribution: float = 0.3
    draws: int = 100
    seed: int = 2011

    def __post_init__(self) -> None:
        low, high = self.speed_kmh
        if not 0 < low <= high or self.position_m < 0 or self.redistribution < 0 or self.draws < 1:
            raise SettingError(
                "The lower speed must be above 0 and not above the higher one, errors must not be "
                "negative, and there must be at least one draw."
            )


@dataclass(frozen=True)
class Draw:
    """One city that could be: its speed, how far each facility is off (facilities, 2), weights of cells."""

    speed_kmh: float
    off_m: Floats
    weight: Floats


class Dice:
    """The draws of a study, each the same whenever it is asked for."""

    def __init__(self, measured: Measured, doubts: Doubts) -> None:
        self._doubts = doubts
        self._cells, self._facilities = len(measured.study.grid), len(measured.study.facilities)
        # Every draw starts elsewhere in one long row of numbers: drawing anew takes ten times as long.
        self._row = _gamma(np.random.default_rng(doubts.seed), 2 * self._cells, doubts.redistribution)

    def draw(self, number: int) -> Draw:
        dice = np.random.default_rng([self._doubts.seed, number])
        off_m = dice.normal(0.0, 1.0, (self._facilities, 2)) * self._doubts.position_m
        far = np.hypot(off_m[:, 0], off_m[:, 1])
        cut = np.minimum(1.0, _FARTHEST * self._doubts.position_m / np.maximum(far, 1e-12))
        start = int(dice.integers(0, self._cells + 1))
        weight = self._row[start : start + self._cells]
        return Draw(float(dice.uniform(*self._doubts.speed_kmh)), off_m * cut[:, None], weight)


def _gamma(dice: np.random.Generator, n: int, variation: float) -> Floats:
    """n numbers of mean 1 and this coefficient of variation."""
    if variation == 0:
        return np.ones(n)
    return dice.gamma(1.0 / variation**2, variation**2, n)


@dataclass(frozen=True)
class StraightCells:
    """A radius rule's cells: those near enough in any draw, and the pairs that decide the others.

    `pairs` marginal cells × entrances with metres; `dx`, `dy` from entrance to cell of each pair, `limit_m`
    the figure of its facility. An outline's entrances are points of its edge.
    """

    sure: Ints
    marginal: Ints
    pairs: csr_array
    facility: Ints
    dx: Floats
    dy: Floats
    limit_m: Floats

    @classmethod
    def of(cls, rule: Rule, measured: Measured, doubts: Doubts) -> StraightCells:
        """Nobody beyond the limit and the farthest error can ever be within it."""
        error_m, facilities = _FARTHEST * doubts.position_m, measured.study.facilities
        beyond = beyond_m(rule, measured) - BOUNDARY_M
        subject = measured.study.subject_to(rule.settlement)
        sure = np.flatnonzero(subject & (beyond <= -error_m))
        marginal = np.flatnonzero(subject & (beyond > -error_m) & (beyond <= error_m))
        counted = accepted(rule, facilities, measured.standard)
        at, owner = facilities.entrances.of_rows(counted.rows)
        most_m = counted.limit_m[owner] + BOUNDARY_M
        cell_xy, door_xy = measured.study.grid.xy[marginal], facilities.entrances.xy[at]
        pairs = reach_straight(cell_xy, door_xy, limit_m=float(most_m.max(initial=0.0)) + error_m)
        off = np.repeat(cell_xy, np.diff(pairs.indptr), axis=0) - door_xy[pairs.indices]
        facility = counted.rows[owner[pairs.indices]]
        return cls(sure, marginal, pairs, facility, off[:, 0], off[:, 1], most_m[pairs.indices])

    def met(self, draw: Draw) -> Ints:
        """Cells within the rule in this draw: exactly those a measurement anew would find."""
        x, y = self.dx - draw.off_m[self.facility, 0], self.dy - draw.off_m[self.facility, 1]
        near = np.append(0, np.cumsum(x * x + y * y <= self.limit_m**2))
        some = near[self.pairs.indptr[1:]] > near[self.pairs.indptr[:-1]]
        return np.concatenate([self.sure, self.marginal[some]])


@dataclass(frozen=True)
class WalkCells:
    """A walk rule's cells that any draw may bring within it: metres, nearest facility, the way there."""

    cells: Ints
    metres: Floats
    facility: Ints
    towards: Floats
    rule: Rule

    @classmethod
    def of(cls, rule: Rule, measured: Measured, doubts: Doubts) -> WalkCells:
        nearest = reach_m(rule, measured)[1]
        metres = beyond_m(rule, measured) + limit_m(rule, measured.standard)
        most_m = _walked_m(rule, doubts.speed_kmh[1]) + _FARTHEST * doubts.position_m
        cells = np.flatnonzero(measured.study.subject_to(rule.settlement) & (metres <= most_m + BOUNDARY_M))
        facility = nearest[cells]
        way = measured.study.grid.xy[cells] - measured.study.facilities.xy[facility]
        towards = way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
        return cls(cells, metres[cells], facility, towards, rule)

    def met(self, draw: Draw) -> Ints:
        """Cells within the rule at this draw's speed, with ways as much shorter as facilities are nearer."""
        off = draw.off_m[self.facility]
        metres = self.metres - off[:, 0] * self.towards[:, 0] - off[:, 1] * self.towards[:, 1]
        return self.cells[metres <= _walked_m(self.rule, draw.speed_kmh) + BOUNDARY_M]


def _walked_m(rule: Rule, speed_kmh: float) -> float:
    """How far a walk rule reaches at a speed; a figure in metres does not depend on it."""
    return rule.limit if rule.in_metres else rule.limit * speed_kmh * 1000.0 / 60.0


def cells_of(rules: Sequence[Rule], measured: Measured, doubts: Doubts) -> list[StraightCells | WalkCells]:
    """What to look at in every draw, rule by rule."""
    return [
        (StraightCells if rule.check is Check.RADIUS else WalkCells).of(rule, measured, doubts)
        for rule in rules
    ]
