"""The tool as a library: who is not served, by which rule, and where the next service centre should go.

    import service_circle as sc

    city = sc.read_study(facilities="list.csv", population="people.csv", network="streets.geojson")
    now = sc.assess(city)
    plan = sc.suggest(now, tier="station", count=3)
    plan.sites[["rank", "residents_gained", "geometry"]]

Options are named as on the command line, with `_` for `-`. A wrong one, or a file that cannot be used, is a
`UserError` whose text says what, where and how to mend it. Layers are GeoDataFrames in WGS-84
(EPSG:4326); metres are metres, shares 0 to 1, what cannot be reached is `inf`. What this module exports
stays as it is within a major version.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from commands.given import read_options
from commands.suggest import request_of
from core.errors import InputError, SettingError, UserError
from core.text import listed, printable
from coverage.model.edits import Close, Edit, Open, Scenario
from coverage.publish.change_tables import change_table, change_units_table
from coverage.publish.wide import units_wide
from data.guard import guarding
from geo.crs import WGS84
from jobs.assess.folder import Assessed, assess_inputs, findings_table, with_run, write_folder
from jobs.batch.plan import Given
from jobs.lists.compare import compared_lists
from jobs.reach import Reached, ReachWish, reached, under_isochrones, write_reach
from jobs.scenario import Compared, compare_scenarios, read_scenario, with_scenario_run, write_comparison
from jobs.siting import suggest as siting
from jobs.study.inputs import Inputs, StudyFiles, open_inputs
from jobs.study.run import run_of
from locales import LANGUAGES

__all__ = [
    "read_study", "assess", "suggest", "isochrones", "scenario", "compare",
    "Study", "Assessment", "Reach", "Change", "UserError",
]  # fmt: skip

_PLACE: Final = Path()


@dataclass(frozen=True)
class Study:
    """What `read_study` has read and checked. Nothing is computed yet."""

    _files: StudyFiles
    _inputs: Inputs

    def __repr__(self) -> str:
        study = self._inputs.study
        count = len(study.facilities.frame)
        return f"Study({study.name}: {study.grid.total:,.0f} residents, {count} facilities)"

    @property
    def name(self) -> str:
        """What the area is called in results."""
        return self._inputs.study.name

    @cached_property
    def residents(self) -> gpd.GeoDataFrame:
        """Points, one a cell: `cell_id`, `residents`, and a column for every group."""
        grid = self._inputs.study.grid
        table = pd.DataFrame({"cell_id": grid.cell_id, "residents": grid.residents, **grid.groups})
        return _points(table, *grid.lonlat())

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        """Points, one an accepted facility: `facility_id`, `name`, `tier` and what else the list says."""
        table = self._inputs.study.facilities
        frame = table.frame.drop(columns=["x", "y", "geometry"], errors="ignore").reset_index(drop=True)
        return _points(frame, *table.lonlat())

    @cached_property
    def units(self) -> gpd.GeoDataFrame:
        """Outlines, one a unit: `unit_id`, `name`, `level`, `parent_id` …; empty without units."""
        units = self._inputs.study.units
        if units is None:
            return gpd.GeoDataFrame({"unit_id": []}, geometry=[], crs=WGS84)
        return units.frame.to_crs(WGS84).reset_index(drop=True)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Every row that could not be used as it was: file, sheet, row, column, level, code, message."""
        return findings_table(self._inputs.findings, language="en")


@dataclass(frozen=True)
class Assessment:
    """A study measured against every rule of its standard; with a plan after `suggest`."""

    _files: StudyFiles
    _done: Assessed
    _of_scenario: bool = False

    def __repr__(self) -> str:
        rules = self._done.results.document["rules"]
        met = sum(rule.get("verdict") == "meets" for rule in rules)
        plan = "" if self._done.results.plan is None else ", with a plan"
        return f"Assessment({self.name}: {met} of {len(rules)} rules met{plan})"

    @property
    def name(self) -> str:
        """What the area is called in results."""
        return self._done.inputs.study.name

    @cached_property
    def rules(self) -> pd.DataFrame:
        """One row a rule, as in `assessment.json`: `id`, `check`, `figure`, `residents`, `residents_met`,
        `share`, `verdict` ("meets", "nearly", "not", None where the rule speaks of nobody) …"""
        rows = [
            {key: value for key, value in row.items() if not isinstance(value, dict | list)}
            for row in self._done.results.document["rules"]
        ]
        return pd.DataFrame(rows)

    @cached_property
    def cells(self) -> gpd.GeoDataFrame:
        """Points, one a cell: `residents`, `<tier>_m` and `<tier>_walk_m` in metres, `meets_<rule>` …"""
        return _placed(self._done.results.cells)

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        """Points, one a facility, with its `snap_m` and loads."""
        return _placed(self._done.results.facilities)

    @cached_property
    def units(self) -> gpd.GeoDataFrame:
        """Outlines, one a unit, with the columns of `units_wide.csv`: of every rule the share of residents,
        and the verdict under `v_…`; empty without units."""
        study = self._done.inputs.study
        if study.units is None:
            return gpd.GeoDataFrame({"unit_id": []}, geometry=[], crs=WGS84)
        table = units_wide(self._done.results.units, self._done.results.standard)
        shapes = study.units.frame[["unit_id", "geometry"]].to_crs(WGS84)
        return gpd.GeoDataFrame(table.merge(shapes, on="unit_id"), geometry="geometry", crs=WGS84)

    @property
    def gaps(self) -> gpd.GeoDataFrame:
        """Outlines, one a gap of a rule: `rule`, `rank`, `residents`, `nearest_m`, `lon`, `lat` …"""
        return self._done.results.gaps.copy()

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """Points, one a suggested site: `rank`, `residents_gained`, `unit`. UserError before `suggest`."""
        return self._plan().sites.copy()

    @property
    def plan(self) -> dict[str, Any]:
        """`plan.json`: goal, objective, bound, gap, whether it is proven … UserError before `suggest`."""
        return dict(self._plan().plan)

    def write(self, out: str | os.PathLike[str], *, language: str = "zh") -> Path:
        """Write the result folder of the command line, every table byte for byte, and return its path; "zh"
        or "en" is the language of words. UserError if it cannot be written, or is of a scenario."""
        _require(self, Assessment, "Assessment.write()", "assess()")
        done = with_run(self._done, {**self._done.results.provenance["run"], "language": _spoken(language)})
        write_folder(Path(out), done, language=language)
        return Path(out)

    def _plan(self) -> Any:
        if self._done.results.plan is None:
            raise SettingError("This assessment has no plan; suggest() makes one.")
        return self._done.results.plan


@dataclass(frozen=True)
class Reach:
    """How far one gets on foot."""

    _found: Reached
    _done: Assessed

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """Outlines, the widest limit first: `minutes`, `limit_m`, `facility_id` ("" for all), `km2`,
        `residents`."""
        return self._found.layers.areas.copy()

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """Lines, the pieces of street reached: `minutes`, `facility_id`, `metres`."""
        return self._found.layers.streets

    def write(self, out: str | os.PathLike[str], *, language: str = "zh") -> Path:
        """Write the folder of `isochrones`, and return its path."""
        done = with_run(self._done, {**self._done.results.provenance["run"], "language": _spoken(language)})
        write_reach(Path(out), self._found, under_isochrones(done), language=language)
        return Path(out)


@dataclass(frozen=True)
class Change:
    """What a scenario changes."""

    _files: StudyFiles
    _found: Compared

    @cached_property
    def after(self) -> Assessment:
        """The assessment of the scenario, to be read: never what is there today."""
        return Assessment(self._files, self._found.done, _of_scenario=True)

    @cached_property
    def rules(self) -> pd.DataFrame:
        """One row a rule: verdicts, shares and residents met before and after, `gained`, `lost`, `grown`;
        residents met after − before = gained − lost + grown."""
        return change_table(self._found.comparison)

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row a rule and unit in which somebody gains or loses."""
        return change_units_table(self._found.comparison)

    def write(self, out: str | os.PathLike[str], *, language: str = "zh") -> Path:
        """Write the folder of `scenario`, and return its path."""
        found = with_scenario_run(self._found, self._files, language=_spoken(language))
        write_comparison(Path(out), found, language=language)
        return Path(out)


def read_study(**options: Any) -> Study:
    """Read and check the files of a city: `facilities`, `population` and `network` must be given.

    A path is text or a path object, several are a list. UserError says which file, row or option cannot
    be used and why; what a file leaves open is not guessed: the error names the option that answers it.
    """
    files = _options("read_study()", "assess", options).files()
    with guarding():
        return Study(files, open_inputs(files))


def assess(study: Study) -> Assessment:
    """Measure the study against every rule of its standard."""
    _require(study, Study, "assess()", "read_study()")
    done = assess_inputs(study._inputs)
    return Assessment(study._files, with_run(done, run_of("assess", "zh", study=study._files, also=())))


def suggest(assessment: Assessment, **options: Any) -> Assessment:
    """The same assessment with the best new sites of a `tier`, which must be given.

    UserError for an option that cannot be, and where no plan meets all conditions. `.plan["proven"]` is
    True only where the solver proved that no plan is better.
    """
    _require(assessment, Assessment, "suggest()", "assess()")
    request = request_of(_options("suggest()", "suggest", options))
    with guarding():
        planned = siting.suggest(assessment._done, request)
    run = run_of("suggest", "zh", study=assessment._files, request=request)
    return Assessment(assessment._files, with_run(planned, run))


def isochrones(assessment: Assessment, **options: Any) -> Reach:
    """How far one gets on foot from all facilities of the standard, or those of a `tier` or by `facility`."""
    _require(assessment, Assessment, "isochrones()", "assess()")
    wish: ReachWish = _options("isochrones()", "isochrones", options).wish()
    run = run_of("isochrones", "zh", study=assessment._files, reach=wish)
    return Reach(reached(assessment._done, wish), with_run(assessment._done, run))


def scenario(
    assessment: Assessment,
    *,
    name: str = "scenario",
    opened: gpd.GeoDataFrame | None = None,
    closed: Sequence[str] = (),
    edits: str | os.PathLike[str] | None = None,
) -> Change:
    """What would change if facilities opened or closed.

    `opened` are points in any coordinate system with a column `tier`, and `name` or `places` (beds, seats)
    where known; `closed` are facility ids; `edits` is a file as `scenario --edits` takes it, whose changes
    come first. UserError for a facility that is not there, a layer without `tier` or coordinate system.
    """
    _require(assessment, Assessment, "scenario()", "assess()")
    crs = assessment._done.inputs.study.grid.crs
    changes: list[Edit] = []
    if edits is not None:
        if not Path(edits).is_file():
            raise InputError("There is no file “{file}” with a scenario.", file=str(edits))
        with guarding():
            changes += read_scenario(Path(edits), crs).edits
    if isinstance(closed, str):
        raise SettingError("{place}, “{key}”: write a list, as {example}.", place="scenario()", key="closed",
                            example='["id", "id"]')  # fmt: skip
    changes += [Close(str(number)) for number in closed]
    changes += _openings(opened, crs)
    after = Scenario(printable(name), crs, tuple(changes))
    found = compare_scenarios(assessment._done, (Scenario("now", crs), after))
    return Change(assessment._files, found)


def compare(
    lists: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    osm: str | os.PathLike[str],
    *,
    datum: str = "auto",
) -> gpd.GeoDataFrame:
    """An office's lists beside the facilities that `fetch` brought from OpenStreetMap.

    One row a facility of either side: `result` ("same", "elsewhere", "closed", "only_list", "only_map"),
    both names, `metres` between both places; the point is the list's place, else the map's.
    """
    paths = [lists] if isinstance(lists, str | os.PathLike) else lists
    for one in (*(paths if isinstance(paths, Sequence) else (paths,)), osm):
        if not isinstance(one, str | os.PathLike):
            raise SettingError(
                "compare() takes the files of lists and one of OpenStreetMap’s facilities, not a value of "
                "the type {kind}; what a change does to an assessment is scenario().",
                kind=type(one).__name__,
            )
    with guarding():
        table = compared_lists([Path(path) for path in paths], Path(osm), datum=datum).table
    listed = table["lon"].notna()
    return _points(
        table, table["lon"].where(listed, table["map_lon"]), table["lat"].where(listed, table["map_lat"])
    )


def _options(place: str, verb: str, options: dict[str, Any]) -> Any:
    """The group of options of a verb. SettingError as on the command line."""
    given = {key: (_plain(value), _PLACE) for key, value in options.items() if value is not None}
    return read_options(Given("", "", given, place), [verb])[verb]


def _plain(value: Any) -> Any:
    """As a plan writes it: paths as text, several of anything as a list, numbers of NumPy as Python's."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _openings(opened: gpd.GeoDataFrame | None, crs: str) -> list[Edit]:
    if opened is None:
        return []
    if not isinstance(opened, gpd.GeoDataFrame) or opened.crs is None or "tier" not in opened:
        raise SettingError(
            "scenario(), “opened”: give points (a GeoDataFrame) with a CRS and a column “tier”."
        )
    if not (opened.geometry.geom_type == "Point").all() or opened.geometry.is_empty.any():
        raise SettingError("scenario(), “opened”: every shape must be a point.")
    places = opened.to_crs(crs).geometry
    rows = opened.drop(columns=opened.geometry.name).to_dict("records")
    return [
        Open(
            f"new-{number}",
            str(row.get("name") or f"new-{number}"),
            str(row["tier"]),
            float(point.x),
            float(point.y),
            None if pd.isna(row.get("places")) else float(row["places"]),
        )
        for number, (row, point) in enumerate(zip(rows, places, strict=True), start=1)
    ]


def _require(given: object, kind: type, place: str, maker: str) -> None:
    if not isinstance(given, kind):
        raise SettingError(
            "{place} takes what {maker} returns, not a value of the type {kind}.",
            place=place,
            maker=maker,
            kind=type(given).__name__,
        )
    if isinstance(given, Assessment) and given._of_scenario:
        # Its provenance would not say which changes it rests on.
        raise SettingError(
            "{place} takes the city as it is, not a scenario. Change.write() writes a scenario; its changes "
            "together with more are a new scenario().",
            place=place,
        )


def _spoken(language: str) -> str:
    if language not in LANGUAGES:
        raise SettingError("The language “{language}” is not known; use one of {languages}.",
                            language=language, languages=listed(LANGUAGES))  # fmt: skip
    return language


def _points(table: pd.DataFrame, lon: Any, lat: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)


def _placed(table: pd.DataFrame) -> gpd.GeoDataFrame:
    return _points(table, table["lon"], table["lat"])
