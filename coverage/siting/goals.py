"""What is wanted of new sites, on which conditions, and the plan that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from core.errors import SettingError
from core.text import Sayable, Text, listed, rounded_up, text
from coverage.siting.model.arrays import Floats, Ints

MOST_PEOPLE: Final = "most-people"
FEWEST_SITES: Final = "fewest-sites"
LEAST_WALKING: Final = "least-walking"
LEAST_WORST: Final = "least-worst"
NAMES: Final = (MOST_PEOPLE, FEWEST_SITES, LEAST_WALKING, LEAST_WORST)
_HUGE = float(np.finfo(float).max)


def _shown(value: object) -> str:
    """A value that is refused; a number that is written as text is seen to be one."""
    return f"“{value}”" if isinstance(value, str) else str(value)


@dataclass(frozen=True, eq=False)
class Quota:
    """How many open sites each part of the city may and must have, existing ones counted.

    `label` (sites,) names the part each row of `reach` lies in, −1 for none. `limits` maps a label
    to its inclusive (low, high); parts that are not named there take `default`. `name` and the
    part's entry in `titles` (its number where it has none) are shown to the planner when the quota
    cannot be met, or decides (unless it is not to be `told`).
    """

    label: Ints
    limits: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    default: tuple[float, float] = (0.0, np.inf)
    name: Sayable = ""
    titles: Mapping[int, Sayable] = field(default_factory=dict)
    told: bool = True

    def of(self, label: int) -> tuple[float, float]:
        return self.limits.get(label, self.default)


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditions:
    """Every condition, each off by default; arrays over sites have one value per row of `reach`.

    required    rows that must be opened (they count)
    forbidden   rows that must not
    closable    open rows that may be closed; exactly `close` of them are
    cost        (sites,) ≥ 0, of opening; with `budget` the most that may be spent
    site_xy     (sites, 2) metres; with `spacing_m` open sites keep at least that distance
                (existing ones among themselves excepted; the boundary is allowed)
    quotas      numbers of open sites per part of the city
    importance  (cells,) > 0, multiplies residents in the objective (equity weights)
    backup      worth 0..1 of a resident being served a second time (most-people)
    capacity    (sites,) the most residents a site can serve; inf for no limit
    band        inclusive (low, high) load of every newly opened site; numbers, or one per site
    roles       (what each site is, what each cell asks for), where a site serves in more than one role:
                its limits hold for each role by itself, and the band's lower end for its own alone
    unreached_m least-walking: metres counted for residents who reach no open site;
                None: all whom some site could reach must be reached
    apart_from  (rows, most shared) of earlier plans: at most so many sites in common
    """

    required: Sequence[int] = ()
    forbidden: Sequence[int] = ()
    closable: Sequence[int] = ()
    close: int = 0
    cost: Floats | None = None
    budget: float | None = None
    site_xy: Floats | None = None
    spacing_m: float = 0.0
    quotas: Sequence[Quota] = ()
    importance: Floats | None = None
    backup: float = 0.0
    capacity: Floats | None = None
    band: tuple[float, float] | tuple[Floats, Floats] | None = None
    roles: tuple[Ints, Ints] | None = None
    unreached_m: float | None = None
    apart_from: Sequence[tuple[Sequence[int], int]] = ()

    def check_kinds(self) -> None:
        """SettingError where one number is given for a list, or something else for a number."""
        for name in ("budget", "spacing_m", "unreached_m", "backup", "close"):
            value = getattr(self, name)
            if value is not None and not is_number(value):
                raise SettingError("“{name}” must be a number, not {value}.", name=name, value=_shown(value))
        for name in ("required", "forbidden", "closable", "quotas", "apart_from"):
            value = getattr(self, name)
            if isinstance(value, str) or not (isinstance(value, Sequence) or np.ndim(value) == 1):
                raise SettingError("“{name}” must be a list, not {value}.", name=name, value=_shown(value))
        for name in ("cost", "capacity", "importance", "site_xy"):
            value = getattr(self, name)
            if value is not None and np.ndim(value) != (2 if name == "site_xy" else 1):
                raise SettingError(
                    "“{name}” must have one value for every site or cell (an array), not {value}.",
                    name=name,
                    value=_shown(value)[:60],
                )
        if self.band is not None and (np.ndim(self.band) == 0 or len(self.band) != 2):
            raise SettingError("The load band must run from a low number to a higher one.")

    def check(self, n_sites: int, n_cells: int) -> None:
        """SettingError when an array has the wrong length or a number cannot be."""
        for values, wanted in (
            (self.cost, n_sites),
            (self.site_xy, n_sites),
            (self.capacity, n_sites),
            (self.importance, n_cells),
            *(zip(self.roles, (n_sites, n_cells), strict=True) if self.roles is not None else ()),
            *((end, n_sites) for end in self.band or () if np.ndim(end)),
            *((quota.label, n_sites) for quota in self.quotas),
        ):
            if values is not None and len(values) != wanted:
                raise SettingError(
                    "A condition has {given} values where {wanted} are needed.",
                    given=len(values),
                    wanted=wanted,
                )
        if self.backup and self.has_loads:
            raise SettingError("Backup coverage and load limits cannot be asked for together.")
        if self.budget is not None and self.cost is None:
            raise SettingError("A budget needs the cost of every site.")
        if self.spacing_m > 0.0 and self.site_xy is None:
            raise SettingError("A minimum spacing needs the position of every site.")
        if not 0 <= self.close <= len(set(self.closable)):
            raise SettingError(
                "{close} {close:site is|sites are} to be closed but {closable} may be closed.",
                close=self.close,
                closable=len(set(self.closable)),
            )
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.cost is not None and not _within(self.cost, 0.0, _HUGE):
            raise SettingError("The cost of a site is negative or not a number.")
        if self.capacity is not None and not _within(self.capacity, 0.0, np.inf):
            raise SettingError("The capacity of a site is negative or not a number.")
        if self.importance is not None and not _within(self.importance, 0.0, _HUGE):
            raise SettingError("The importance of a cell is negative or not a number.")
        if self.site_xy is not None and not np.isfinite(np.asarray(self.site_xy, float)).all():
            raise SettingError("The position of a site is not a number.")
        low, high = (0.0, np.inf) if self.band is None else self.band
        if not (_within(low, 0.0, np.inf) and np.less_equal(low, high).all()):
            raise SettingError("The load band must run from a low number to a higher one.")
        for name, value in (
            ("budget", self.budget),
            ("spacing_m", self.spacing_m),
            ("unreached_m", self.unreached_m),
        ):
            if value is not None and not _within(value, 0.0, np.inf):
                raise SettingError("“{name}” is negative or not a number.", name=name)
        if not 0.0 <= self.backup <= 1.0:
            raise SettingError("A second service counts between 0 and 1.")

    @property
    def has_loads(self) -> bool:
        return self.capacity is not None or self.band is not None

    @property
    def couples_sites(self) -> bool:
        """True where one site is not as good as another that covers the same."""
        return bool(
            self.budget is not None
            or self.spacing_m > 0.0
            or self.quotas
            or self.close
            or self.apart_from
            or self.has_loads
            or self.backup > 0.0
        )


def is_number(value: object) -> bool:
    """A Python or NumPy number; not a truth value, not a text."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _within(values: Floats | float, low: float, high: float) -> bool:
    """Whether all values are numbers from low to high."""
    try:
        given = np.asarray(values, float)
    except (TypeError, ValueError):
        return False
    return bool(((given >= low) & (given <= high)).all())


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
                "The goal “{name}” is not known; use one of {names}.", name=self.name, names=listed(NAMES)
            )
        if self.name != FEWEST_SITES and self.count is None:
            raise SettingError("The goal “{name}” needs the number of sites.", name=self.name)
        self.check_kinds()
        if self.count is not None:
            if not is_number(self.count) or not self.count >= 0 or self.count % 1 != 0:
                raise SettingError(
                    "The number of sites must be a whole number from 0 on, not {count}.",
                    count=_shown(self.count),
                )
            object.__setattr__(self, "count", int(self.count))
        for name in ("reach_m", "share", "gap", "time_limit_s", "seed"):
            value = getattr(self, name)
            if value is not None and not is_number(value):
                raise SettingError("“{name}” must be a number, not {value}.", name=name, value=_shown(value))
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
        share = rounded_up(self.gap, 1e-4)
        if self.goal.maximises:
            return text("Best found, at most {share:.2%} below the best possible.", share=share)
        return text("Best found, at most {share:.2%} above the best possible.", share=share)

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
