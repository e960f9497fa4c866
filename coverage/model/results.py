"""What an assessment says about one rule."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from core.text import Text
from coverage.model.standard import Rule, Verdict, VerdictLimits
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
