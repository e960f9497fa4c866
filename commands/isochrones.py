"""`isochrones`: how far one gets on foot."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import (
    NETWORKS,
    AreaName,
    As,
    AsJson,
    Datum,
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
from jobs.cases import StudyFiles


def isochrones(
    facilities: Lists,
    population: People,
    network: Streets,
    out: Out,
    facility: Annotated[
        list[str], typer.Option(help="Number or name of a facility; give it again for more.")
    ] = [],  # noqa: B006 - typer copies it
    tier: Annotated[str, typer.Option(help="All of one kind: station, centre, …")] = "",
    minutes: Annotated[list[float], typer.Option(help="Minutes on foot; give it again for more.")] = [10, 15],  # noqa: B006
    shape: Annotated[
        As, typer.Option("--as", help="One shape for all, each facility alone, or only where it is nearest.")
    ] = As.dissolved,
    speed: Annotated[
        float, typer.Option(min=0, help="Walking speed in km/h; 0: that of the standard.")
    ] = 0.0,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Draw how far one gets on foot from facilities: areas, reached streets and a map."""
    with front_door(lang) as (say, tell):
        from jobs.reach import ReachWish, isochrone_files
        from jobs.summary_more import reach_lines

        files = StudyFiles(
            tuple(facilities), population, network, units, standard, datum, name, population_unit, heal
        )
        wish = ReachWish(tuple(facility), tier, tuple(minutes), shape.value, speed)
        found = isochrone_files(
            files, wish, out=out, language=lang.value, cache=NETWORKS, progress=tell
        ).as_json()
        answer(as_json, found, lambda: [*reach_lines(found, say), str(out)])
