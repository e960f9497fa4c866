"""What every check looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coverage.measure import BOUNDARY_M, Distances
from coverage.standard import Standard, VerdictLimits
from coverage.study import Study
from coverage.tables import Floats
from geo.snapping import take
from geo.ties import Ties, ties_on_foot


@dataclass(frozen=True)
class Measured:
    """A study, its distances, and the standard to judge them by."""

    study: Study
    distances: Distances
    standard: Standard

    @property
    def residents(self) -> Floats:
        """(n,) residents of the cells."""
        return self.study.grid.residents

    @property
    def limits(self) -> VerdictLimits:
        """From which share on a rule is met."""
        return self.standard.verdicts

    def ties(self, tiers: tuple[str, ...]) -> Ties:
        """Cells with several equally near facilities of `tiers` on foot; searched for once."""
        if tiers not in self._ties:
            self._ties[tiers] = self._search_ties(tiers)
        return self._ties[tiers]

    @cached_property
    def _ties(self) -> dict[tuple[str, ...], Ties]:
        return {}

    def _search_ties(self, tiers: tuple[str, ...]) -> Ties:
        rows = np.flatnonzero(self.study.facilities.frame["tier"].isin(tiers).to_numpy(bool))
        doors = take(self.distances.facilities, rows)
        found = ties_on_foot(self.study.network, self.distances.cells, doors, within_m=BOUNDARY_M)
        return Ties(found.point, rows[found.facility])
