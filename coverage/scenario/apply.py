"""Scenarios applied: a study and a standard with a list of edits become others; nothing is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from core.errors import SettingError
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Edit,
    Grow,
    Move,
    Open,
    Scenario,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from coverage.model.entrances import EXTENT
from coverage.model.standard import Rule, Standard
from coverage.model.standard_edits import as_own, with_figure, with_speed
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, PopulationGrid
from geo.network.edit import add_street, cut_streets
from geo.network.network import WalkNetwork

# What a study remembers of its cells and units, which stays right while these stay as they are.
_OF_CELLS: Final = ("cells_in", "settlement")
_OF_FACILITIES: Final = ("facilities_in", "facility_settlement")
# A new street whose end is farther from any street than this is not connected to the network.
JOIN_LIMIT_M: Final = 200.0


@dataclass(frozen=True)
class Variant:
    """A study and the standard to judge it by."""

    study: Study
    standard: Standard


def apply(scenario: Scenario, study: Study, standard: Standard) -> Variant:
    """The study and standard after all edits, in order.

    SettingError where an edit speaks of a facility, unit or rule that is not there, opens a number
    that is taken, or is not a possible figure.
    """
    if scenario.crs != study.grid.crs:
        raise SettingError("The scenario “{name}” was made for another area.", name=scenario.name)
    variant = Variant(study, standard)
    for edit in scenario.edits:
        variant = _APPLY[type(edit)](variant, edit)
    return variant


def with_facilities(
    study: Study, facilities: FacilityTable, *, unplaced: pd.DataFrame | None = None
) -> Study:
    """The study with another list, and with others of no known place where they are given; what is known of
    its cells is kept."""
    rest = study.unplaced if unplaced is None else unplaced
    return _keeping(study, replace(study, facilities=facilities, unplaced=rest), _OF_CELLS)


def with_grid(study: Study, grid: PopulationGrid) -> Study:
    """The study with other residents in the same cells."""
    return _keeping(study, replace(study, grid=grid), (*_OF_CELLS, *_OF_FACILITIES))


def edited_facilities(facilities: FacilityTable, edit: Open | Close | Move) -> FacilityTable:
    """The list after an opening (at its end), a closing or a move; other rows keep their order."""
    frame = facilities.frame
    if isinstance(edit, Open):
        return _opened(facilities, edit)
    row = facility_row(facilities, edit.facility_id)
    if isinstance(edit, Close):
        return FacilityTable(frame.drop(index=frame.index[row]).reset_index(drop=True), facilities.crs)
    x, y = frame["x"].to_numpy(float).copy(), frame["y"].to_numpy(float).copy()
    off = np.array([edit.x - x[row], edit.y - y[row]])
    x[row], y[row] = edit.x, edit.y
    moved = frame.assign(x=x, y=y)
    if EXTENT in frame and frame[EXTENT].iloc[row] is not None:  # doors and outline go with it
        extent = frame[EXTENT].to_numpy(object).copy()
        extent[row] = shapely.transform(extent[row], lambda corners: corners + off)
        moved = moved.assign(**{EXTENT: extent})
    return FacilityTable(moved, facilities.crs)


def facility_row(facilities: FacilityTable, facility_id: str) -> int:
    """The row of a facility; SettingError if there is none of that number."""
    rows = np.flatnonzero((facilities.frame["facility_id"] == facility_id).to_numpy(bool))
    if not len(rows):
        raise SettingError("There is no facility “{number}” in the list.", number=facility_id)
    return int(rows[0])


def _opened(facilities: FacilityTable, edit: Open) -> FacilityTable:
    frame = facilities.frame
    if (frame["facility_id"] == edit.facility_id).any():
        raise SettingError("The facility number {number} is taken already.", number=edit.facility_id)
    row = {
        column: None if column == EXTENT else np.nan if pd.api.types.is_numeric_dtype(values) else ""
        for column, values in frame.items()
    }
    row |= {
        "facility_id": edit.facility_id,
        "name": edit.name,
        "tier": edit.tier,
        "x": edit.x,
        "y": edit.y,
    }
    if "places" in row and edit.places is not None:
        row["places"] = edit.places
    elif edit.places is not None:
        frame = frame.assign(places=np.nan)
        row["places"] = edit.places
    added = pd.DataFrame([row]).astype(frame.dtypes.to_dict(), errors="ignore")
    return FacilityTable(pd.concat([frame, added], ignore_index=True), facilities.crs)


def _keeping(before: Study, after: Study, names: tuple[str, ...]) -> Study:
    """`after`, knowing already what `before` found out under these names."""
    for name in names:
        if name in before.__dict__:
            after.__dict__[name] = before.__dict__[name]
    return after


def _facility(variant: Variant, edit: Open | Close | Move) -> Variant:
    facilities = edited_facilities(variant.study.facilities, edit)
    return replace(variant, study=with_facilities(variant.study, facilities))


def _street(variant: Variant, edit: AddStreet) -> Variant:
    line = np.asarray(edit.line, float).reshape(-1, 2)
    return _walking(variant, add_street(variant.study.network, line, limit_m=JOIN_LIMIT_M))


def _barrier(variant: Variant, edit: AddBarrier) -> Variant:
    line = np.asarray(edit.line, float).reshape(-1, 2)
    if len(line) < 2 or not np.hypot(*np.diff(line, axis=0).T).sum() > 0:
        raise SettingError("A barrier needs two different places.")
    return _walking(variant, cut_streets(variant.study.network, [shapely.LineString(line)]).network)


def _walking(variant: Variant, network: WalkNetwork) -> Variant:
    """The same people and facilities on other streets."""
    study = replace(variant.study, network=network)
    return replace(variant, study=_keeping(variant.study, study, (*_OF_CELLS, *_OF_FACILITIES)))


def _grow(variant: Variant, edit: Grow) -> Variant:
    study = variant.study
    if not (np.isfinite(edit.factor) and edit.factor >= 0):
        raise SettingError("Residents cannot be multiplied by {factor}.", factor=edit.factor)
    factor = np.where(_cells_of(study, edit.unit_id), edit.factor, 1.0)
    grid: PopulationGrid = replace(
        study.grid,
        residents=study.grid.residents * factor,
        groups={name: values * factor for name, values in study.grid.groups.items()},
    )
    return replace(variant, study=with_grid(study, grid))


def _cells_of(study: Study, unit_id: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if not unit_id:
        return np.ones(len(study.grid), bool)
    units = None if study.units is None else study.units.frame
    rows = np.empty(0, np.int64) if units is None else np.flatnonzero(units["unit_id"] == unit_id)
    if units is None or not len(rows):
        raise SettingError("There is no unit “{number}” in the units file.", number=unit_id)
    row = int(rows[0])
    return np.asarray(study.cells_in.rows[str(units["level"].iloc[row])] == row)


def _figure(variant: Variant, edit: SetFigure) -> Variant:
    standard = variant.standard
    if edit.rule_id not in [rule.id for rule in standard.rules]:
        raise SettingError("The standard has no rule “{rule}”.", rule=edit.rule_id)
    if any(rule.id == edit.rule_id and rule.classes for rule in standard.rules):
        raise SettingError(
            "The rule “{rule}” has figures by size of facility; change them in the standard's file.",
            rule=edit.rule_id,
        )
    rules = tuple(_refigured(rule, edit) if rule.id == edit.rule_id else rule for rule in standard.rules)
    figure = edit.band if edit.band is not None else edit.figure
    toml = standard.toml if figure is None else with_figure(standard.toml, edit.rule_id, figure)
    return replace(variant, standard=_changed(standard, repr(edit), rules=rules, toml=toml))


def _refigured(rule: Rule, edit: SetFigure) -> Rule:
    figure, band = edit.figure, edit.band
    low, high = band or (0.0, np.inf)
    wrong_figure = figure is not None and not (np.isfinite(figure) and figure > 0)
    if (figure is None) == (band is None) or wrong_figure or (band is None) != (rule.band is None):
        raise SettingError("That is not a possible figure for the rule “{rule}”.", rule=rule.id)
    if not 0 <= low <= high:
        raise SettingError("The band of the rule “{rule}” must run from low to high.", rule=rule.id)
    return replace(rule, band=band) if figure is None else replace(rule, figure=figure)


def _speed(variant: Variant, edit: SetSpeed) -> Variant:
    if not (np.isfinite(edit.speed_kmh) and 0 < edit.speed_kmh <= 20):
        raise SettingError("{speed} km/h is not a walking speed.", speed=edit.speed_kmh)
    walking = replace(variant.standard.walking, speed_kmh=edit.speed_kmh)
    toml = with_speed(variant.standard.toml, edit.speed_kmh)
    return replace(variant, standard=_changed(variant.standard, repr(edit), walking=walking, toml=toml))


def _changed(standard: Standard, change: str, **fields: object) -> Standard:
    """The standard with other fields; its fingerprint and its title say that it is not the published one."""
    sha256 = hashlib.sha256(f"{standard.sha256} {change}".encode()).hexdigest()
    edited = replace(standard, **fields, sha256=sha256)  # type: ignore[arg-type]
    return as_own(edited, standard.made_from or standard)


def _standard(variant: Variant, edit: UseStandard) -> Variant:
    return replace(variant, standard=edit.standard)


_APPLY: Final[Mapping[type[Edit], Callable[[Variant, Any], Variant]]] = {
    Open: _facility,
    Close: _facility,
    Move: _facility,
    AddStreet: _street,
    AddBarrier: _barrier,
    SetFigure: _figure,
    SetSpeed: _speed,
    UseStandard: _standard,
    Grow: _grow,
}
