"""The one call for every goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy import sparse

from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.covering.most_people import most_people
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST, MOST_PEOPLE, Goal, Plan, Watch
from coverage.siting.model.arrays import Bools, Floats
from coverage.siting.model.audit import audited
from coverage.siting.model.highs import Limits
from coverage.siting.model.problem import Problem, read_problem
from coverage.siting.walking.least_walking import least_walking
from coverage.siting.walking.p_center import p_center


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
    return audited(problem, _SOLVERS[goal.name], limits)


_SOLVERS: Mapping[str, Callable[[Problem, Limits], Plan]] = {
    MOST_PEOPLE: most_people,
    FEWEST_SITES: fewest_sites,
    LEAST_WALKING: least_walking,
    LEAST_WORST: p_center,
}


@dataclass(frozen=True, eq=False)
class Demand:
    """The arguments of `choose_sites` that describe the city, to ask more than one question about it."""

    residents: Floats
    reach: sparse.csr_array
    keep: Sequence[int] = ()
    already: Floats | Bools | None = None

    def choose(self, goal: Goal, watch: Watch | None = None) -> Plan:
        """The plan for `goal`; as `choose_sites`."""
        return choose_sites(
            self.residents, self.reach, goal=goal, keep=self.keep, already=self.already, watch=watch
        )

    def problem(self, goal: Goal) -> Problem:
        """The checked arrays under the conditions of `goal`."""
        return read_problem(self.residents, self.reach, goal, self.keep, self.already)
