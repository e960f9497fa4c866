"""`radius` and `walk`: residents within a distance of a facility that the rule accepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from core.text import Text, text
from coverage.checks.by_unit import residents_by_unit
from coverage.checks.measured import Measured
from coverage.measuring.measure import BOUNDARY_M as BOUNDARY_M
from coverage.model.results import RuleResult, judge, ratio
from coverage.model.standard import Check, Rule, Standard, settlement_title
from coverage.model.tables import Bools, FacilityTable, Floats, Ints


@dataclass(frozen=True)
class Accepted:
    """The facilities that count for a radius or walk rule: `rows` of the table, ascending, and of each the
    figure with its tolerance in metres. `too_small` and `unsized` are those of its tiers that do not, where
    the rule has figures by size."""

    rows: Ints
    limit_m: Floats
    too_small: int = 0
    unsized: int = 0

    def by_limit(self) -> dict[float, Ints]:
        """The rows of every figure."""
        return {float(limit): self.rows[self.limit_m == limit] for limit in np.unique(self.limit_m)}


def accepted(rule: Rule, facilities: FacilityTable, standard: Standard) -> Accepted:
    """Which facilities satisfy a radius or walk rule, and within what distance."""
    rows = np.flatnonzero(facilities.frame["tier"].isin(rule.serves).to_numpy(bool))
    if not rule.classes:
        return Accepted(rows, np.full(len(rows), limit_m(rule, standard)))
    size = facilities.size_m2[rows]
    limit = limits_by_size(rule, size)
    counts = np.isfinite(limit)
    unsized = int(np.isnan(size).sum())
    return Accepted(rows[counts], limit[counts], int((~counts).sum()) - unsized, unsized)


def limits_by_size(rule: Rule, size_m2: Floats) -> Floats:
    """(n,) the figure with its tolerance for facilities of these sizes, NaN for those that do not count."""
    limit = np.full(len(size_m2), np.nan)
    for one in reversed(rule.classes):  # the smallest first, so that the largest a facility is in decides
        limit[size_m2 >= one.least_m2] = one.figure_m * (1.0 + rule.tolerance)
    return limit


def reach_m(rule: Rule, measured: Measured) -> tuple[Floats, Ints]:
    """Metres to the nearest facility that `rule` accepts, in the rule's own measure, and its row."""
    if rule.classes:
        return measured.nearest_of(
            accepted(rule, measured.study.facilities, measured.standard).rows,
            on_foot=rule.check is Check.WALK,
        )
    distances = measured.distances
    to = distances.straight_to if rule.check is Check.RADIUS else distances.walk_to
    return to(rule.serves)


def limit_m(rule: Rule, standard: Standard) -> float:
    """The rule's figure with its tolerance, in metres: minutes at its own walking speed or the standard's;
    of figures by size the widest."""
    return rule.limit_m(standard.walking)


def cells_within(rule: Rule, measured: Measured) -> Bools:
    """(n,) which cells have a facility that `rule` (radius or walk) accepts within its figure."""
    if not rule.classes:
        return reach_m(rule, measured)[0] <= limit_m(rule, measured.standard) + BOUNDARY_M
    return beyond_m(rule, measured) <= BOUNDARY_M


def beyond_m(rule: Rule, measured: Measured) -> Floats:
    """(n,) how many metres each cell lies beyond the figure of the facility that is nearest to covering it;
    0 and below is within it, inf where none can be reached."""
    if not rule.classes:
        return reach_m(rule, measured)[0] - limit_m(rule, measured.standard)
    found = np.full(len(measured.study.grid), np.inf)
    counted = accepted(rule, measured.study.facilities, measured.standard)
    for limit, rows in counted.by_limit().items():
        metres, _ = measured.nearest_of(rows, on_foot=rule.check is Check.WALK)
        found = np.minimum(found, metres - limit)
    return found


def reach_matrix(rule: Rule, measured: Measured) -> tuple[Ints, csr_array]:
    """The accepted facilities, and these × cells: metres, an entry where the cell is within the figure."""
    study, counted = measured.study, accepted(rule, measured.study.facilities, measured.standard)
    widest = float(counted.limit_m.max(initial=0.0)) + BOUNDARY_M
    found = measured.reach_of(counted.rows, on_foot=rule.check is Check.WALK, limit_m=widest)
    if not rule.classes:
        return counted.rows, found
    facility = np.repeat(np.arange(len(counted.rows)), np.diff(found.indptr))
    keep = found.data <= counted.limit_m[facility] + BOUNDARY_M
    indptr = np.append(0, np.cumsum(np.bincount(facility[keep], minlength=len(counted.rows))))
    shape = len(counted.rows), len(study.grid)
    return counted.rows, csr_array((found.data[keep], found.indices[keep], indptr), shape=shape)


def size_remark(rule: Rule, counted: Accepted) -> Text | None:
    """How many facilities of the rule's tiers are too small, or of unknown size, to count; None for none."""
    if not counted.too_small and not counted.unsized:
        return None
    return text(
        "Not counted: {small} {small:facility|facilities} below {least:,g} m² and {unsized} of unknown size.",
        small=counted.too_small,
        least=rule.classes[-1].least_m2,
        unsized=counted.unsized,
    )


def check_reach(rule: Rule, measured: Measured) -> RuleResult:
    """Residents of the rule's settlement within its figure, counted at the cells' centres."""
    subject = measured.study.subject_to(rule.settlement)
    met = subject & cells_within(rule, measured)
    residents = float(measured.residents[subject].sum())
    residents_met = float(measured.residents[met].sum())
    share = ratio(residents_met, residents)
    nobody = text(
        "The rule speaks of {who} residents, and there are none.", who=settlement_title(rule.settlement)
    )
    return RuleResult(
        rule,
        judge(share, measured.limits),
        residents,
        residents_met,
        share,
        reason=nobody if share is None else None,
        remark=size_remark(rule, accepted(rule, measured.study.facilities, measured.standard)),
        cells_subject=subject,
        cells_met=met,
        by_unit=residents_by_unit(measured, subject, met),
    )
