"""What is wanted of new sites, and the plan that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import Text, text
from coverage.siting.conditions import Conditions, is_number

MOST_PEOPLE: Final = "most-people"
FEWEST_SITES: Final = "fewest-sites"
LEAST_WALKING: Final = "least-walking"
LEAST_WORST: Final = "least-worst"
NAMES: Final = (MOST_PEOPLE, FEWEST_SITES, LEAST_WALKING, LEAST_WORST)


@dataclass(frozen=True, eq=False)
class Goal(Conditions):
    """What to reach, on which conditions (see `Conditions`), and when to stop looking.

    name          "most-people", "fewest-sites", "least-walking" or "least-worst"
    count         new sites at most (all but fewest-sites, where it is not used)
    share         fewest-sites: share 0..1 of the residents whom any site could serve
    reach_m       when `reach` holds metres, how far a site serves (the boundary counts);
                  None: every stored entry serves
    time_limit_s  stop then, with the best plan found and a bound
    gap           stop when the plan is proved to be within this share of the best (0: exact)
    seed          of every random choice
    """

    name: str = MOST_PEOPLE
    count: int | None = field(default=None)
    share: float = 1.0
    reach_m: float | None = None
    time_limit_s: float = 60.0
    gap: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise SettingError(
                "The goal “{name}” is not known; use one of {names}.", name=self.name, names=", ".join(NAMES)
            )
        if self.name != FEWEST_SITES and self.count is None:
            raise SettingError("The goal “{name}” needs the number of sites.", name=self.name)
        self.check_kinds()
        if self.count is not None:
            if not is_number(self.count) or not self.count >= 0 or self.count % 1 != 0:
                raise SettingError(
                    "The number of sites must be a whole number, not {count}.", count=str(self.count)
                )
            object.__setattr__(self, "count", int(self.count))
        for name in ("reach_m", "share", "gap", "time_limit_s", "seed"):
            value = getattr(self, name)
            if value is not None and not is_number(value):
                raise SettingError("“{name}” must be a number, not {value}.", name=name, value=str(value))
        if self.reach_m is not None and not self.reach_m >= 0.0:
            raise SettingError("“{name}” is negative or not a number.", name="reach_m")
        if not 0.0 <= self.share <= 1.0 or not 0.0 <= self.gap < 1.0 or not self.time_limit_s > 0.0:
            raise SettingError(
                "Share and gap lie between 0 and 1, and the time limit is more than 0 seconds."
            )
        if self.backup and self.name != MOST_PEOPLE:
            raise SettingError("Backup coverage belongs to the goal “{name}”.", name=MOST_PEOPLE)

    @property
    def maximises(self) -> bool:
        return self.name == MOST_PEOPLE


class Step(NamedTuple):
    """Residents served once the first `sites` sites of the plan are open."""

    sites: int
    residents: float


@dataclass(frozen=True)
class Plan:
    """Sites in build order (best first at every step), and how good they are proved to be.

    `sites` are row numbers of `reach`. `objective` and `bound` are in the goal's own unit:
    residents (most-people), sites (fewest-sites), resident-metres (least-walking), metres
    (least-worst); what existing sites serve is included, residents count by their importance.
    `gap` = (bound − objective) / bound when
    maximising and (objective − bound) / objective when minimising, never negative. `proven` is
    True only when no better plan can exist. `gained[k]` are the residents whom site k adds to the
    ones before it, `curve` the residents served after each, `closed` the rows of existing sites
    that the plan closes. Where loads are limited, `loads` are the residents each site is to serve,
    `served` all who are served, by role (see `Conditions.roles`), and `assigned` (sites × cells) who goes
    where, in residents (open sites that stay and whose load has no limit are left out).

    Fewest-sites: `nobody_reached` says that no possible site reaches anybody, so that nothing could be
    chosen; `too_near` are the residents whom only sites too near to an existing one could serve. They
    count among those whose share is to be served.
    """

    sites: tuple[int, ...]
    objective: float
    bound: float
    gap: float
    proven: bool
    seconds: float
    residents_before: float
    gained: tuple[float, ...] = ()
    curve: tuple[Step, ...] = ()
    closed: tuple[int, ...] = ()
    loads: tuple[float, ...] = ()
    served: tuple[float, ...] = ()
    nobody_reached: bool = False
    too_near: float = 0.0
    assigned: sparse.csr_array | None = field(default=None, repr=False, compare=False)
    goal: Goal = field(default_factory=lambda: Goal(count=0), repr=False)

    @property
    def verdict(self) -> Text:
        """How sure the plan is, in one sentence."""
        if self.nobody_reached:
            return text("No possible site reaches anybody: there is nothing to choose from.")
        if self.proven:
            return text("Proved: no better plan exists.")
        if self.goal.maximises:
            return text("Best found, at most {share:.2%} below the best possible.", share=self.gap)
        return text("Best found, at most {share:.2%} above the best possible.", share=self.gap)

    @property
    def residents_after(self) -> float:
        return self.curve[-1].residents if self.curve else self.residents_before


class Progress(NamedTuple):
    """Where a running search stands; `gap` as in `Plan`."""

    objective: float
    bound: float
    gap: float
    seconds: float


def _never() -> bool:
    return False


def _nothing(_: Progress) -> None:
    return None


@dataclass(frozen=True)
class Watch:
    """How a caller follows and stops a search: both are called often and must be quick."""

    progress: Callable[[Progress], None] = _nothing
    cancelled: Callable[[], bool] = _never


def gap_of(objective: float, bound: float, maximises: bool) -> float:
    """The share by which the plan may fall short of the best possible one.

    >>> gap_of(99.0, 100.0, maximises=True)
    0.01
    """
    short, whole = (bound - objective, bound) if maximises else (objective - bound, objective)
    if not np.isfinite(short):
        return 1.0
    return max(0.0, short / whole) if whole > 0.0 else 0.0
