"""What is not known well, drawn at random: walking speed, where facilities stand, where residents live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from core.errors import SettingError
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, accepted, beyond_m, limit_m, reach_m
from coverage.model.standard import Check, Rule
from coverage.model.tables import Floats, Ints
from geo.distance.reach import reach_straight

# A position is never drawn farther off than this many times its error.
_FARTHEST: Final = 3.0


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
