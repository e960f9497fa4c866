"""What can be changed in a scenario. Places are metres in the study's CRS."""

from __future__ import annotations

from dataclasses import dataclass, field

from coverage.model.standard import Standard


@dataclass(frozen=True)
class Open:
    """A new facility. `places` (beds, seats) may be left unknown."""

    facility_id: str
    name: str
    tier: str
    x: float
    y: float
    places: float | None = None


@dataclass(frozen=True)
class Close:
    """A facility that is there, or was opened earlier in the list, goes."""

    facility_id: str


@dataclass(frozen=True)
class Move:
    """A facility goes to another place."""

    facility_id: str
    x: float
    y: float


@dataclass(frozen=True)
class AddStreet:
    """A new street or bridge along `line`; its two ends join the nearest streets, nothing else does."""

    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class AddBarrier:
    """A wall, railway or waterway along `line` that nobody crosses: it cuts every street it meets."""

    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class SetFigure:
    """Another figure for a rule (or another band, for a load rule)."""

    rule_id: str
    figure: float | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class SetSpeed:
    """Another walking speed."""

    speed_kmh: float


@dataclass(frozen=True)
class UseStandard:
    """Another standard altogether."""

    standard: Standard = field(hash=False)


@dataclass(frozen=True)
class Grow:
    """Residents of a unit ("" is the whole area) and all groups of them, times `factor`."""

    unit_id: str
    factor: float


Edit = Open | Close | Move | AddStreet | AddBarrier | SetFigure | SetSpeed | UseStandard | Grow


@dataclass(frozen=True)
class Scenario:
    """Changes to a study by name, in order; the study itself stays as it is."""

    name: str
    crs: str
    edits: tuple[Edit, ...] = ()

    def then(self, *edits: Edit) -> Scenario:
        """This scenario with more edits at its end."""
        return Scenario(self.name, self.crs, (*self.edits, *edits))
