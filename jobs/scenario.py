"""scenario: what would change if facilities opened, closed or moved, streets were built, people came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import InputError, SettingError
from core.memory import give_back
from core.progress import Progress, part, silent
from core.text import listed, text
from coverage.assessment import Assessment
from coverage.model.edits import AddBarrier, AddStreet, Edit, Move, Open, Scenario
from coverage.publish import Results, results_of
from coverage.publish.change_tables import (
    CHANGES_IN_FILES,
    change_classes,
    change_table,
    change_units_table,
    comparison_document,
)
from coverage.publish.measures import measures_of, with_measures
from coverage.scenario.comparison import Comparison, compare
from coverage.scenario.incremental import assess_scenario
from data.files import write_bytes, write_csv, write_json
from data.scenarios import (
    open_scenario,
    require_small,
    save_scenario,
    scenario_from_json,
    scenario_to_json,
)
from data.streets.barriers import drawn_edits
from data.whole_folder import whole_folder
from geo.crs import WGS84, project, require_metric
from jobs.assess.folder import (
    Assessed,
    about,
    read_and_assess,
    with_run,
    with_tables,
    write_tables,
)
from jobs.assess.map_model import map_model, product_names
from jobs.study.inputs import Inputs, StudyFiles
from jobs.study.run import run_of
from maps import render_map
from reports.workbook import workbook_bytes

# What the city is called as it is, without any edit.
AS_IT_IS: Final = "now"
# How a facility of a scenario differs from the list.
NEW: Final = "new"
MOVED: Final = "moved"
_LINES: Final = (".gpkg", ".geojson", ".shp", ".zip")


@dataclass(frozen=True)
class ScenarioWish:
    """`before` and `after`: "now", a file of edits or lines, or the name of a stored scenario.

    `store` is the folder of stored ones; with `keep` the second is stored there under that name.
    """

    after: str
    before: str = AS_IT_IS
    store: Path | None = None
    keep: str = ""

    def scenarios(self, crs: str) -> tuple[Scenario, Scenario]:
        """The two that are meant, in metric `crs`. UserError for one that cannot be found or read."""
        return (
            named_scenario(self.before, crs, store=self.store),
            named_scenario(self.after, crs, store=self.store),
        )


def scenario_wish(edits: str, pair: tuple[str, str] | None, *, store: Path, keep: str) -> ScenarioWish:
    """One scenario against the city as it is, or any two; SettingError unless exactly one is asked for."""
    if bool(edits) == bool(pair):
        raise SettingError("Name the changes with --edits, or two scenarios with --compare.")
    before, after = pair or (AS_IT_IS, edits)
    return ScenarioWish(after, before, store, keep)


@dataclass(frozen=True)
class Compared:
    """Two scenarios of one study, and what lies between them."""

    scenarios: tuple[Scenario, Scenario]
    done: Assessed
    comparison: Comparison

    def as_json(self) -> Mapping[str, Any]:
        """comparison.json."""
        one, other = self.scenarios
        scenario = self.done.results.document["scenario"]
        return comparison_document(self.comparison, (one.name, other.name)) | {"scenario": scenario}


def scenario_files(
    files: StudyFiles,
    wish: ScenarioWish,
    *,
    out: Path,
    language: str = "zh",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Compared:
    """Read, assess both, compare, and write the folder. UserError on bad input.

    The folder is the assessment folder of the second scenario, with scenario.json, comparison.json,
    changes.csv, changes_units.csv and difference.html.
    """
    found = scenarios_files(files, wish.scenarios, out=out, language=language, cache=cache, progress=progress)
    if wish.keep and wish.store is not None:
        save_scenario(wish.store, replace(found.scenarios[1], name=wish.keep))
    return found


def scenarios_files(
    files: StudyFiles,
    scenarios: Callable[[str], tuple[Scenario, Scenario]],
    *,
    out: Path,
    language: str = "zh",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Compared:
    """The same of two scenarios, which `scenarios` gives in the CRS of the city."""
    done = read_and_assess(files, cache=cache, progress=part(progress, 0.0, 0.7), measures=False)
    progress(0.7, text("Working the changes in"))
    pair = scenarios(done.inputs.study.grid.crs)
    if pair[1].edits:  # its table of cells is written; a large city has no room for both
        done = replace(done, results=replace(done.results, cells=done.results.cells.iloc[:0].copy()))
    before, comparison = _judged(done, pair, part(progress, 0.7, 0.78))
    if pair[1].edits:  # nor for both assessments
        done = replace(done, assessment=comparison.after, results=before)
    found = _compared(done, pair, before, comparison, part(progress, 0.78, 0.85))
    found = with_scenario_run(found, files, language=language)
    progress(0.85, text("Writing the results"))
    write_comparison(out, found, language=language, progress=part(progress, 0.85, 1.0))
    progress(1.0, text("Done"))
    return found


def compared(done: Assessed, wish: ScenarioWish) -> Compared:
    """Both scenarios of a wish on an assessed city, and the comparison."""
    return compare_scenarios(done, wish.scenarios(done.inputs.study.grid.crs))


def compare_scenarios(done: Assessed, scenarios: tuple[Scenario, Scenario]) -> Compared:
    """Two scenarios on an assessed city, in its CRS, and the comparison."""
    return _compared(done, scenarios, *_judged(done, scenarios))


def _judged(
    done: Assessed, scenarios: tuple[Scenario, Scenario], progress: Progress = silent
) -> tuple[Results, Comparison]:
    """The results of the first scenario, without its cells, and what the second changes."""
    one, other = (edited(done, scenario, progress) for scenario in scenarios)
    before = done.results if one is done.assessment else _results(done.inputs, one, scenarios[0])
    return replace(before, cells=before.cells.iloc[:0].copy()), compare(one, other)


def _compared(
    done: Assessed,
    scenarios: tuple[Scenario, Scenario],
    before: Results,
    found: Comparison,
    progress: Progress = silent,
) -> Compared:
    after = with_scenario(done, scenarios[1], found.after, progress)
    after = replace(after, results=against(before, after, found))
    return Compared(scenarios, after, found)


def against(before: Results, after: Assessed, found: Comparison) -> Results:
    """The results of a scenario with the rules of what it is compared with, what becomes of every cell, and
    its new facilities marked."""
    compared_with = {
        "scenario": before.document["scenario"],
        "rules": before.document["rules"],
        "places": before.places,
        "changes": [
            {"id": rule_id, "gained": change.gained, "lost": change.lost}
            for rule_id, change in found.rules.items()
            if change.cells is not None
        ],
    }
    facilities = after.results.facilities
    known = before.facilities.set_index("facility_id")[["lon", "lat"]]
    place = known.reindex(facilities["facility_id"]).to_numpy(float)
    moved = (place != facilities[["lon", "lat"]].to_numpy(float)).any(axis=1)
    states = np.select([np.isnan(place[:, 0]), moved], [NEW, MOVED], "")
    classes = {rule_id: change_classes(found, rule_id) for rule_id in found.rules}
    changes = {f"change_{rule_id}": of_cells for rule_id, of_cells in classes.items() if of_cells is not None}
    return replace(
        after.results,
        cells=after.results.cells.assign(**changes),
        document={**after.results.document, "before": compared_with},
        facilities=facilities.assign(in_scenario=states),
    )


def edited(done: Assessed, scenario: Scenario, progress: Progress = silent) -> Assessment:
    """The city judged after a scenario's edits; as it is where there are none. SettingError for a facility
    that is opened as what neither the standard nor the list knows: nothing would change by it."""
    standard = done.inputs.standard
    spoken_of = (*standard.tiers, *(tier for need in standard.needs for tier in need.serves))
    for edit in scenario.edits:
        known = done.inputs.study.facilities.tiers
        if isinstance(edit, Open) and edit.tier not in (*spoken_of, *known):
            raise SettingError(
                "“{name}” would be opened as “{tier}”, of which no rule of the standard speaks: nothing "
                "would change. The standard speaks of: {tiers}.",
                name=edit.name,
                tier=edit.tier,
                tiers=listed(dict.fromkeys(spoken_of)),
            )
    if not scenario.edits:
        return done.assessment
    return assess_scenario(done.assessment, scenario, progress=progress)


def with_scenario(
    done: Assessed, scenario: Scenario, found: Assessment | None = None, progress: Progress = silent
) -> Assessed:
    """The assessed city with all tables after a scenario's edits (`found` is what `edited` gave); the city
    itself where there are none."""
    if not scenario.edits:
        return with_tables(done)
    found = found or edited(done, scenario)
    inputs = replace(done.inputs, study=found.study, standard=found.standard)
    made = measures_of(found, progress=progress)  # before the table of all cells is there
    progress(1.0, text("Making the tables"))
    give_back()
    return Assessed(inputs, found, with_measures(_results(inputs, found, scenario), found, made))


def _results(inputs: Inputs, found: Assessment, scenario: Scenario) -> Results:
    inputs = replace(inputs, study=found.study, standard=found.standard)
    known = about(inputs)
    marked = {**known.provenance, "scenario": scenario.name}
    return results_of(found, replace(known, scenario=scenario.name, provenance=marked))


def named_scenario(word: str, crs: str, *, store: Path | None) -> Scenario:
    """ "now", a file, or a stored name; places become metres in `crs`."""
    if word == AS_IT_IS:
        return Scenario(AS_IT_IS, crs)
    path = Path(word)
    if path.is_file():
        return read_scenario(path, crs)
    if store is None:
        raise InputError("There is no file “{file}” with a scenario.", file=word)
    return in_crs(open_scenario(store, word), crs)


def read_scenario(path: Path, crs: str) -> Scenario:
    """A file of edits (JSON), or of drawn lines (GeoPackage, GeoJSON, shapefile)."""
    if path.suffix.lower() in _LINES:
        return Scenario(path.stem, crs, drawn_edits(path, crs=crs))
    require_small(path)
    try:
        found = scenario_from_json(path.read_text("utf-8-sig"), source=path.name)
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=path.name) from error
    return in_crs(replace(found, name=found.name or path.stem), crs)


def in_crs(scenario: Scenario, crs: str) -> Scenario:
    """The scenario with its places in metric `crs`; those in degrees (EPSG:4326, or no CRS) are projected.

    SettingError for one made in another metric CRS.
    """
    if scenario.crs == crs:
        return scenario
    if scenario.crs not in ("", WGS84):
        require_metric(scenario.crs)
        raise SettingError("The scenario “{name}” was made for another area.", name=scenario.name)
    return Scenario(scenario.name, crs, tuple(_projected(edit, crs) for edit in scenario.edits))


def _projected(edit: Edit, crs: str) -> Edit:
    if isinstance(edit, Open | Move):
        ((x, y),) = project(np.array([edit.x]), np.array([edit.y]), crs).tolist()
        return replace(edit, x=x, y=y)
    if isinstance(edit, AddStreet | AddBarrier):
        lon, lat = np.asarray(edit.line, float).reshape(-1, 2).T
        return replace(edit, line=tuple((x, y) for x, y in project(lon, lat, crs).tolist()))
    return edit


def with_scenario_run(found: Compared, files: StudyFiles, *, language: str) -> Compared:
    """The same with the run in its provenance, so that it can be made again."""
    before, after = (json.loads(scenario_to_json(scenario)) for scenario in found.scenarios)
    run = run_of("scenario", language, study=files, before=before, after=after)
    return replace(found, done=with_run(found.done, run))


def write_comparison(out: Path, found: Compared, *, language: str, progress: Progress = silent) -> None:
    """The assessment folder of the second scenario and what it changes."""
    with whole_folder(out) as folder:
        basemap = write_tables(folder, found.done, language=language, progress=part(progress, 0.0, 0.4))
        kept = json.loads(scenario_to_json(found.scenarios[1]))
        write_json(folder / "scenario.json", kept | {"scenario": found.done.results.document["scenario"]})
        write_json(folder / "comparison.json", found.as_json())
        changes = change_table(found.comparison).rename(columns=CHANGES_IN_FILES)
        write_csv(folder / "changes.csv", changes)
        write_csv(folder / "changes_units.csv", change_units_table(found.comparison))
        progress(0.5, text("Drawing the map"))
        give_back()
        page = render_map(map_model(found.done.results, basemap), language=language).encode("utf-8")
        write_bytes(folder / "difference.html", page)
        names = product_names(found.done.results.document, language=language)
        write_bytes(folder / names["html"], page)
        give_back()
        write_bytes(
            folder / names["xlsx"],
            workbook_bytes(found.done.results, language=language, progress=part(progress, 0.8, 1.0)),
        )
