"""What closing one facility alone would lose, under every rule of the standard.

A facility could go only where no rule gets worse by it: a station whom another one doubles within the
radius may still be the only one of its community, or the only one within a walk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from core.progress import Progress, silent
from core.text import text
from coverage.assessment import Assessment
from coverage.checks.by_unit import sum_by
from coverage.checks.loads import check_load
from coverage.checks.measured import Measured
from coverage.checks.presence import serving_facilities, units_subject, within_rules
from coverage.checks.reach import BOUNDARY_M, accepted, limit_m
from coverage.checks.supply import places_of
from coverage.model.edits import Close, Scenario
from coverage.model.membership import Membership
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule
from coverage.model.tables import HOUSEHOLDS, Floats, Ints
from coverage.scenario.incremental import Trail


@dataclass(frozen=True)
class ClosingLoss:
    """One rule that gets worse: residents and units for which it is met no more, facilities that leave the
    band, as far as the rule counts them."""

    rule_id: str
    residents: float = 0.0
    units: int = 0
    facilities: int = 0


def closing_losses(
    assessment: Assessment, rows: Sequence[int], progress: Progress = silent
) -> dict[int, tuple[ClosingLoss, ...]]:
    """For each facility (row of the table) the rules that get worse if it alone closes, in their order.

    radius, walk: residents whom only it serves. presence: units that lose their only one. units: units
    no longer complete. ratio, area: units that fall below the figure. load: a smaller share of facilities
    within the band, or more residents with none to go to; tried where no other rule gets worse already.
    The rules of `not_tried` are left out.
    """
    measured = assessment.measured
    progress(0.0, text("Trying to close each of {count:,} facilities alone", count=len(rows)))
    alone = _Alone.of(measured)
    losses: dict[int, list[ClosingLoss]] = {row: [] for row in rows}
    untried = not_tried(assessment)
    for number, result in enumerate(assessment.results, start=1):
        progress(
            0.5 * number / len(assessment.results),
            text(
                "Trying to close each of {count:,} facilities alone: rule {n} of {all}",
                count=len(rows),
                n=number,
                all=len(assessment.results),
            ),
        )
        without = None if result.rule.id in untried else _without(result, measured, alone)
        if without is None:
            continue
        for row in rows:
            found = without(row)
            if found is not None:
                losses[row].append(found)
    trail = Trail(assessment)
    loads = [result for result in assessment.results if result.load is not None]
    free = sum(not found_here for found_here in losses.values())
    tried = 0
    for row, found_here in losses.items():
        if not found_here:
            tried += 1
            progress(
                0.5 + 0.5 * tried / free,
                text(
                    "Counting loads without each facility that no other rule needs: {n:,} of {all:,}",
                    n=tried,
                    all=free,
                ),
            )
            found_here += _loads_without(assessment, trail, loads, row)
    return {row: tuple(found_here) for row, found_here in losses.items()}


def not_tried(assessment: Assessment) -> tuple[str, ...]:
    """The rules for which a closing is not tried: those without a verdict, and those that divide by land,
    compounds or communities, whom a closing may cost ground where nobody lives."""
    return tuple(
        result.rule.id
        for result in assessment.results
        if result.verdict is None
        or (result.rule.check in (Check.RADIUS, Check.WALK) and result.rule.denominator != "residents")
    )


@dataclass(frozen=True)
class _Alone:
    """For each reach rule and facility the cells that meet the rule by it alone."""

    cells: dict[str, dict[int, Ints]]

    @classmethod
    def of(cls, measured: Measured) -> _Alone:
        rules = [r for r in measured.standard.rules if r.check in (Check.RADIUS, Check.WALK)]
        found: dict[str, dict[int, Ints]] = {}
        for check in (Check.RADIUS, Check.WALK):
            mine = [rule for rule in rules if rule.check is check]
            if mine:
                farthest = max(limit_m(rule, measured.standard) for rule in mine)
                metres = _reach(measured, check, farthest + BOUNDARY_M)
                found |= {rule.id: _only_ones(rule, measured, metres) for rule in mine}
        return cls(found)

    def of_rule(self, rule: Rule, row: int) -> Ints:
        return self.cells[rule.id].get(row, np.empty(0, np.int64))


def _reach(measured: Measured, check: Check, farthest_m: float) -> csr_array:
    """Facilities × cells in metres, of the cells where somebody lives."""
    rows = np.arange(len(measured.study.facilities))
    return measured.reach_of(rows, on_foot=check is Check.WALK, limit_m=farthest_m)


def _only_ones(rule: Rule, measured: Measured, metres: csr_array) -> dict[int, Ints]:
    """Facility → the subject cells with residents that no other accepted facility has within the figure."""
    study = measured.study
    row = np.repeat(np.arange(metres.shape[0]), np.diff(metres.indptr))
    counted = accepted(rule, study.facilities, measured.standard)
    limit = np.full(len(study.facilities), -1.0)
    limit[counted.rows] = counted.limit_m + BOUNDARY_M
    asked = study.subject_to(rule.settlement) & (measured.residents > 0)
    near = metres.data <= limit[row]
    near &= asked[metres.indices]
    row, cell = row[near], metres.indices[near].astype(np.int64)
    times = np.bincount(cell, minlength=metres.shape[1])
    once = times[cell] == 1
    row, cell = row[once], cell[once]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    return dict(zip(row[first].tolist(), np.split(cell, first[1:]), strict=True)) if len(row) else {}


_Without = Callable[[int], ClosingLoss | None]


def _without(result: RuleResult, measured: Measured, alone: _Alone) -> _Without | None:
    """What a rule loses without a facility, by its row; None for load rules."""
    rule = result.rule
    match rule.check:
        case Check.RADIUS | Check.WALK:
            return partial(_uncovered, rule, measured, alone)
        case Check.UNITS:
            return partial(_incomplete, result, measured, alone)
        case Check.PRESENCE:
            return _units_without(result, measured)
        case Check.RATIO:
            return _below(result, measured, places_of(rule, measured), _people(rule, measured))
        case Check.AREA:
            return _below(result, measured, _area(rule, measured), _people(rule, measured))
        case Check.LOAD:
            return None


def _uncovered(rule: Rule, measured: Measured, alone: _Alone, row: int) -> ClosingLoss | None:
    cells = alone.of_rule(rule, row)
    return ClosingLoss(rule.id, float(measured.residents[cells].sum())) if len(cells) else None


def _incomplete(result: RuleResult, measured: Measured, alone: _Alone, row: int) -> ClosingLoss | None:
    rule = result.rule
    subject = measured.study.subject_to(rule.settlement)
    lost = [alone.of_rule(other, row) for other in within_rules(rule, measured.standard)]
    cells = np.unique(np.concatenate([*lost, np.empty(0, np.int64)]))
    cells = cells[subject[cells]]
    if result.cells_met is not None:
        cells = cells[result.cells_met[cells]]
    if not len(cells):
        return None
    touched = measured.study.cells_in.rows[rule.unit][cells]
    units = np.setdiff1d(touched, [-1, *result.units_missed])
    return ClosingLoss(rule.id, float(measured.residents[cells].sum()), len(units))


def _units_without(result: RuleResult, measured: Measured) -> _Without:
    """The judged units whose only facility it is."""
    rule, study = result.rule, measured.study
    serving, _ = serving_facilities(rule, study)
    judged = units_subject(rule, study)
    waiting = np.empty(0, np.int64)
    if len(study.unplaced) and not (rule.least_m2 or rule.least_functions):
        accepted = study.unplaced["tier"].isin(rule.serves).to_numpy(bool)
        waiting = study.unplaced_in.units_of(rule.unit, accepted)
    # Facilities that stand for each unit, each once, and those that only wait for their coordinates.
    one = np.zeros(len(serving), bool)
    of_facility: dict[int, Ints] = {}
    for row in np.flatnonzero(serving):
        one[row] = True
        of_facility[int(row)] = np.intersect1d(study.facilities_in.units_of(rule.unit, one), judged)
        one[row] = False
    n = 0 if study.units is None else len(study.units)
    count = np.bincount(np.concatenate([*of_facility.values(), waiting[waiting >= 0]]), minlength=n)
    people = sum_by(study.cells_in.rows[rule.unit], measured.residents, n)

    def without(row: int) -> ClosingLoss | None:
        mine = of_facility.get(row, np.empty(0, np.int64))
        lost = mine[count[mine] == 1]
        return ClosingLoss(rule.id, float(people[lost].sum()), len(lost)) if len(lost) else None

    return without


def _people(rule: Rule, measured: Measured) -> Floats:
    """(cells,) who or what the rule divides by, so that figure · people is what must be there."""
    groups = measured.study.grid.groups
    if rule.check is Check.RATIO:
        return np.asarray(groups[rule.group] / 1000.0)
    if HOUSEHOLDS in groups:
        return np.asarray(groups[HOUSEHOLDS] / 100.0)
    return np.asarray(measured.residents / (rule.household_size or 1.0) / 100.0)


def _area(rule: Rule, measured: Measured) -> Floats:
    frame = measured.study.facilities.frame
    stated = frame["area_m2"].fillna(0.0).to_numpy(float)
    return stated * frame["tier"].isin(rule.serves).to_numpy(bool)


def _below(result: RuleResult, measured: Measured, held: Floats, people: Floats) -> _Without:
    """Whether its unit (without units the city) falls below the figure without what it holds."""
    rule, study = result.rule, measured.study
    unit_of, cells_of, n = np.zeros(len(held), np.int64), np.zeros(len(people), np.int64), 1
    judged = units_subject(rule, study)
    if study.units is not None and len(judged):
        unit_of, cells_of = study.facilities_in.rows[rule.unit], study.cells_in.rows[rule.unit]
        n = len(study.units)
    there, wanted = sum_by(unit_of, held, n), rule.figure * sum_by(cells_of, people, n)
    residents = sum_by(cells_of, measured.residents, n)

    def without(row: int) -> ClosingLoss | None:
        unit = int(unit_of[row])
        if unit < 0 or not held[row]:
            return None
        if there[unit] < wanted[unit] or there[unit] - held[row] >= wanted[unit]:
            return None
        return ClosingLoss(rule.id, float(residents[unit]), 1)

    return without


def _loads_without(
    assessment: Assessment, trail: Trail, loads: Sequence[RuleResult], row: int
) -> list[ClosingLoss]:
    """The load rules that get worse, by sending everybody again without the facility."""
    frame = assessment.study.facilities.frame
    mine = [result for result in loads if frame["tier"].iloc[row] in result.rule.serves]
    if not mine:
        return []
    closing = Scenario("", assessment.study.grid.crs, (Close(str(frame["facility_id"].iloc[row])),))
    measured = trail.measured(closing)
    # The others stand for the units that they stood for.
    known, study = assessment.study.facilities_in, measured.study
    kept = {level: np.delete(of_level, row) for level, of_level in known.rows.items()}
    study.__dict__["facilities_in"] = Membership(kept, np.delete(known.settlement, row))
    measured.__dict__["_places"] = assessment.measured._places  # cells stay at their doors
    found = []
    for before in mine:
        after = check_load(before.rule, measured)
        if before.load is None or after.load is None:
            continue
        worse = (after.share or 0.0) < (before.share or 0.0) - 1e-12
        without = after.load.residents_without - before.load.residents_without
        if worse or without > 0.5:
            left = max(before.load.within - after.load.within, 0)
            residents = max(before.load.residents_within - after.load.residents_within, without, 0.0)
            found.append(ClosingLoss(before.rule.id, residents, facilities=left))
    return found
