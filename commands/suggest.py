"""`suggest`: where the next facilities should go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from typer import Option

from commands.asking import asking
from commands.front import answer, front_door
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.stopping import followed
from commands.study import StudyOptions
from core.errors import SettingError
from jobs.siting.request import (
    FROM_LIST,
    SOURCES,
    TIER_SIGN,
    AlternativesRequest,
    PlanConditions,
    SitingRequest,
    UnitQuota,
    read_conditions,
)

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


class Weight(StrEnum):
    residents = "residents"
    residential_land = "residential_land"


@dataclass(frozen=True, kw_only=True)
class SuggestOptions:
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
    weight: Annotated[
        Weight, _condition(help="What counts: residents, or m² of the land of --residential.")
    ] = Weight.residents
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


def request_of(options: SuggestOptions) -> SitingRequest:
    """The request; conditions of the file first, options on top. SettingError for what cannot be."""
    conditions = _conditions(options)
    source, listed = _source(options)
    count, second = _counts(options, has_budget=conditions.budget is not None)
    return SitingRequest(
        options.tier,
        count,
        goal=options.goal.value,
        by=options.by.value,
        candidates=listed,
        exclude=options.exclude,
        time_limit_s=options.time_limit,
        gap=options.gap,
        share=options.share,
        source=source,
        second_count=second,
        conditions=conditions,
        others=AlternativesRequest(options.alternatives, options.within, options.differ),
    )


def _conditions(options: SuggestOptions) -> PlanConditions:
    every = [quota(options.per_unit)] if options.per_unit else []
    new = [replace(quota(options.new_per_unit), only_new=True)] if options.new_per_unit else []
    stated = PlanConditions(
        required=options.require,
        forbidden=options.forbid,
        close=options.close,
        budget=options.budget,
        cost=options.site_cost,
        spacing_m=options.spacing,
        quotas=(*every, *new),
        weights=(("elderly", options.elderly_weight),) if options.elderly_weight != 1.0 else (),
        weight=options.weight.value,
        backup=options.backup,
        capacity=_capacity(options.capacity),
        within_band=options.within_band,
    )
    return read_conditions(options.conditions).with_more(stated) if options.conditions else stated


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


def _source(options: SuggestOptions) -> tuple[str, Path | None]:
    """(source, file): a word of SOURCES, or a file."""
    if options.candidates is not None or options.candidates_from in SOURCES:
        return (
            options.candidates_from if options.candidates_from in SOURCES else SOURCES[0]
        ), options.candidates
    return SOURCES[0], Path(options.candidates_from)


def _counts(options: SuggestOptions, *, has_budget: bool) -> tuple[int | None, int]:
    if not options.count:
        return (None if has_budget else _COUNT), 0
    parts = [part.strip() for part in options.count.split("+")]
    if not all(part.isdigit() and int(part) > 0 for part in parts) or len(parts) > 2:
        raise SettingError(
            "“{written}” is not a number of sites; write 5, or 2+8 for two tiers together.",
            written=options.count,
        )
    if len(parts) == 2 and TIER_SIGN not in options.tier:
        raise SettingError(
            "Two numbers of sites belong to two tiers, as --tier centre+station --count {written}.",
            written=options.count,
        )
    return int(parts[0]), int(parts[1]) if len(parts) == 2 else 0


@spread
def suggest(
    options: SuggestOptions, study: StudyOptions, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Choose the best sites for new facilities, with a proof or a bound.

    Ctrl-C while sites are being chosen ends the search: the best plan so far is written with its bound.
    """
    with front_door(lang) as (tr, report):
        from jobs.assess.summary import closing_lines
        from jobs.siting.suggest import suggest_files

        request = request_of(options)
        with followed(report, tr) as monitor:
            job = partial(
                suggest_files,
                request=request,
                out=out,
                language=lang.value,
                cache=NETWORKS,
                monitor=monitor,
            )
            done = asking(study.files(land_alone=True), job, tr, report)
        plan = done.results.plan.plan if done.results.plan is not None else {}
        answer(as_json, plan, lambda: [*closing_lines(done.results, tr), str(out)])
