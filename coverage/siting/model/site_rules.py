"""The conditions as linear rows over the sites, and whether a site may still be opened under them.

Where no plan exists: which conditions must give way, and by how much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from core.errors import InfeasibleError, SettingError, UserError
from core.text import Text, text
from coverage.siting.goals import Quota
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.highs import Answer, Limits, Program, solve
from coverage.siting.model.problem import Problem

_ROUNDING = 1e-9
_TIGHT = 1e-6
_AT_LEAST = text("{quota} {part}: at least {low:g} {low:site|sites}")
_AT_MOST = text("{quota} {part}: at most {high:g} {high:site|sites}")
_FROM_TO = text("{quota} {part}: {low:g} to {high:g} {high:site|sites}")
_EXPLAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Row:
    """low ≤ Σ coefficient·open ≤ high over some of the variable sites (`at`), and what to call it."""

    at: Ints
    coefficient: Floats
    low: float
    high: float
    name: Text
    told: bool = True


@dataclass(frozen=True, eq=False)
class SiteRules:
    """The sites that may be opened or closed, and the rows they must meet.

    `rows` the caller's rows of the variables: candidates first, then closable ones; `is_new`
    marks candidates, `must` those that have to be open. `matrix` (rules × sites) CSR; `told` (rules,)
    marks those that are named among what decided.
    """

    rows: Ints
    is_new: Bools
    must: Bools
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    names: tuple[Text, ...]
    told: Bools

    def only(self, sites: Bools) -> SiteRules:
        """The rules over some of the sites, the others closed."""
        at = np.flatnonzero(sites)
        return replace(
            self,
            rows=self.rows[at],
            is_new=self.is_new[at],
            must=self.must[at],
            matrix=sparse.csr_array(self.matrix[:, at]),
        )

    def tight(self, is_open: Bools) -> Bools:
        """(rules,) those to be told that leave no room; a budget does when it cannot pay one more."""
        used = self.activity(is_open)
        at_low = (np.abs(used - self.low) < _TIGHT) & (self.low > 0.0)
        # what one more site would use up at least; 0 where all are open
        row = np.repeat(np.arange(len(self.high)), np.diff(self.matrix.indptr))
        more = self.is_new[self.matrix.indices] & ~is_open[self.matrix.indices] & (self.matrix.data > 0.0)
        least = np.full(len(self.high), np.inf)
        np.minimum.at(least, row[more], self.matrix.data[more])
        least = np.where(np.isfinite(least), least, 0.0)
        at_high = self.high - used < np.maximum(_TIGHT, least * (1.0 - _ROUNDING))
        return (at_high | at_low) & self.told

    def activity(self, is_open: Bools) -> Floats:
        used: Floats = self.matrix @ is_open.astype(float)
        return used

    def met(self, is_open: Bools) -> bool:
        used = self.activity(is_open)
        fits = (used >= self.low - _ROUNDING) & (used <= self.high + _ROUNDING)
        return bool(fits.all() and is_open[self.must].all())

    def may_open(self, is_open: Bools) -> Bools:
        """(sites,) closed ones that could be opened without passing any upper limit."""
        left = self.high - self.activity(is_open) + _ROUNDING
        row = np.repeat(np.arange(len(left)), np.diff(self.matrix.indptr))
        blocked = np.zeros(len(self.rows), bool)
        blocked[self.matrix.indices[self.matrix.data > left[row]]] = True
        return ~blocked & ~is_open

    def helps(self, is_open: Bools) -> Bools:
        """(sites,) those that count towards a lower limit that is not met yet."""
        short = self.low - self.activity(is_open) > _ROUNDING
        row = np.repeat(np.arange(len(short)), np.diff(self.matrix.indptr))
        useful = np.zeros(len(self.rows), bool)
        useful[self.matrix.indices[short[row] & (self.matrix.data > 0)]] = True
        return useful


def site_rules(problem: Problem) -> SiteRules:
    """All rows of `problem.goal` over the candidates and the sites that may be closed."""
    rows = np.concatenate((problem.candidates, problem.closable))
    is_new = np.arange(len(rows)) < len(problem.candidates)
    found = list(_all_rows(problem, rows, is_new))
    n_sites = len(rows)
    if not found:
        matrix = sparse.csr_array((0, n_sites))
    else:
        indptr = np.concatenate(([0], np.cumsum([len(row.at) for row in found])))
        data = np.concatenate([row.coefficient for row in found])
        matrix = sparse.csr_array(
            (data, np.concatenate([row.at for row in found]), indptr), shape=(len(found), n_sites)
        )
    return SiteRules(
        rows,
        is_new,
        np.isin(rows, problem.required),
        matrix,
        np.array([row.low for row in found]),
        np.array([row.high for row in found]),
        tuple(row.name for row in found),
        np.array([row.told for row in found], bool),
    )


def _all_rows(problem: Problem, rows: Ints, is_new: Bools) -> Iterator[Row]:
    goal, new = problem.goal, np.flatnonzero(is_new)
    if goal.count is not None:
        yield Row(new, np.ones(len(new)), 0.0, goal.count, text("new sites: at most {n}", n=goal.count))
    if goal.budget is not None and goal.cost is not None:
        price = np.asarray(goal.cost, float)[rows[new]]
        yield Row(new, price, 0.0, goal.budget, text("a budget of {budget:,g}", budget=goal.budget))
    if len(problem.closable):
        stay = float(len(problem.closable) - goal.close)
        name = text("closings: exactly {n}", n=goal.close)
        yield Row(np.flatnonzero(~is_new), np.ones(len(problem.closable)), stay, stay, name)
    for quota in goal.quotas:
        yield from _quota_rows(quota, problem, rows)
    if goal.spacing_m > 0.0:
        xy = np.asarray(problem.goal.site_xy, float)[rows]
        spacing = problem.goal.spacing_m
        name = text("at least {metres:g} m between sites", metres=spacing)
        pairs = cKDTree(xy).query_pairs(np.nextafter(spacing, 0.0), output_type="ndarray")
        for pair in pairs[is_new[pairs].any(axis=1)]:
            yield Row(np.sort(pair), np.ones(2), -np.inf, 1.0, name)
    for earlier, most in goal.apart_from:
        at = np.flatnonzero(np.isin(rows, np.asarray(earlier)) & is_new)
        yield Row(at, np.ones(len(at)), 0.0, most, text("sites of an earlier plan: at most {n}", n=most))


def _quota_rows(quota: Quota, problem: Problem, rows: Ints) -> Iterator[Row]:
    label = np.asarray(quota.label)
    fixed, mine = label[problem.fixed], label[rows]
    order = np.argsort(mine, kind="stable")
    parts = np.union1d(np.unique(label[label >= 0]), sorted(quota.limits)).astype(np.int64)
    begin, end = (np.searchsorted(mine[order], parts, side) for side in ("left", "right"))
    for part, first, last in zip(parts.tolist(), begin, end, strict=True):
        low, high = quota.of(part)
        there = float((fixed == part).sum())
        if low <= there and high - there >= last - first:
            continue
        at = order[first:last]
        title = _AT_LEAST if np.isinf(high) else _AT_MOST if low <= 0 else _FROM_TO
        named = {"quota": quota.name, "low": low, "high": high, "part": quota.titles.get(part, part)}
        name = Text(title.template, named)
        yield Row(at, np.ones(len(at)), low - there, high - there, name, quota.told)


def start_price(problem: Problem, rules: SiteRules) -> Floats:
    """(sites,) what a start divides the gain by: the cost where money is limited."""
    if problem.goal.budget is None or problem.goal.cost is None:
        return np.ones(len(rules.rows))
    cost: Floats = np.asarray(problem.goal.cost, float)[rules.rows]
    return np.maximum(cost, 1e-9)


def solved(
    program: Program, names: Sequence[Text | None], limits: Limits, start: Floats | None = None
) -> Answer:
    """The answer, always with values.

    `names` are those of the program's first rows, None for one that no condition stands behind; without
    any, nothing is looked for.
    InfeasibleError says which of them cannot be met; SettingError that the time was too short to find
    any plan.
    """
    answer = solve(program, limits, start)
    if answer.values is not None:
        return answer
    if answer.infeasible:
        answer = solve(program, replace(limits, careful=True))
        if answer.infeasible:
            raise (
                why(program, names, limits) if names else InfeasibleError("No plan meets all the conditions.")
            )
        if answer.values is not None:
            return answer
    if start is not None:
        return replace(answer, values=start, objective=float(program.cost @ start) + program.offset)
    raise SettingError(
        "No plan was found within {seconds:g} s; allow more time or loosen a condition.",
        seconds=limits.seconds,
    )


def why(program: Program, names: Sequence[Text | None], limits: Limits) -> UserError:
    """The error for a program without solution: the least (relative) breach of its named rows."""
    named = np.array([k for k, name in enumerate(names) if name is not None], np.int64)
    count = len(named)
    rows = sparse.csr_array((np.ones(count), (named, np.arange(count))), (len(program.row_low), count))
    # Of equal breaches the earlier condition is named: numbers and money come first.
    scale = np.linspace(1.0, 1.1, count) / np.maximum(1.0, np.abs(_limits(program)[named]))
    columns = len(program.cost)
    elastic = Program(
        cost=np.concatenate((np.zeros(columns), scale, scale)),
        matrix=sparse.csr_array(sparse.hstack([program.matrix, rows, -rows])),
        row_low=program.row_low,
        row_high=program.row_high,
        low=np.concatenate((program.low, np.zeros(2 * count))),
        high=np.concatenate((program.high, np.full(2 * count, np.inf))),
        integer=np.concatenate((program.integer, np.zeros(2 * count, bool))),
        maximises=False,
    )
    answer = solve(elastic, Limits(_EXPLAIN_SECONDS, 0.01, limits.seed))
    if answer.values is None:
        return InfeasibleError("No plan meets all the conditions.")
    short = answer.values[columns : columns + count] + answer.values[columns + count :]
    missed: dict[str, tuple[Text | None, float]] = {}  # several rows may stand for one condition
    for row, by in zip(named.tolist(), short.tolist(), strict=True):
        if by > 1e-6:
            known = missed.get(str(names[row]), (names[row], 0.0))
            missed[str(names[row])] = known[0], known[1] + by
    parts = [
        text("{condition} (missed by {short:,g})", condition=name, short=round(by, 4))
        for name, by in missed.values()
    ]
    if not parts:
        return InfeasibleError("No plan meets all the conditions.")
    listed = parts[0]
    for part in parts[1:3]:
        listed = text("{first}; {second}", first=listed, second=part)
    if len(parts) > 3:
        listed = text("{first}; and {n} more", first=listed, n=len(parts) - 3)
    return InfeasibleError("No plan meets all the conditions: {conditions}.", conditions=listed)


def _limits(program: Program) -> Floats:
    """(rows,) the finite side of each row; where that is 0, its largest coefficient."""
    limit = np.where(
        np.isfinite(program.row_low),
        program.row_low,
        np.where(np.isfinite(program.row_high), program.row_high, 1.0),
    )
    entries, largest = sparse.coo_array(program.matrix), np.zeros(len(limit))
    np.maximum.at(largest, entries.row, np.abs(entries.data))
    return np.where(limit == 0.0, largest, limit)
