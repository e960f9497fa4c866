"""What an assessment says about one rule."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from core.text import Text
from coverage.model.standard import Check, Rule, Verdict, VerdictLimits
from coverage.model.tables import Bools, Floats


@dataclass(frozen=True)
class LoadResult:
    """Residents per facility of a load rule; `residents` and `in_band` have one entry a facility of it.

    `rows` are the facilities' rows in the facility table. The band's ends count as within.
    """

    rows: tuple[int, ...]
    residents: Floats
    in_band: Bools
    within: int
    under: int
    over: int
    residents_without: float

    @property
    def residents_outside(self) -> float:
        """Residents who go to a facility below or above the band."""
        return float(self.residents.sum()) - self.residents_within

    @property
    def residents_within(self) -> float:
        """Residents who go to a facility within the band."""
        return float(self.residents[self.in_band].sum())


@dataclass(frozen=True)
class RuleResult:
    """One rule, measured.

    `residents` are those the rule speaks of, `residents_met` those of them it is met for; `share`
    is residents_met / residents for radius and walk, units_met / units for presence and units,
    facilities within / facilities for load; None where there is nothing to divide by.
    `actual` is the figure to set against the rule's own where it is not a share (places per
    1,000). `cells_subject` and `cells_met` (radius, walk and units rules) are per cell.
    `verdict` is None where the rule cannot be judged; `reason` then says why. `remark` is what the
    figure rests on where the inputs leave something open.
    `covered` and `total` are what `share` divides where that is not residents (see the rule's denominator).
    `by_unit`: one row a unit with `unit_row, level` and the same figures.
    """

    rule: Rule
    verdict: Verdict | None
    residents: float = 0.0
    residents_met: float = 0.0
    share: float | None = None
    actual: float | None = None
    units: int | None = None
    units_met: int | None = None
    units_missed: tuple[int, ...] = ()
    load: LoadResult | None = None
    reason: Text | None = None
    remark: Text | None = None
    cells_subject: Bools | None = None
    cells_met: Bools | None = None
    by_unit: pd.DataFrame = field(default_factory=pd.DataFrame)
    covered: float | None = None
    total: float | None = None

    @property
    def residents_missed(self) -> float:
        """Residents the rule speaks of and is not met for: beyond the figure (radius, walk, units), in
        units that do not meet it (presence, ratio, area), at facilities outside the band or with none to
        go to (load)."""
        if self.load is not None:
            return self.load.residents_outside + self.load.residents_without
        return self.residents - self.residents_met


def judge(share: float | None, limits: VerdictLimits) -> Verdict | None:
    """The verdict on a share 0..1; both limits themselves count as reached. None stays None."""
    if share is None:
        return None
    if share >= limits.meets_share:
        return Verdict.MEETS
    return Verdict.NEARLY if share >= limits.nearly_share else Verdict.NOT


def ratio(part: float, whole: float) -> float | None:
    """`part` / `whole`, None where there is no whole."""
    return float(part / whole) if whole > 0 else None


@dataclass(frozen=True)
class Shortfall:
    """`amount` of `what` ("residents", "facilities", "units", "places", "m2", or what a rule divides by
    instead of residents); 0 where nothing lacks."""

    what: str
    amount: float


def shortfall(result: RuleResult) -> Shortfall | None:
    """How much is missing until the rule is met to the last, the 差距 of the city's assessment table; None
    where it could not be judged.

    radius, walk: residents beyond the figure, or what else the rule divides by. load: facilities outside
    the band. presence: units without one. units: units lacking until the wanted share. ratio: places
    lacking, unit by unit (a surplus elsewhere does not help), as fractions. area_per_100_households: m²
    lacking, likewise.
    """
    if result.verdict is None:
        return None
    rule, table = result.rule, result.by_unit
    match rule.check:
        case Check.RADIUS | Check.WALK if rule.denominator != "residents":
            return Shortfall(rule.denominator, (result.total or 0.0) - (result.covered or 0.0))
        case Check.RADIUS | Check.WALK:
            return Shortfall("residents", result.residents_missed)
        case Check.LOAD:
            return Shortfall("facilities", float(result.load.under + result.load.over if result.load else 0))
        case Check.RATIO if len(table):
            wanted = rule.figure * table["residents"].to_numpy(float) / 1000.0
            return Shortfall("places", float((wanted - table["places"].to_numpy(float)).clip(min=0.0).sum()))
        case Check.RATIO:
            wanted_in_all = rule.figure * result.residents / 1000.0
            held = (result.actual or 0.0) * result.residents / 1000.0
            return Shortfall("places", max(wanted_in_all - held, 0.0))
        case Check.AREA:
            wanted = rule.figure * table["households"].to_numpy(float) / 100.0
            return Shortfall("m2", float((wanted - table["area_m2"].to_numpy(float)).clip(min=0.0).sum()))
        case Check.PRESENCE | Check.UNITS:
            share = rule.figure if rule.check is Check.UNITS else 1.0
            # The fewest whole units that make the share; a hair less, so that 0.9 of 10 is 9.
            needed = -int(-(share * (result.units or 0) - 1e-9) // 1)
            return Shortfall("units", float(max(needed - (result.units_met or 0), 0)))
