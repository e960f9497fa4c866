"""What is assessed: the four tables of one city, and who belongs where."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from coverage.model.membership import Membership, locate, locate_declared, locate_facilities
from coverage.model.tables import (
    RURAL,
    UNKNOWN,
    URBAN,
    Bools,
    FacilityTable,
    Grounds,
    PopulationGrid,
    UnitTable,
)
from geo.network.network import WalkNetwork


@dataclass(frozen=True)
class Study:
    """Facilities, residents, streets and units of one area, all in one metric CRS.

    `unplaced` are facilities that were set aside until they have coordinates: tier and the declared
    district, street and community. Only what a list declares can be judged of them. `grounds`: residential
    land and compounds, where they were given.
    """

    name: str
    grid: PopulationGrid
    facilities: FacilityTable
    network: WalkNetwork
    units: UnitTable | None = None
    grounds: Grounds = field(default_factory=Grounds)
    unplaced: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"tier": []}))

    @cached_property
    def cells_in(self) -> Membership:
        """The units of every cell."""
        return locate(self.units, self.grid.xy)

    @cached_property
    def facilities_in(self) -> Membership:
        """The units every facility stands for."""
        return locate_facilities(self.units, self.facilities)

    @cached_property
    def unplaced_in(self) -> Membership:
        """The declared units of the facilities without coordinates."""
        return locate_declared(self.units, self.unplaced)

    @cached_property
    def facility_settlement(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Urban or rural for every facility; unknown counts as urban."""
        return _assumed(self.facilities_in.settlement)

    @cached_property
    def settlement(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Urban or rural for every cell.

        Where no unit says, urban: the urban rules are the stricter ones. `settlement_assumed`
        counts those residents, and the assessment says so.
        """
        return _assumed(self.cells_in.settlement)

    @property
    def settlement_assumed(self) -> float:
        """Residents whose settlement no unit states."""
        return float(self.grid.residents[self.cells_in.settlement == UNKNOWN].sum())

    def subject_to(self, settlement: str) -> Bools:
        """(n,) which cells a rule for `settlement` ("urban", "rural", "any") speaks of."""
        if settlement not in self._subjects:
            everybody = np.ones(len(self.grid), dtype=bool)
            mask = everybody if settlement == "any" else np.asarray(self.settlement == settlement)
            mask.flags.writeable = False  # all rules for the settlement share it
            self._subjects[settlement] = mask
        return self._subjects[settlement]

    @cached_property
    def _subjects(self) -> dict[str, Bools]:
        return {}


def _assumed(
    settlement: np.ndarray[tuple[int], np.dtype[np.str_]],
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    known = np.isin(settlement, (URBAN, RURAL))
    return np.where(known, settlement, URBAN)
