"""Who is to be served, and which sites reach them: what every siting question about a city shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import sparse

from coverage.siting.choose import choose_sites
from coverage.siting.goals import Goal, Plan, Watch
from coverage.siting.model.arrays import Bools, Floats
from coverage.siting.model.problem import Problem, read_problem


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
