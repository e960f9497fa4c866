"""assess: from the study's files to the assessment folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core.errors import SettingError
from core.memory import give_back
from core.progress import Progress, part, silent
from core.text import text
from coverage.assessment import Assessment, assess
from coverage.model.standard import Standard
from coverage.publish import About, Results, results_of
from coverage.publish.measures import measures_of, with_measures, without_measures
from coverage.publish.wide import units_wide, wide_columns
from data.files import write_bytes, write_csv
from data.formats.inputs_read import write_inputs_read
from data.intake.findings import Finding
from data.results import write_results
from data.results.extras import FILES as EXTRA_FILES
from data.results.extras import light_areas
from data.standards import open_standard
from data.whole_folder import whole_folder
from geo import __version__
from jobs.assess.map_model import BASEMAP, ground_under, map_model, product_names
from jobs.cache.kept_city import city_key, keep_city, kept_city
from jobs.study.inputs import Inputs, StudyFiles, open_inputs, open_streets
from jobs.study.run import run_of
from jobs.study.variants import with_lists
from locales import Translator, translator
from maps import render_map
from maps.basemap import encode
from maps.model import Basemap
from reports.briefing.markdown import briefing_texts
from reports.issues import issue_table
from reports.workbook import workbook_bytes

# An assessment without a plan takes away the plan of an earlier one in the same folder; so with what
# was asked for then and not now.
OF_EARLIER: Final = (
    "plan.json",
    "sites.geojson",
    "candidates.parquet",
    "briefing-zh.md",
    "briefing-en.md",
    *EXTRA_FILES,
)


@dataclass(frozen=True)
class Assessed:
    """An assessment with the inputs it came from and the tables of its folder."""

    inputs: Inputs
    assessment: Assessment
    results: Results


def assess_files(
    files: StudyFiles,
    *,
    out: Path | None,
    language: str = "zh",
    cache: Path | None = None,
    progress: Progress = silent,
    also: Sequence[str] = (),
) -> Assessed:
    """Read, assess and, where `out` is given, write the assessment folder. UserError on bad input.

    `also` names what takes longer and is made only when asked for (`jobs.assess.optional_analyses.ALSO`).
    """
    if files.land_alone:
        from jobs.assess.land_alone import land_files
        from jobs.siting.search_monitor import SearchMonitor

        if also:
            raise SettingError("--also makes what counts residents; without --population leave it out.")
        told = SearchMonitor(progress=progress)
        return land_files(files, out=out, language=language, cache=cache, monitor=told)
    done = read_and_assess(files, cache=cache, progress=part(progress, 0.0, 0.6))
    if also:
        from jobs.assess.optional_analyses import with_also

        done = with_also(done, also, progress=part(progress, 0.6, 0.8))
    done = with_run(done, run_of("assess", language, study=files, also=tuple(also)))
    if out is not None:
        write_folder(out, done, language=language, progress=part(progress, 0.8, 1.0))
    progress(1.0, text("Done"))
    return done


def read_and_assess(
    files: StudyFiles, *, cache: Path | None = None, progress: Progress = silent, measures: bool = True
) -> Assessed:
    """The assessed city that every verb begins with; nothing is written. UserError on bad input.

    Without `measures` the tables beyond the verdicts are left out, for who does not write them. With a
    `cache` a city with all tables is kept there, and opened again while nothing has changed.
    """
    key = city_key(files) if cache is not None else None
    if cache is not None and key is not None:
        progress(0.0, text("Opening the city as it was assessed before"))
        standard = open_standard(files.standard)
        kept = kept_city(cache, key, lambda grid: open_streets(files, standard, grid, cache=cache).network)
        if kept is not None:
            progress(1.0, text("Assessed"))
            results = replace(kept.results, provenance=provenance(kept.inputs))
            return replace(kept, results=results if measures else without_measures(results))
    inputs = open_inputs(files, cache=cache, progress=part(progress, 0.0, 0.7))
    inputs = with_lists(inputs, files.own) if files.own else inputs
    done = assess_inputs(inputs, progress=part(progress, 0.7, 1.0), measures=measures)
    # Not where a file was changed while it was read.
    if cache is not None and key is not None and measures and city_key(files) == key:
        keep_city(cache, key, done)
    return done


def assess_inputs(inputs: Inputs, *, progress: Progress = silent, measures: bool = True) -> Assessed:
    """Assess what has been read."""
    assessment = assess(inputs.study, inputs.standard, progress=part(progress, 0.0, 0.6))
    made = measures_of(assessment, progress=part(progress, 0.6, 0.95)) if measures else None
    progress(0.95, text("Making the tables"))
    results = results_of(assessment, about(inputs))
    if made is not None:
        results = with_measures(results, assessment, made)
    progress(1.0, text("Assessed"))
    return Assessed(inputs, assessment, results)


def with_tables(done: Assessed) -> Assessed:
    """The same with the tables beyond the verdicts, where they were left out."""
    if done.results.extras:
        return done
    return replace(done, results=with_measures(done.results, done.assessment))


def with_run(done: Assessed, run: Mapping[str, Any]) -> Assessed:
    """The same with the run in its provenance, so that it can be made again (`jobs.rerun`)."""
    return replace(done, results=replace(done.results, provenance={**done.results.provenance, "run": run}))


def write_folder(out: Path, done: Assessed, *, language: str, progress: Progress = silent) -> None:
    """The tables, the map with its basemap, and the workbook; all of them, or `out` stays as it was."""
    with whole_folder(out, product=OF_EARLIER) as folder:
        basemap = write_tables(folder, done, language=language, progress=part(progress, 0.0, 0.3))
        progress(0.3, text("Drawing the map"))
        page = render_map(map_model(done.results, basemap), language=language)
        names = product_names(done.results.document, language=language)
        write_bytes(folder / names["html"], page.encode("utf-8"))
        give_back()
        write_bytes(
            folder / names["xlsx"],
            workbook_bytes(done.results, language=language, progress=part(progress, 0.7, 0.9)),
        )
        progress(0.9, text("Putting the results in their place"))
    progress(1.0, text("Done"))


def write_tables(folder: Path, done: Assessed, *, language: str, progress: Progress = silent) -> Basemap:
    """Everything of a result folder but its map and workbook; returns the ground to draw the map on."""
    give_back()
    write_figures(folder, done, language=language, progress=part(progress, 0.0, 0.8))
    progress(0.8, text("Drawing the ground"))
    isochrones = done.results.layers.get("isochrones")
    basemap = ground_under(done.inputs, None if isochrones is None else light_areas(isochrones))
    write_bytes(folder / BASEMAP, encode(basemap))
    for name, said in briefing_texts(done.results).items():
        write_bytes(folder / name, said.encode("utf-8"))
    return basemap


def write_figures(folder: Path, done: Assessed, *, language: str, progress: Progress = silent) -> None:
    """The tables alone."""
    tr = translator(language)
    write_results(folder, done.results, progress)
    write_csv(folder / "findings.csv", findings_table(done.inputs.findings, language=language))
    write_csv(folder / "issues.csv", issue_table(done.results, tr))
    write_csv(folder / "units_wide.csv", units_wide(done.results.units, done.results.standard))
    write_csv(folder / "units_wide_columns.csv", _titled_columns(done.results.standard, tr))
    write_inputs_read(folder, done.inputs.read, tr)


def _titled_columns(standard: Standard, tr: Translator) -> pd.DataFrame:
    """Which column of `units_wide.csv` is which rule, with the rule's title."""
    titles = {rule.id: tr(standard.rule_title(rule)) for rule in standard.rules}
    columns = wide_columns(standard)
    return columns.assign(title=columns["rule"].map(titles))


def findings_table(findings: Sequence[Finding], *, language: str) -> pd.DataFrame:
    """Every row that could not be used as it was, with where, what and how to mend it; what is said of a
    whole file has no row."""
    tr = translator(language)
    columns = ["file", "sheet", "row", "column", "level", "code", "message"]
    rows = [[*(getattr(finding, name) for name in columns[:-1]), tr(finding.message)] for finding in findings]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(row=pd.array([finding.row or None for finding in findings], dtype="Int64"))


def about(inputs: Inputs) -> About:
    """What the results say of the files behind them."""
    return About(inputs.synthetic, inputs.notes, inputs.limits, provenance=provenance(inputs))


def provenance(inputs: Inputs) -> Mapping[str, Any]:
    """Which files, standard, settings and program; the time is here and in no table."""
    walking, limits = inputs.standard.walking, inputs.standard.verdicts
    return {
        **program_stamp(),
        "inputs": dict(inputs.sha256),
        "standard": {"id": inputs.standard.id, "sha256": inputs.standard.sha256},
        "settings": {
            "speed_kmh": walking.speed_kmh,
            "elderly_speed_kmh": walking.elderly_speed_kmh,
            "snap_limit_m": walking.snap_limit_m,
            "island_m": walking.island_m,
            "meets_share": limits.meets_share,
            "nearly_share": limits.nearly_share,
            "datum": inputs.datum,
            "heal_m": inputs.heal_m,
            "population_unit": inputs.population_unit,
            "answers": {name: value for name, value in vars(inputs.answers).items() if value},
            "crs": inputs.study.grid.crs,
        },
        "credits": list(inputs.credits),
        "seed": 0,
    }


def program_stamp() -> dict[str, Any]:
    """How every provenance begins: its format, the program, and when."""
    return {
        "format": 1,
        "program": {"name": "service-circle", "version": __version__},
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
