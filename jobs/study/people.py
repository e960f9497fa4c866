"""Residents and the units they live in: read together, since each tells something of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import Text, listed, text
from coverage.equity.overlaps import bridged_notes, level_word, outside_notes, overlap_notes
from coverage.equity.residential_land import land_grid
from coverage.measuring.redistribute import Rescaled, rescale_to_units
from coverage.model.membership import locate
from coverage.model.study import Study
from coverage.model.tables import LEVELS, UnitTable
from data.files import digest
from data.formats.inputs_read import InputRead
from data.intake.datum.origin import in_true_coordinates
from data.intake.findings import ERROR, INFO, WARNING, Finding
from data.population import NoPlacesError, PopulationFile, Reading, read_population
from data.population.area import read_outline
from data.population.grounds import read_grounds
from data.population.groups import group_findings, of_group
from data.population.polygons import polygon_cells
from data.population.raster_unit import unit_words
from data.population.read import file_of, years_aside
from data.population.reading import COARSE_M
from data.population.tables.heads import PERCENT
from data.population.tables.table_files import Sheet
from data.units import Totals, UnitAnswers, UnitFile, read_totals, read_units
from data.units.totals import contradictions
from geo.crs import WGS84, metric_crs
from geo.inside import outlines_with_points
from jobs.study.cases import StudyFiles
from jobs.study.households import with_households

_MOST_LISTED: Final = 10
# A unit whose residents change more than this often carries somebody else's total.
_LARGE: Final = 2.0
_MOST_TOTALS_LISTED: Final = 30
# Estimates of one year differ from a register by less.
_DIFFERS: Final = 0.15
_MOST_NAMED: Final = 12
# Less ground than this in the study area is the width of a line.
_TOUCHES_M2: Final = 10_000.0


@dataclass(frozen=True)
class People:
    """The residents' file, and the units file if there is one, in one metric CRS. `units_known`: whether the
    units' own coordinate system is known."""

    population: PopulationFile
    units: UnitFile | None
    units_known: bool = True

    @property
    def crs(self) -> str:
        return self.population.grid.crs


def read_people(files: StudyFiles, *, coarse_m: float = COARSE_M, progress: Progress = silent) -> People:
    """Read both. InputError says which file cannot be used and why.

    The study area is `layers.area`, else the ground of the units with the gaps between them: of a
    raster only that is read, and whoever lives outside is left out and reported. What the units file or
    the census totals say of residents checks whether numbers are counts or densities, and what was read
    is held against it. Without any area the residents' place decides the CRS, and a raster is read whole.
    Cells wider than `coarse_m` are spread.
    """
    layers, answers = files.layers, files.answers
    for path, what in ((layers.totals, text("Census totals")), (layers.urban, text("The built-up area"))):
        if files.units is None and path is not None:
            raise SettingError("{what} belong to units: give a units file as well.", what=what)
    progress(0.0, text("Reading the study area and the units"))
    area, crs, census, known = None, None, None, None
    if layers.area is not None:
        area = read_outline(layers.area)
        west, south, east, north = area.bounds
        crs = metric_crs((west + east) / 2, (south + north) / 2)
    outlines, units_known = read_unit_files(files, crs or "")
    if outlines is not None:
        crs, area = outlines.table.crs, outlines.ground if area is None else area
        if files.land_alone:
            return People(_land_as_grid(files, crs, area), outlines, units_known)
        counted = outlines
        if layers.totals is not None:
            census = read_totals(
                layers.totals,
                outlines.table,
                column=layers.totals_column,
                group_units=dict(answers.group_units),
            )
            counted = replace(outlines, residents=census.values["residents"])
        known = stated_residents(counted)
    reading = replace(
        reading_of(files),
        area=area,
        known_residents=known,
        coarse_m=coarse_m,
        units_given=outlines is not None,
    )
    told = part(progress, 0.2, 0.9)
    try:
        read = read_population(
            files.population, crs=crs, reading=reading, progress=told, more=files.more_population
        )
    except NoPlacesError as table:
        if outlines is None or files.more_population:
            raise
        read = census_people(files.population, table.sheets, outlines, reading, told)
        read = replace(read, read=(*read.read, *years_aside(files.population.name, table.aside)))
    if outlines is not None:
        for name, path, sheets in read.by_unit:
            read = _with_group_by_unit(read, name, path, sheets, outlines.table, reading)
    if not read.grid.total > 0:
        raise InputError("{file}: all residents are 0: nobody lives anywhere.", file=files.population.name)
    held = against_stated(read, outlines, files.population.name) if census is None else ()
    if outlines is not None and census is not None and layers.totals is not None:
        progress(0.9, text("Scaling residents to the census totals"))
        read = scaled_to(census, read, outlines.table, file=layers.totals.name)
    if outlines is not None:
        read = with_households(read, outlines)
        limits = area if layers.area is not None else None
        held = (*held, *without_anybody(read, outlines, files.population.name, limits))
    return People(replace(read, findings=(*read.findings, *held)), outlines, units_known)


def _land_as_grid(files: StudyFiles, crs: str, area: shapely.Geometry) -> PopulationFile:
    """The residential land inside the study area, where nothing is known of residents. InputError where none
    of it lies there."""
    land = read_grounds(files.layers.residential, None, crs=crs).grounds.residential
    ground = gpd.GeoSeries([area], crs=WGS84).to_crs(crs).iloc[0]
    shapely.prepare(ground)
    parts = shapely.get_parts(shapely.intersection(np.asarray(land, object), ground))
    parts = parts[(shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > 0)]
    if not len(parts):
        raise InputError(
            "{file}: none of the residential land lies in the study area.", file=files.population.name
        )
    return PopulationFile(land_grid(parts, crs), (), digest(files.population))


def _with_group_by_unit(
    read: PopulationFile,
    name: str,
    path: Path,
    sheets: Sequence[Sheet],
    units: UnitTable,
    reading: Reading,
) -> PopulationFile:
    """A group that a table states by unit, laid on each unit's cells in proportion to their residents.

    Percent are of the residents there. What units without residents state is reported. InputError as
    `read_totals`.
    """
    asked = reading.group_units.get(name, "auto")
    found = [of_group(sheet, name, asked, ()) for sheet in sheets]
    sheet, column, unit = next((one for one in found if one[1]), found[0])
    totals = read_totals(path, units, column=column, sheets=[sheet])
    level, stated = totals.level(units), np.nan_to_num(totals.values["residents"])
    rows = locate(units, read.grid.xy).rows[level]
    stated[np.asarray(units.frame["level"] != level)] = 0.0
    residents = read.grid.residents
    there = np.bincount(rows[rows >= 0], weights=residents[rows >= 0], minlength=len(units))
    if unit == PERCENT:
        stated = stated * there / (100.0 if stated.max(initial=0.0) > 1.0 else 1.0)
    share = np.divide(residents, there[rows], out=np.zeros(len(rows)), where=(rows >= 0) & (there[rows] > 0))
    counted = stated[rows] * share
    message = text(
        "{total:,.1f} people of the group “{group}” stated by {count} units of the level {level} were laid "
        "on their residents; {lost:,.1f} are stated for units without residents and are left out.",
        total=float(counted.sum()),
        group=name,
        count=totals.rows_read,
        level=level_word(level),
        lost=float(stated[there == 0].sum()),
    )
    grid = replace(read.grid, groups={**read.grid.groups, name: read.grid.groups.get(name, 0.0) + counted})
    told = Finding(path.name, "", 0, name, INFO, "population-group", message)
    chosen = InputRead(
        f"group:{name}", path.name, sheet.name, totals.column,
        unit_words(PERCENT) if unit == PERCENT else text("residents"), rows_read=totals.rows_read,
        rows_left_out=totals.rows - totals.rows_read, why=totals.why,
    )  # fmt: skip
    findings = (*read.findings, *totals.findings, told, *group_findings(grid, path.name))
    return replace(read, grid=grid, findings=findings, read=(*read.read, chosen))


def reading_of(files: StudyFiles) -> Reading:
    """How the population files are understood with the layers beside them."""
    layers, answers = files.layers, files.answers
    if layers.buildings is not None and layers.settled is not None:
        raise SettingError(
            "Residents follow either the buildings or the settlements: give only one of the two files."
        )
    by = "floor" if layers.buildings is not None else "mask" if layers.settled is not None else "area"
    return Reading(
        unit=files.population_unit,
        column=answers.population_column,
        layer=answers.population_layer,
        datum=answers.population_datum,
        groups=layers.groups,
        group_units=dict(answers.group_units),
        by=by,
        buildings=layers.buildings,
        mask=layers.settled,
        water=layers.water,
    )


def read_unit_files(files: StudyFiles, crs: str = "") -> tuple[UnitFile | None, bool]:
    """The units as they truly lie, and whether their own system is known; in a metric CRS of their own where
    `crs` is empty."""
    if not files.unit_files:
        return None, True
    said = UnitAnswers(files.answers.units_level, files.answers.units_layers, files.answers.units_within)
    read = read_units(*files.unit_files, crs=crs, urban=files.layers.urban, answers=said)
    table, known, converted = in_true_coordinates(files.unit_files, read.table)
    return replace(read, table=table, findings=(*read.findings, *converted)), known


def people_notes(people: People, study: Study) -> tuple[Text, ...]:
    """What a reader of the results must know of both files; details are among the findings."""
    population, units = people.population, people.units
    notes = []
    unusable = sum(1 for finding in population.findings if finding.level == ERROR)
    if unusable:
        notes.append(
            text("{count} {count:value|values} of the population table could not be used.", count=unusable)
        )
    notes += [finding.message for finding in population.findings if finding.level != ERROR]
    if units is not None:
        remarks = sum(1 for finding in units.findings if finding.level != INFO)
        if remarks:
            notes.append(text("{count} {count:remark|remarks} on the units file.", count=remarks))
        notes += overlap_notes(units.overlaps, units.table, study.grid, study.cells_in)
        notes += bridged_notes(study.cells_in, study.grid)
        notes += outside_notes(study.cells_in, study.grid)
        notes += misplaced_notes(units, study)
    return tuple(notes)


def misplaced_notes(units: UnitFile, study: Study) -> tuple[Text, ...]:
    """How many residents count for a unit in whose outline they do not live, since their own unit is said
    to belong to it."""
    frame = units.table.frame
    shape_of = dict(zip(frame["unit_id"], frame.geometry, strict=True))
    name_of = dict(zip(frame["unit_id"], frame["name"], strict=True))
    row_of = {unit_id: row for row, unit_id in enumerate(frame["unit_id"])}
    notes = []
    for one in units.misplaced:
        row = row_of[one.unit_id]
        cells = np.flatnonzero(study.cells_in.rows[frame["level"].iloc[row]] == row)
        xy = study.grid.xy[cells]
        outside = ~shapely.intersects_xy(shape_of[one.parent_id], xy[:, 0], xy[:, 1])
        moved = float(study.grid.residents[cells[outside]].sum())
        if moved > 0:
            note = text(
                "{residents:,.1f} residents of {name} live outside {parent}, which it belongs to, and count "
                "for it.",
                residents=moved,
                name=name_of[one.unit_id],
                parent=name_of[one.parent_id],
            )
            notes.append(note)
    return tuple(notes[:_MOST_LISTED])


def scaled_to(totals: Totals, read: PopulationFile, units: UnitTable, *, file: str) -> PopulationFile:
    """The residents with each unit's total that of the census, in the proportions of the file."""
    level = totals.level(units)
    done = rescale_to_units(read.grid, units, totals.values, level=level)
    rows = units.of_level(level)
    message = text(
        "Census totals of {stated} of {units} units of the level {level} were laid on the residents: "
        "{before:,.1f} became {after:,.1f}. {outside:,.1f} of them live in no unit of that level and stayed.",
        stated=int(np.isfinite(done.factor[rows]).sum()),
        units=len(rows),
        level=level_word(level),
        before=read.grid.total,
        after=done.grid.total,
        outside=done.outside,
    )
    far = abs(done.grid.total - read.grid.total) > _DIFFERS * done.grid.total
    told = [
        Finding(file, "", 0, "", WARNING, "population-against-units", message)
        if far
        else Finding(file, "", 0, "", INFO, "population-scaled", message)
    ]
    told += [Finding(file, "", 0, "", WARNING, "population-total", message) for message in _odd(done, units)]
    chosen = InputRead(
        "totals", file, column=totals.column, unit=text("residents"), rows_read=totals.rows_read,
        rows_left_out=totals.rows - totals.rows_read, why=totals.why,
    )  # fmt: skip
    aside = tuple(replace(entry, role="totals") for entry in totals.aside)
    findings = (*read.findings, *totals.findings, *totals.level_findings(units, file), *told)
    return replace(read, grid=done.grid, findings=findings, read=(*read.read, chosen, *aside))


def _odd(done: Rescaled, units: UnitTable) -> list[Text]:
    """Units that had nobody, and units that changed a lot."""
    names = units.frame["name"].to_numpy(object)
    messages = [
        text("{name} had no populated cell; its total counts at one point inside.", name=names[row])
        for row in done.placed
    ]
    factor = np.nan_to_num(done.factor, nan=1.0)
    large = np.flatnonzero((factor > _LARGE) | (factor < 1 / _LARGE))
    messages += [
        text(
            "The residents of {name} were multiplied by {factor:.3g}. Does the total belong to this unit?",
            name=names[row],
            factor=float(factor[row]),
        )
        for row in large
    ]
    more = len(messages) - _MOST_TOTALS_LISTED
    if more <= 0:
        return messages
    return [
        *messages[:_MOST_TOTALS_LISTED],
        text("{count:,} more {count:remark|remarks} like the ones before.", count=more),
    ]


def stated_residents(units: UnitFile) -> float | None:
    """Residents of the whole area by the coarsest level whose every unit states them; None if none does."""
    if units.residents is None:
        return None
    levels = units.table.frame["level"].to_numpy(object)
    for level in LEVELS:
        said = units.residents[levels == level]
        if len(said) and np.isfinite(said).all():
            return float(said.sum())
    return None


def against_stated(read: PopulationFile, units: UnitFile | None, file: str) -> tuple[Finding, ...]:
    """Findings where the residents read and those that the units state differ by more than 15 %, and where
    what the units of one level state contradicts what those of another do."""
    if units is None or units.residents is None:
        return ()
    against = contradictions(units.table, units.residents)
    stated, total = stated_residents(units), read.grid.total
    found: list[Finding] = []
    if stated and abs(total - stated) > _DIFFERS * stated:
        message = text(
            "{file} gives {total:,.0f} residents in the study area; the units state {stated:,.0f}, "
            "{factor:.2g} times as many. One of the two is another year, another ground or another unit.",
            file=file,
            total=total,
            stated=stated,
            factor=stated / max(total, 1e-9),
        )
        found.append(Finding(file, "", 0, "", WARNING, "population-against-units", message))
    told = [finding.message for finding in read.findings]  # the units may be the residents' file too
    found += [Finding(file, "", 0, "", WARNING, code, one) for code, one in against if one not in told]
    return tuple(found)


def without_anybody(
    read: PopulationFile, units: UnitFile, file: str, area: shapely.Geometry | None = None
) -> tuple[Finding, ...]:
    """A finding that names the units of the finest level in which no resident was found, of those that lie
    in the study `area` (WGS-84)."""
    table, grid = units.table, read.grid
    level = [name for name in LEVELS if len(table.of_level(name))][-1]
    rows = table.of_level(level)
    if area is not None:
        shape = gpd.GeoSeries([area], crs=WGS84).to_crs(table.crs).iloc[0]
        inside = shapely.area(shapely.intersection(table.frame.geometry.to_numpy()[rows], shape))
        rows = rows[inside > _TOUCHES_M2]
    shapes = table.frame.geometry.to_numpy()[rows]
    empty = np.flatnonzero(~outlines_with_points(shapes, grid.xy[grid.residents > 0]))
    if not len(empty) or len(empty) == len(rows):
        return ()
    names = table.frame["name"].to_numpy(object)[rows[empty]]
    message = text(
        "{file} has nobody in {count:,} of {units:,} units of the level {level}: {names}. Does it cover the "
        "whole study area?",
        file=file,
        count=len(empty),
        units=len(rows),
        level=level_word(level),
        names=listed(names, most=_MOST_NAMED),
    )
    return (Finding(file, "", 0, "", WARNING, "population-nobody-in-unit", message),)


def census_people(
    path: Path, sheets: Sequence[Sheet], units: UnitFile, reading: Reading, progress: Progress
) -> PopulationFile:
    """The residents of each unit spread over it, as `reading` says; every unit keeps its total.

    Of several levels the finest whose every unit has a total counts; what the others say is held against
    it. InputError as `read_totals`.
    """
    totals = read_totals(
        path, units.table, column=reading.column, group_units=reading.group_units, sheets=sheets
    )
    level = totals.level(units.table)
    rows = units.table.of_level(level)
    rows = rows[np.isfinite(totals.values["residents"][rows])]
    columns = {name: np.nan_to_num(values[rows]) for name, values in totals.values.items()}
    frame = gpd.GeoDataFrame(
        columns, geometry=units.table.frame.geometry.to_numpy()[rows], crs=units.table.crs
    )
    inside = reading
    if reading.area is not None:
        shapes = units.table.frame.to_crs(4326).geometry
        if shapes.within(reading.area.buffer(1e-6)).all():
            # The area is made of these units: nothing of them lies outside but by rounding of outlines.
            inside = replace(reading, area=None)
    cells = polygon_cells(frame, path.name, units.table.crs, inside, progress)
    read = file_of(cells, path, units.table.crs, replace(reading, unit="auto"))
    message = text(
        "Residents of {count} units of the level {level} are spread over their ground.",
        count=len(rows),
        level=level_word(level),
    )
    told = Finding(path.name, "", 0, "", INFO, "population-by-unit", message)
    chosen = InputRead(
        "population", path.name, column=totals.column, unit=text("residents"), rows_read=totals.rows_read,
        rows_left_out=totals.rows - totals.rows_read, why=totals.why,
    )  # fmt: skip
    findings = (*totals.findings, *totals.level_findings(units.table, path.name), told, *read.findings)
    return replace(read, findings=findings, read=(chosen, *totals.aside, *read.read))
