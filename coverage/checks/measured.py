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
            self._ties[tiers] = self._search_ties(tiers)
        return self._ties[tiers]

    @cached_property
    def _ties(self) -> dict[tuple[str, ...], Ties]:
        return {}

    def _search_ties(self, tiers: tuple[str, ...]) -> Ties:
        doors, network = self.distances.facilities, self.study.network
        wanted = self.study.facilities.frame["tier"].isin(tiers).to_numpy(bool)
        rows = np.flatnonzero(wanted)
        if len(rows) < 2:
            return NO_TIES
        at_nodes = self.distances.nodes_to(tiers)
        return ties_by_nodes(network, self._places, at_nodes, (doors, rows), within_m=BOUNDARY_M)

    @cached_property
    def _places(self) -> Joined:
        cells = self.distances.cells
        return joined(self.study.network, cells, np.flatnonzero(cells.linked))
