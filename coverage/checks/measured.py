"""What every check looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coverage.measuring.measure import BOUNDARY_M, Distances
from coverage.model.standard import Standard, VerdictLimits
from coverage.model.study import Study
from coverage.model.tables import Floats
from geo.distance.equidistant import NO_TIES, Ties, ties_by_nodes
from geo.distance.nearest import Joined, joined


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
            wanted = self.study.facilities.frame["tier"].isin(tiers).to_numpy(bool)
            rows = np.flatnonzero(wanted)
            doors = self.distances.facilities, rows
            self._ties[tiers] = NO_TIES
            if len(rows) > 1:
                at_nodes = self.distances.nodes_to(tiers)
                self._ties[tiers] = ties_by_nodes(
                    self.study.network, self._places, at_nodes, doors, within_m=BOUNDARY_M
                )
        return self._ties[tiers]

    @cached_property
    def _ties(self) -> dict[tuple[str, ...], Ties]:
        return {}

    @cached_property
    def _places(self) -> Joined:
        cells = self.distances.cells
        return joined(self.study.network, cells, np.flatnonzero(cells.linked))
