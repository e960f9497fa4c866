"""All facilities that are or were during a round of edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.model.tables import Bools, Floats, Ints
from geo.network.snapping import Snapped

DOOR: Final = ("edge", "offset_m", "snap_m", "on_street")


@dataclass
class Slots:
    """Base rows first, then opened ones in order; `open` says which are there now.

    The open slots in order are the rows of the facility list as it is now. `edge`, `offset_m`,
    `snap_m` and `on_street` (n, 2) say where each joins the streets.
    """

    xy: Floats
    edge: Ints
    offset_m: Floats
    snap_m: Floats
    on_street: Floats
    tier: list[str]
    open: Bools

    @property
    def doors(self) -> Snapped:
        """Where the slots join the streets."""
        return Snapped(self.edge, self.offset_m, self.snap_m, self.on_street, self.xy)

    def open_of(self, tier: str) -> Ints:
        """The open slots of a tier, ascending."""
        return np.flatnonzero(self.open & (np.asarray(self.tier, dtype=object) == tier))

    def add(self, xy: tuple[float, float], tier: str, door: Snapped) -> int:
        """A slot more, not open yet; its number."""
        self.xy = np.concatenate([self.xy, [xy]])
        self.edge = np.append(self.edge, door.edge)
        self.offset_m = np.append(self.offset_m, door.offset_m)
        self.snap_m = np.append(self.snap_m, door.snap_m)
        self.on_street = np.concatenate([self.on_street, door.xy])
        self.tier.append(tier)
        self.open = np.append(self.open, False)
        return len(self.tier) - 1
