"""The options of `suggest` as a wish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from geo.errors import SettingError
from jobs.conditions import read_conditions
from jobs.wishes import FROM_LIST, SOURCES, TIER_SIGN, Choices, PlanConditions, UnitQuota, Wish

_COUNT: Final = 5


@dataclass(frozen=True)
class Wanted:
    """What the user typed, as typed; see the help of `suggest`."""

    tier: str
    count: str
    goal: str
    share: float
    by: str
    candidates: Path | None
    candidates_from: str
    exclude: tuple[Path, ...]
    conditions: Path | None
    require: tuple[str, ...]
    forbid: tuple[str, ...]
    close: int
    budget: float | None
    site_cost: float | None
    spacing: float
    per_unit: str
    new_per_unit: str
    elderly_weight: float
    backup: float
    capacity: str
    within_band: bool
    alternatives: int
    within: float
    differ: int
    time_limit: float
    gap: float


def wish_of(wanted: Wanted) -> Wish:
    """The wish; conditions of the file first, options on top. SettingError for what cannot be."""
    conditions = _conditions(wanted)
    source, listed = _source(wanted)
    count, second = _counts(wanted, has_budget=conditions.budget is not None)
    return Wish(
        wanted.tier,
        count,
        goal=wanted.goal,
        by=wanted.by,
        candidates=listed,
        exclude=wanted.exclude,
        time_limit_s=wanted.time_limit,
        gap=wanted.gap,
        share=wanted.share,
        source=source,
        second_count=second,
        conditions=conditions,
        others=Choices(wanted.alternatives, wanted.within, wanted.differ),
    )


def _conditions(wanted: Wanted) -> PlanConditions:
    stated = PlanConditions(
        required=wanted.require,
        forbidden=wanted.forbid,
        close=wanted.close,
        budget=wanted.budget,
        cost=wanted.site_cost,
        spacing_m=wanted.spacing,
        quotas=_quotas(wanted),
        weights=(("elderly", wanted.elderly_weight),) if wanted.elderly_weight != 1.0 else (),
        backup=wanted.backup,
        capacity=_capacity(wanted.capacity),
        within_band=wanted.within_band,
    )
    return read_conditions(wanted.conditions).with_more(stated) if wanted.conditions else stated


def _quotas(wanted: Wanted) -> tuple[UnitQuota, ...]:
    every = [quota(wanted.per_unit)] if wanted.per_unit else []
    new = [replace(quota(wanted.new_per_unit), only_new=True)] if wanted.new_per_unit else []
    return (*every, *new)


def quota(written: str) -> UnitQuota:
    """“street” or “street:2”: at most one, or two, in every street."""
    level, _, most = written.partition(":")
    if most and not most.strip().isdigit():
        raise SettingError("“{written}” is not a quota; write street, or street:2 for two.", written=written)
    return UnitQuota(level.strip(), most=int(most) if most else 1)


def _capacity(written: str) -> float | str | None:
    if not written or written == FROM_LIST:
        return written or None
    try:
        return float(written)
    except ValueError as error:
        raise SettingError(
            "The capacity “{written}” is neither a number of residents nor “list”.", written=written
        ) from error


def _source(wanted: Wanted) -> tuple[str, Path | None]:
    """(source, file): a word of SOURCES, or a file."""
    if wanted.candidates is not None or wanted.candidates_from in SOURCES:
        return (
            wanted.candidates_from if wanted.candidates_from in SOURCES else SOURCES[0]
        ), wanted.candidates
    return SOURCES[0], Path(wanted.candidates_from)


def _counts(wanted: Wanted, *, has_budget: bool) -> tuple[int | None, int]:
    if not wanted.count:
        return (None if has_budget else _COUNT), 0
    parts = [part.strip() for part in wanted.count.split("+")]
    if not all(part.isdigit() and int(part) > 0 for part in parts) or len(parts) > 2:
        raise SettingError(
            "“{written}” is not a number of sites; write 5, or 2+8 for two tiers together.",
            written=wanted.count,
        )
    if len(parts) == 2 and TIER_SIGN not in wanted.tier:
        raise SettingError(
            "Two numbers of sites belong to two tiers, as --tier centre+station --count {written}.",
            written=wanted.count,
        )
    return int(parts[0]), int(parts[1]) if len(parts) == 2 else 0
