"""`assess`: a city against a standard."""

from __future__ import annotations

from commands.asking import with_unit_asked
from commands.front import answer, front_door, print_verdicts
from commands.layers import NO_LAYERS, LayerOptions, with_layers
from commands.options import (
    NETWORKS,
    Also,
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
from jobs.inputs import StudyFiles


@with_layers
def assess(
    facilities: Lists,
    population: People,
    network: Streets,
    out: Out,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    also: Also = [],  # noqa: B006 - typer copies it
    layers: LayerOptions = NO_LAYERS,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Measure a city against a standard and write the assessment folder."""
    with front_door(lang) as (say, tell):
        from jobs.assess import assess_files
        from jobs.summary import closing_lines

        asked = StudyFiles(
            *(tuple(facilities), population, network, units, standard, datum, name, population_unit, heal),
            layers=layers.read(),
        )
        files = with_unit_asked(asked, say, tell)
        wanted = [what.value for what in also]
        results = assess_files(
            files, out=out, language=lang.value, cache=NETWORKS, progress=tell, also=wanted
        ).results
        if not as_json:
            print_verdicts(results, say)
        answer(as_json, results.document, lambda: [*closing_lines(results, say), str(out)])
