"""`suggest`: where the next facilities should go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
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
from jobs.inputs import StudyFiles


def suggest(
    facilities: Lists,
    population: People,
    network: Streets,
    tier: Annotated[str, typer.Option(help="What is to be built: station, centre, …")],
    out: Out,
    goal: Annotated[Goals, typer.Option(help="What is best.")] = Goals.most_people,
    count: Annotated[int, typer.Option(min=1, help="How many sites.")] = 5,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="fewest-sites: of those who can be served.")
    ] = 1.0,
    by: Annotated[By, typer.Option(help="Straight radius, or on foot.")] = By.radius,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    candidates: Annotated[Path | None, typer.Option(help="Places to choose from.")] = None,
    exclude: Annotated[Path | None, typer.Option(help="Areas to leave out.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    gap: Annotated[float, typer.Option(help="Stop when this near the best possible, 0.01 = 1 %.")] = 0.0,
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Choose the best sites for new facilities, with a proof or a bound."""
    with front_door(lang) as (say, tell):
        from jobs.suggest import Wish, suggest_files
        from jobs.summary import closing_lines

        files = StudyFiles(
            tuple(facilities), population, network, units, standard, datum, name, population_unit, heal
        )
        wish = Wish(tier, count, goal.value, by.value, candidates, exclude, time_limit, gap, share)
        results = suggest_files(
            files, wish, out=out, language=lang.value, cache=NETWORKS, progress=tell
        ).results
        plan = results.plan.plan if results.plan is not None else {}
        answer(as_json, plan, lambda: [*closing_lines(results, say), str(out)])
