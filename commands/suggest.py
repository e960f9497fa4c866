"""`suggest`: where the next facilities should go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.asking import with_unit_asked
from commands.front import answer, front_door
from commands.layers import NO_LAYERS, LayerOptions, with_layers
from commands.options import (
    NETWORKS,
    AreaName,
    AsJson,
    By,
    Datum,
    Goals,
    Heal,
    Lang,
    Language,
    Lists,
    Out,
    People,
    PopulationUnit,
    StandardName,
    Streets,
    UnitsFile,
)
from commands.stopping import followed
from commands.wanted import Wanted, wish_of
from jobs.inputs import StudyFiles

_CONDITIONS = "Conditions"
_CANDIDATES = "Candidates"
_OTHERS = "Other plans"


@with_layers
def suggest(
    facilities: Lists,
    population: People,
    network: Streets,
    tier: Annotated[
        str, typer.Option(help="What is to be built: station, centre, …; centre+station for both at once.")
    ],
    out: Out,
    goal: Annotated[Goals, typer.Option(help="What is best.")] = Goals.most_people,
    count: Annotated[
        str, typer.Option(help="How many sites (5, or what the budget allows); 2+8 for centre+station.")
    ] = "",
    share: Annotated[
        float, typer.Option(min=0, max=1, help="fewest-sites: of those who can be served.")
    ] = 1.0,
    by: Annotated[By, typer.Option(help="Straight radius, or on foot.")] = By.radius,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    candidates: Annotated[
        Path | None, typer.Option(help="A list of places to choose from.", rich_help_panel=_CANDIDATES)
    ] = None,
    candidates_from: Annotated[
        str,
        typer.Option(
            help="cells, crossings, facilities (of other kinds), or a file.", rich_help_panel=_CANDIDATES
        ),
    ] = "cells",
    exclude: Annotated[
        list[Path] | None,
        typer.Option(help="Areas to leave out; give it again for more.", rich_help_panel=_CANDIDATES),
    ] = None,
    conditions: Annotated[
        Path | None, typer.Option(help="A TOML file of conditions.", rich_help_panel=_CONDITIONS)
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(help="A place that must be built: name or lon,lat.", rich_help_panel=_CONDITIONS),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(help="A place that must not: name or lon,lat.", rich_help_panel=_CONDITIONS),
    ] = None,
    close: Annotated[
        int, typer.Option(min=0, help="Relocation: close so many existing ones.", rich_help_panel=_CONDITIONS)
    ] = 0,
    budget: Annotated[
        float | None, typer.Option(min=0, help="The most all may cost.", rich_help_panel=_CONDITIONS)
    ] = None,
    site_cost: Annotated[
        float | None,
        typer.Option(min=0, help="Cost of a site where the list states none.", rich_help_panel=_CONDITIONS),
    ] = None,
    spacing: Annotated[
        float, typer.Option(min=0, help="Least metres between facilities.", rich_help_panel=_CONDITIONS)
    ] = 0.0,
    per_unit: Annotated[
        str,
        typer.Option(
            help="At most one per district, street or community, existing ones counted; street:2 for two.",
            rich_help_panel=_CONDITIONS,
        ),
    ] = "",
    new_per_unit: Annotated[
        str, typer.Option(help="The same, new sites alone counted.", rich_help_panel=_CONDITIONS)
    ] = "",
    elderly_weight: Annotated[
        float,
        typer.Option(min=0.01, help="How often an elderly resident counts.", rich_help_panel=_CONDITIONS),
    ] = 1.0,
    backup: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Worth of a second facility within reach.", rich_help_panel=_CONDITIONS
        ),
    ] = 0.0,
    capacity: Annotated[
        str,
        typer.Option(help="Most residents per new site, or list: its column.", rich_help_panel=_CONDITIONS),
    ] = "",
    within_band: Annotated[
        bool,
        typer.Option(
            "--within-band", help="Keep the standard's residents per site.", rich_help_panel=_CONDITIONS
        ),
    ] = False,
    alternatives: Annotated[
        int, typer.Option(min=0, max=20, help="How many other plans to show.", rich_help_panel=_OTHERS)
    ] = 0,
    within: Annotated[
        float,
        typer.Option(min=0, max=1, help="Not worse by more than, 0.02 = 2 %.", rich_help_panel=_OTHERS),
    ] = 0.02,
    differ: Annotated[
        int, typer.Option(min=1, help="In how many sites they differ at least.", rich_help_panel=_OTHERS)
    ] = 1,
    time_limit: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    gap: Annotated[float, typer.Option(help="Stop when this near the best possible, 0.01 = 1 %.")] = 0.0,
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    layers: LayerOptions = NO_LAYERS,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Choose the best sites for new facilities, with a proof or a bound.

    Ctrl-C while sites are being chosen ends the search: the best plan so far is written with its bound.
    """
    with front_door(lang) as (say, tell):
        from jobs.suggest import suggest_files
        from jobs.summary import closing_lines

        asked = StudyFiles(
            *(tuple(facilities), population, network, units, standard, datum, name, population_unit, heal),
            layers=layers.read(),
        )
        files = with_unit_asked(asked, say, tell)
        wanted = Wanted(
            tier=tier, count=count, goal=goal.value, share=share, by=by.value, candidates=candidates,
            candidates_from=candidates_from, exclude=tuple(exclude or ()), conditions=conditions,
            require=tuple(require or ()), forbid=tuple(forbid or ()), close=close, budget=budget,
            site_cost=site_cost, spacing=spacing, per_unit=per_unit, new_per_unit=new_per_unit,
            elderly_weight=elderly_weight, backup=backup, capacity=capacity, within_band=within_band,
            alternatives=alternatives,
            within=within, differ=differ, time_limit=time_limit, gap=gap,
        )  # fmt: skip
        wish = wish_of(wanted)
        with followed(tell, say) as following:
            done = suggest_files(
                files, wish, out=out, language=lang.value, cache=NETWORKS, following=following
            )
        plan = done.results.plan.plan if done.results.plan is not None else {}
        answer(as_json, plan, lambda: [*closing_lines(done.results, say), str(out)])
