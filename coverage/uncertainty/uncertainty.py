"""How sure are we: every share with a band, and the units whose verdict hangs on what is not known well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from coverage.checks.measured import Measured
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Verdict, VerdictLimits
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints
from coverage.uncertainty.inputs import Dice, Doubts, Draw, cells_of

UNIT_COLUMNS: Final = ("rule", "unit_row", "level", "verdict", "share", "low", "high", "agree")
_BAND: Final = (0.05, 0.95)
_ORDER: Final = (Verdict.NOT, Verdict.NEARLY, Verdict.MEETS)


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
    shares = np.divide(met, whole, out=np.full(met.shape, np.nan), where=whole > 0)
    verdicts = _verdicts(shares, measured.limits)
    low, high = np.quantile(shares, _BAND, axis=0)
    found = {
        v.value: float((verdicts[:, 0] == i).mean())
        for i, v in enumerate(_ORDER)
        if (verdicts[:, 0] == i).any()
    }
    band = Band(result.rule.id, float(result.share or 0.0), float(low[0]), float(high[0]), found)
    return band, _flipping(result, verdicts[:, 1:], low[1:], high[1:])


def _flipping(result: RuleResult, verdicts: Ints, low: Floats, high: Floats) -> pd.DataFrame:
    table = result.by_unit
    table = table[table["verdict"] != ""]
    rows = table["unit_row"].to_numpy(int)
    stands = np.asarray([_ORDER.index(Verdict(word)) for word in table["verdict"]], np.int64)
    agree = (verdicts[:, rows] == stands).mean(axis=0)
    units = table[["unit_row", "level", "verdict", "share"]].assign(
        rule=result.rule.id, low=low[rows], high=high[rows], agree=agree
    )
    return pd.DataFrame(units.loc[agree < 1.0, list(UNIT_COLUMNS)])


def _verdicts(shares: Floats, limits: VerdictLimits) -> Ints:
    """Positions in _ORDER; sums of drawn weights are rounded, so a whole share may lack its last bit."""
    a_little = 1e-9
    return (shares >= limits.nearly_share - a_little).astype(np.int64) + (
        shares >= limits.meets_share - a_little
    )
