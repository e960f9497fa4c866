"""Why no plan exists: the conditions that must give way, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from core.errors import InfeasibleError, SettingError, UserError
from core.text import Text, text
from coverage.siting.model.arrays import Floats
from coverage.siting.model.highs import Answer, Limits, Program, solve

_EXPLAIN_SECONDS = 10.0


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
