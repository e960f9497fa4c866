"""`scenario`: what would change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from commands.front import answer, front_door
from commands.options import (
    NETWORKS,
    AreaName,
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

# Scenarios stored by name.
STORE: Final = Path(__file__).parents[1] / ".cache" / "scenarios"


def scenario(
    facilities: Lists,
    population: People,
    network: Streets,
    out: Out,
    edits: Annotated[
        str, typer.Option(help="A file of edits (JSON) or of drawn lines, or a stored scenario's name.")
    ] = "",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two scenarios: files, names, or “now” for the city as it is."),
    ] = None,
    keep: Annotated[str, typer.Option(help="Store the scenario under this name.")] = "",
    store: Annotated[Path, typer.Option(help="Folder of stored scenarios.")] = STORE,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Work changes in (openings, closings, moves, streets, figures, people) and tell who gains and loses."""
    with front_door(lang) as (say, tell):
        from jobs.scenario import scenario_files, scenario_wish
        from jobs.summary_more import comparison_lines

        files = StudyFiles(
            tuple(facilities), population, network, units, standard, datum, name, population_unit, heal
        )
        found = scenario_files(
            files,
            scenario_wish(edits, compare, store=store, keep=keep),
            out=out,
            language=lang.value,
            cache=NETWORKS,
            progress=tell,
        )
        document = found.as_json()
        lines = comparison_lines(document, found.done.inputs.standard, say)
        answer(as_json, document, lambda: [*lines, str(out)])
