"""The one call for every goal."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import sparse

from coverage.siting.goals import MOST_PEOPLE, Bools, Floats, Goal, Plan, Watch
from coverage.siting.highs import Limits
from coverage.siting.most_people import most_people
from coverage.siting.problem import read_problem
from geo.errors import SettingError


def choose_sites(
    residents: Floats,
    reach: sparse.sparray,
    *,
    goal: Goal,
    keep: Sequence[int] = (),
    already: Floats | Bools | None = None,
    watch: Watch | None = None,
) -> Plan:
    """The best sites for `goal`, proved or with a bound.

    `residents` (cells,) ≥ 0. `reach` CSR (sites × cells): bool, or metres of which only stored
    entries count: a missing one cannot be reached, a stored 0 can. `keep` are rows that are open
    already: they serve but are not counted. `already` (cells,) tells of facilities that are not
    rows: True where covered, or metres to the nearest (inf where none).

    The same input, goal and seed give the same plan unless a time limit was reached. SettingError
    when the arguments do not fit together, InfeasibleError when no plan can meet the conditions.
    """
    limits = Limits(goal.time_limit_s, goal.gap, goal.seed, watch or Watch())
    problem = read_problem(residents, reach, goal, keep, already)
    if goal.name == MOST_PEOPLE:
        return most_people(problem, limits)
    raise SettingError(
        "The goal “{name}” is not known; use one of {names}.", name=goal.name, names=MOST_PEOPLE
    )
