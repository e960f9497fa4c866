"""What every check looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from coverage.measuring.facility_reach import (
    inside_any,
    straight_nearest,
    straight_reach,
    walking_nearest,
    walking_reach,
)
from coverage.measuring.measure import BOUNDARY_M, Distances
from coverage.model.standard import Standard, VerdictLimits
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints
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
            rows, _ = self.study.facilities.entrances.of_rows(np.flatnonzero(wanted))
            doors = self.distances.entrances, rows
            self._ties[tiers] = NO_TIES
            if len(rows) > 1:
                at_nodes = self.distances.nodes_to(tiers)
                found = ties_by_nodes(self.study.network, self._places, at_nodes, doors, within_m=BOUNDARY_M)
                several = len(self.distances.entrance_of) > len(self.study.facilities)
                self._ties[tiers] = self._between_facilities(found) if several else found
        return self._ties[tiers]

    def keep_ties(self, tiers: tuple[str, ...], ties: Ties) -> None:
        """What was found elsewhere: `ties` of these tiers are these."""
        self._ties[tiers] = ties

    def _between_facilities(self, ties: Ties) -> Ties:
        """Ties between facilities of ties between entrances: two doors of one facility are none, and who
        lives within an outline has nothing as near."""
        within = self.study.grid.xy[ties.point]
        at_home = inside_any(self.study.facilities, within)
        pairs = np.column_stack([ties.point, self.distances.entrance_of[ties.facility]])
        pairs = np.unique(pairs[~at_home], axis=0)
        several = np.bincount(pairs[:, 0], minlength=1)[pairs[:, 0]] > 1
        return Ties(pairs[several, 0], pairs[several, 1])

    @cached_property
    def _ties(self) -> dict[tuple[str, ...], Ties]:
        return {}

    def nearest_of(self, rows: Ints, *, on_foot: bool) -> tuple[Floats, Ints]:
        """Metres from every cell to the nearest of these facilities, and its row; searched for once."""
        key = on_foot, rows.tobytes()
        if key not in self._nearest:
            study, distances = self.study, self.distances
            if on_foot:
                found = walking_nearest(
                    study.network, distances.cells, study.facilities, distances.entrances, rows
                )
            else:
                found = straight_nearest(study.grid.xy, study.grid.xy, study.facilities, rows)
            self._nearest[key] = found.metres, np.append(rows, -1)[found.index]
        return self._nearest[key]

    @cached_property
    def _nearest(self) -> dict[tuple[bool, bytes], tuple[Floats, Ints]]:
        return {}

    def reach_of(self, rows: Ints, *, on_foot: bool, limit_m: float) -> csr_array:
        """These facilities × cells: metres in the wanted measure, not farther than `limit_m`."""
        study, distances = self.study, self.distances
        if not on_foot:
            return straight_reach(study.facilities, rows, study.grid.xy, limit_m=limit_m)
        return walking_reach(
            study.network, study.facilities, distances.entrances, rows, distances.cells, limit_m=limit_m
        )

    @cached_property
    def _places(self) -> Joined:
        cells = self.distances.cells
        return joined(self.study.network, cells, np.flatnonzero(cells.linked))
