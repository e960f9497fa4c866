"""The options of `suggest` as a wish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from typer import Option

from core.errors import SettingError
from jobs.siting.conditions import read_conditions
from jobs.siting.request import FROM_LIST, SOURCES, TIER_SIGN, Choices, PlanConditions, UnitQuota, Wish

_COUNT: Final = 5

_candidate: Final = partial(Option, rich_help_panel="Candidates")
_condition: Final = partial(Option, rich_help_panel="Conditions")
_other: Final = partial(Option, rich_help_panel="Other plans")


class Goals(StrEnum):
    most_people = "most-people"
    fewest_sites = "fewest-sites"
    least_walking = "least-walking"
    least_worst = "least-worst"


class By(StrEnum):
    radius = "radius"
    walk = "walk"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user typed, as typed; see the help of `suggest`."""

    tier: Annotated[
        str, Option(help="What is to be built: station, centre, …; centre+station for both at once.")
    ]
    goal: Annotated[Goals, Option(help="What is best.")] = Goals.most_people
    count: Annotated[
        str, Option(help="How many sites (5, or what the budget allows); 2+8 for centre+station.")
    ] = ""
    share: Annotated[float, Option(min=0, max=1, help="fewest-sites: of those who can be served.")] = 1.0
    by: Annotated[By, Option(help="Straight radius, or on foot.")] = By.radius
    candidates: Annotated[Path | None, _candidate(help="A list of places to choose from.")] = None
    candidates_from: Annotated[
        str, _candidate(help="cells, crossings, facilities (of other kinds), or a file.")
    ] = "cells"
    exclude: Annotated[tuple[Path, ...], _candidate(help="Areas to leave out; give it again for more.")] = ()
    conditions: Annotated[Path | None, _condition(help="A TOML file of conditions.")] = None
    require: Annotated[tuple[str, ...], _condition(help="A place that must be built: name or lon,lat.")] = ()
    forbid: Annotated[tuple[str, ...], _condition(help="A place that must not: name or lon,lat.")] = ()
    close: Annotated[int, _condition(min=0, help="Relocation: close so many existing ones.")] = 0
    budget: Annotated[float | None, _condition(min=0, help="The most all may cost.")] = None
    site_cost: Annotated[
        float | None, _condition(min=0, help="Cost of a site where the list states none.")
    ] = None
    spacing: Annotated[float, _condition(min=0, help="Least metres between facilities.")] = 0.0
    per_unit: Annotated[
        str,
        _condition(
            help="At most one per district, street or community, existing ones counted; street:2 for two."
        ),
    ] = ""
    new_per_unit: Annotated[str, _condition(help="The same, new sites alone counted.")] = ""
    elderly_weight: Annotated[float, _condition(min=0.01, help="How often an elderly resident counts.")] = 1.0
    backup: Annotated[float, _condition(min=0, max=1, help="Worth of a second facility within reach.")] = 0.0
    capacity: Annotated[str, _condition(help="Most residents per new site, or list: its column.")] = ""
    within_band: Annotated[
        bool, _condition("--within-band", help="Keep the standard's residents per site.")
    ] = False
    alternatives: Annotated[int, _other(min=0, max=20, help="How many other plans to show.")] = 0
    within: Annotated[float, _other(min=0, max=1, help="Not worse by more than, 0.02 = 2 %.")] = 0.02
    differ: Annotated[int, _other(min=1, help="In how many sites they differ at least.")] = 1
    time_limit: Annotated[float, Option(help="Seconds.")] = 60.0
    gap: Annotated[float, Option(help="Stop when this near the best possible, 0.01 = 1 %.")] = 0.0


def wish_of(wanted: Wanted) -> Wish:
    """The wish; conditions of the file first, options on top. SettingError for what cannot be."""
    conditions = _conditions(wanted)
    source, listed = _source(wanted)
    count, second = _counts(wanted, has_budget=conditions.budget is not None)
    return Wish(
        wanted.tier,
        count,
        goal=wanted.goal.value,
        by=wanted.by.value,
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
