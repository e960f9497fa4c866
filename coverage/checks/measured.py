"""What every check looks at."""

from __future__ import annotations

from dataclasses import dataclass

from coverage.measure import Distances
from coverage.standard import Standard, VerdictLimits
from coverage.study import Study
from coverage.tables import Floats


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
