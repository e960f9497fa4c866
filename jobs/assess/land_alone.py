"""A study of residential land alone, where residents are unknown: assessed, planned, written, read.

The land stands in the residents' place in the computation only: squares with their m² of land. Of a result
it is taken out again, so that nothing that is m² is called residents; rules that count residents are not
judged, and say so. In memory `cells["residents"]` are m²; in every file the column is `residential_land_m2`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.errors import InputError
from core.progress import part
from core.text import Text, text, text_from_json, text_to_json
from coverage.assessment import Assessment, assess
from coverage.equity.denominators import EVERY_RESIDENT, denominators
from coverage.equity.residential_land import land_equity
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Standard
from coverage.publish import Results, results_of
from coverage.publish.tables import PlanTables
from data.files import read_csv, write_bytes, write_csv, write_json
from data.formats.inputs_read import write_inputs_read
from data.guard import guarded
from data.parse_standard import parse_standard
from data.results.folder import geojson
from data.results.land import LAND_M2
from data.whole_folder import require_whole, whole_folder
from geo.crs import WGS84
from jobs.assess.folder import OF_EARLIER, Assessed, about, findings_table, with_run
from jobs.assess.land_map import land_map
from jobs.assess.map_model import BASEMAP, ground_under
from jobs.siting.land import plan_on_land
from jobs.siting.request import RESIDENTIAL_LAND, SitingRequest
from jobs.siting.search_monitor import SearchMonitor
from jobs.study.cases import StudyFiles
from jobs.study.inputs import open_inputs
from jobs.study.run import run_of
from locales import LANGUAGES, translator
from maps import render_map
from maps.basemap import encode
from reports.briefing import Cover
from reports.briefing.markdown import markdown_of
from reports.land import land_briefing, land_workbook

_REACH: Final = (Check.RADIUS, Check.WALK)
# Files of a result with residents that one of land alone does not have.
_OF_RESIDENTS: Final = ("units.csv", "units_wide.csv", "units_wide_columns.csv", "issues.csv")
_SITE_COLUMNS: Final = ("rank", "lon", "lat", f"{LAND_M2}_gained", "unit", "name")
_TABLES: Final = ("denominators", "land_equity")


def land_files(
    files: StudyFiles,
    *,
    out: Path | None,
    request: SitingRequest | None = None,
    language: str = "zh",
    cache: Path | None = None,
    monitor: SearchMonitor | None = None,
) -> Assessed:
    """Read, assess by land and, with a `request`, plan by land; writes the folder where `out` is given.

    UserError on bad input, before anything is written.
    """
    monitor = monitor or SearchMonitor()
    progress = monitor.progress
    inputs = open_inputs(files, cache=cache, progress=part(progress, 0.0, 0.5))
    inputs = replace(inputs, standard=by_land(inputs.standard))
    assessment = assess(inputs.study, inputs.standard, progress=part(progress, 0.5, 0.7))
    assessment = replace(assessment, results=tuple(map(_judged, assessment.results)))
    done = Assessed(
        inputs, assessment, _results(assessment, inputs.limits, results_of(assessment, about(inputs)))
    )
    if request is not None:
        told = SearchMonitor(monitor.watch, part(progress, 0.7, 0.9))
        plan = plan_on_land(done, request, told)
        table = pd.DataFrame(plan["sites"], columns=_SITE_COLUMNS)
        sites = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=WGS84)
        done = replace(done, results=replace(done.results, plan=PlanTables(plan, sites)))
    verb = "assess" if request is None else "suggest"
    asked = {"also": ()} if request is None else {"request": request}
    done = with_run(done, run_of(verb, language, study=files, **asked))
    if out is not None:
        progress(0.9, text("Writing the results"))
        _write(out, done, language=language)
    progress(1.0, text("Done"))
    return done


def by_land(standard: Standard) -> Standard:
    """The same rules; those that would divide by residents divide by residential land."""
    rules = (
        replace(rule, denominator=RESIDENTIAL_LAND)
        if rule.check in _REACH and rule.denominator == "residents"
        else rule
        for rule in standard.rules
    )
    return replace(standard, rules=tuple(rules))


def _judged(result: RuleResult) -> RuleResult:
    """A rule that counts residents, or asks after every one of them, is not judged."""
    rule = result.rule
    if rule.check in (*_REACH, Check.PRESENCE) and rule.basis != EVERY_RESIDENT:
        return result
    why = text("The rule counts residents, and they are unknown: residential land alone was given.")
    return RuleResult(rule, None, reason=why)


def _results(assessment: Assessment, limits: tuple[Text, ...], made: Results) -> Results:
    """The tables of the assessment with land where it has residents, and without what is of residents."""
    document, study = made.document, assessment.study
    rules = [
        {key: value for key, value in row.items() if not key.startswith("residents")}
        for row in document["rules"]
    ]
    for row in rules:
        if (row.get("lacking") or {}).get("what") == "residents":
            del row["lacking"]
    area = {
        key: document["area"][key] for key in ("name", "cells", "crs", "spacing_m", "facilities", "synthetic")
    }
    known = {text_to_json(note)["template"] for note in assessment.notes if "residents" in note.values}
    notes = [said for said in document["notes"] if said["template"] not in known]
    shares = denominators(assessment.measured, assessment.results)
    shares = shares[(shares["denominator"] != "residents") & (shares["basis"] != EVERY_RESIDENT)]
    ways = land_equity(assessment.measured, study.grid.residents)
    return replace(
        made,
        document={
            "format": document["format"],
            "weight": RESIDENTIAL_LAND,
            "area": area | {LAND_M2: study.grid.total},
            "standard": document["standard"],
            "rules": rules,
            "gaps": [_of_land(row) for row in document["gaps"]],
            "notes": notes + [text_to_json(note) for note in _notes(assessment)],
            "limits": [text_to_json(note) for note in limits],
            "scenario": None,
        },
        facilities=made.facilities[[c for c in map(str, made.facilities) if not c.startswith("load")]],
        gaps=made.gaps.drop(columns=[LAND_M2], errors="ignore").rename(
            columns={"residents": LAND_M2, "site_residents": f"site_{LAND_M2}"}
        ),
        units=made.units.iloc[:0],
        layers={},
        # By the polygons, as the rules are judged; squares only say how far the land lies.
        extras={"denominators": shares.reset_index(drop=True),
                "land_equity": ways.drop(columns=["land_within_m2", "share"])},
    )  # fmt: skip


def _of_land(value: Any) -> Any:
    """A row of gaps with m² of land under that name; what `residents` held is the exact m²."""
    if isinstance(value, list):
        return [_of_land(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    kept = {key: _of_land(one) for key, one in value.items() if key not in ("residents", LAND_M2)}
    return kept | ({LAND_M2: round(value["residents"], 1)} if "residents" in value else {})


def _notes(assessment: Assessment) -> list[Text]:
    """What a reader must know of the land beside the figures; only what is the case."""
    study, distances = assessment.study, assessment.measured.distances
    land, limit = study.grid.residents, assessment.standard.walking.snap_limit_m
    notes = [
        text(
            "Residents are unknown: everything counts residential land (居住用地). Shares are of the "
            "polygons; gaps, ways and sites are counted at the centres of squares of {side:g} m.",
            side=study.grid.spacing_m,
        ),
        text("Units without residential land are not judged."),
    ]
    told_apart = any(rule.settlement != "any" for rule in assessment.standard.rules)
    if told_apart and round(study.settlement_assumed / 1e4, 2) > 0:  # slivers are no finding
        notes.append(
            text(
                "{area:,.2f} ha of residential land lie where the units do not say whether it is urban or "
                "rural; they are judged by the urban rules.",
                area=study.settlement_assumed / 1e4,
            )
        )
    if len(distances.unlinked_cells):
        notes.append(
            text(
                "{area:,.2f} ha of residential land lie farther than {limit:g} m from any street; gaps and "
                "ways on foot count them as out of reach, but for what stands within 50 m of them.",
                area=float(land[distances.unlinked_cells].sum()) / 1e4,
                limit=limit,
            )
        )
    if len(study.facilities):
        cut_off = np.isinf(distances.walk_to(list(distances.walk_m))[0]) & distances.cells.linked
        if cut_off.any():
            notes.append(
                text(
                    "{area:,.2f} ha of residential land lie on streets from which no facility can be reached "
                    "on foot. Is a street missing there?",
                    area=float(land[cut_off].sum()) / 1e4,
                )
            )
    return notes


def _write(out: Path, done: Assessed, *, language: str) -> None:
    """All files of the folder, or `out` stays as it was."""
    results, tr = done.results, translator(language)
    basemap = ground_under(done.inputs, None)
    with whole_folder(out, product=(*OF_EARLIER, *_OF_RESIDENTS)) as folder:
        write_json(folder / "assessment.json", results.document)
        write_bytes(folder / "standard.toml", results.standard.toml.encode("utf-8"))
        for name in _TABLES:
            write_csv(folder / f"{name}.csv", results.extras[name])
        write_csv(folder / "facilities.csv", results.facilities)
        cells = io.BytesIO()
        results.cells.rename(columns={"residents": LAND_M2}).to_parquet(
            cells, index=False, compression="zstd"
        )
        write_bytes(folder / "cells.parquet", cells.getvalue())
        write_bytes(folder / "gaps.geojson", geojson(results.gaps))
        if results.plan is not None:
            write_json(folder / "plan.json", results.plan.plan)
            write_bytes(folder / "sites.geojson", geojson(results.plan.sites))
        write_csv(folder / "findings.csv", findings_table(done.inputs.findings, language=language))
        write_inputs_read(folder, done.inputs.read, tr)
        write_bytes(folder / BASEMAP, encode(basemap))
        briefing = land_briefing(results, Cover())
        for spoken in LANGUAGES:
            said = markdown_of(briefing, translator(spoken))
            write_bytes(folder / f"briefing-{spoken}.md", said.encode("utf-8"))
        page = render_map(land_map(results, basemap, briefing), language=language)
        write_bytes(folder / "map.html", page.encode("utf-8"))
        write_bytes(folder / "report.xlsx", land_workbook(results, language=language))
        write_json(folder / "provenance.json", results.provenance)


@guarded
def read_land(folder: Path) -> Results:
    """What `land_files` wrote; InputError where the folder is not whole or of another version."""
    require_whole(folder)
    try:
        document = json.loads((folder / "assessment.json").read_bytes())
        standard = parse_standard((folder / "standard.toml").read_text("utf-8"), source="standard.toml")
        differences = tuple(text_from_json(said) for said in document["standard"].get("differences", ()))
        plan = None
        if (folder / "plan.json").exists():
            plan = PlanTables(json.loads((folder / "plan.json").read_bytes()), _features(folder, "sites"))
        texts = ("rule", "level", "unit_id", "name", "denominator", "basis")
        cells = pd.read_parquet(folder / "cells.parquet").rename(columns={LAND_M2: "residents"})
        return Results(
            document=document,
            standard=by_land(replace(standard, differences=differences)),
            units=pd.DataFrame(),
            cells=cells,
            facilities=read_csv(folder / "facilities.csv", ("facility_id", "name", "tier")),
            gaps=_features(folder, "gaps"),
            provenance=json.loads((folder / "provenance.json").read_bytes()),
            plan=plan,
            extras={name: read_csv(folder / f"{name}.csv", texts) for name in _TABLES},
        )
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            "{folder}: a file in it is broken, or was written by another version. Make the result again.",
            folder=folder.name,
        ) from error


def _features(folder: Path, name: str) -> gpd.GeoDataFrame:
    features = json.loads((folder / f"{name}.geojson").read_bytes())["features"]
    if not features:
        return gpd.GeoDataFrame({"rule": [], "rank": [], LAND_M2: []}, geometry=[], crs=WGS84)
    frame = gpd.GeoDataFrame.from_features(features, crs=WGS84)
    for column in frame.columns.intersection(["nearest_m", "farthest_m"]):
        frame[column] = pd.to_numeric(frame[column]).fillna(np.inf)
    return frame
