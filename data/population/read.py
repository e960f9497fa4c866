"""One door for population files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import listed, text
from coverage.model.tables import Bools, Floats, PopulationGrid
from data.files import digest
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead, because
from data.formats.rasters import opened_raster, raster_pieces
from data.formats.systems import in_degrees
from data.guard import guarded
from data.intake.findings import WARNING, Finding
from data.population.cells import Cells, cells_to_grid
from data.population.groups import group_findings, of_group, residents_beside, with_group
from data.population.polygons import Rows, cells_of_rows
from data.population.raster import raster_cells
from data.population.raster_unit import unit_words
from data.population.reading import Reading
from data.population.several_files import added_up, bands_of_files, joined_ground
from data.population.tables.coordinates import Placing, is_place_title, placing_of
from data.population.tables.heads import COUNT, PERCENT, RESIDENTS, everybody, understood
from data.population.tables.numbers import written_numbers
from data.population.tables.parts import Aside, parts_joined
from data.population.tables.roles import (
    Columns,
    PeopleTable,
    is_rather_percent,
    people_of_table,
    percent_question,
    unusable_rows,
)
from data.population.tables.sums import plain, sum_title
from data.population.tables.table_files import Sheet, sheets_of
from data.population.wide_pixels import coarse_finding
from geo.crs import metric_crs, project

_UNUSABLE: Final = text("Rows without a usable place or number are among the findings.")
# Distances between neighbours of a grid differ by no more than its projection makes them.
_REGULAR: Final = 0.08
# A column is one of numbers where so many of its first rows are.
_MOSTLY: Final = 0.5
_PROBED: Final = 200
_IDS: Final = ("cell_id", "id", "gid", "编号", "格网编号", "grid_id", "网格id")
_NAMES_CELLS: Final = (
    *_IDS, "h3", "h3_index", "geohash", "quadkey", "网格编号", "格网id", "grid", "cell", "fid", "grid_code",
)  # fmt: skip


class NoPlacesError(InputError):
    """A table of residents that has no coordinates: figures by unit. `sheets` are its tables, `aside` those
    of other years."""

    def __init__(self, file: str, sheets: Sequence[Sheet], aside: Sequence[Aside] = ()) -> None:
        super().__init__(
            "{file}: the table has no coordinates, shapes or cells. If its rows are units, give the units "
            "(--units). The columns are: {columns}.",
            file=file,
            columns=listed(sheets[0].titles[:20]) if sheets else "",
        )
        self.sheets, self.aside = tuple(sheets), tuple(aside)


@dataclass(frozen=True)
class PopulationFile:
    """Population files as read: the grid, what could not be used, and which file it was (the first).

    `unit` is what a raster's numbers were taken for, "" for other files; `read` what was chosen in
    which file and what was set aside; `by_unit` groups whose files are tables of figures by
    unit, not laid yet.
    """

    grid: PopulationGrid
    findings: tuple[Finding, ...]
    sha256: str
    synthetic: bool = False
    unit: str = ""
    read: tuple[InputRead, ...] = ()
    by_unit: tuple[tuple[str, Path, tuple[Sheet, ...]], ...] = ()


@guarded
def read_population(
    path: Path,
    *,
    crs: str | None = None,
    reading: Reading | None = None,
    progress: Progress = silent,
    more: Sequence[Path] = (),
) -> PopulationFile:
    """Read residents from any raster, table with coordinates or cells, or map layer.

    Points count at their place; large polygons are spread over 100 m cells, each one's total
    kept; raster cells count at their centres. `crs` is the metric CRS wanted (default: the one for
    the data's own centre), `reading` answers what the file leaves open. `more` are further parts of one
    whole: ground that two files share counts once, for the first, and it is reported; files of ages and sexes
    (chn_f_60_2020.tif), which must make up everybody, are added up. Rows without usable
    coordinates or residents are listed and left out. InputError if nothing is left, NoPlacesError for a
    table of figures by unit.
    """
    reading = reading or Reading()
    steps = 1 + len(more) + len(reading.groups)
    bands = bands_of_files([path, *more]) if not reading.column else ()
    own = replace(reading, known_residents=None) if bands else reading
    cells = _cells(path, crs, own, part(progress, 0.0, 1.0 / steps))
    parts = [cells]
    for number, other in enumerate(more, start=1):
        told = part(progress, number / steps, (number + 1) / steps)
        if bands:
            parts.append(_cells(other, crs, own, told))
        else:
            cells = joined_ground(cells, _cells(other, crs, reading, told), other.name)
    return file_of(added_up(parts, bands) if bands else cells, path, crs, reading)


def file_of(cells: Cells, path: Path, crs: str | None, reading: Reading) -> PopulationFile:
    """The checked grid of cells that were read from `path`, with the groups from files of their own.

    InputError if there is none.
    """
    cells = _with_groups(cells, crs, reading)
    if not len(cells):
        raise InputError("{file}: no row with residents and coordinates could be used.", file=path.name)
    west, east = float(cells.lon.min()), float(cells.lon.max())
    south, north = float(cells.lat.min()), float(cells.lat.max())
    metric = crs or metric_crs((west + east) / 2, (south + north) / 2)
    return PopulationFile(
        cells_to_grid(cells, metric),
        (*cells.findings, *group_findings(cells, path.name)),
        digest(path),
        cells.synthetic,
        cells.unit,
        cells.read,
        cells.by_unit,
    )


def offered(path: Path, layer: str = "") -> tuple[list[str], list[str]]:
    """The layers that a file of residents has, where it has several, and the columns or bands of numbers
    in them (in `layer` alone where it is named). InputError if it cannot be opened."""
    with raster_pieces(path) as pieces:
        if pieces:
            with opened_raster(pieces[0], path.name) as raster:
                bands = [said or str(k) for k, said in enumerate(raster.descriptions, start=1)]
            names = [piece.name for piece in pieces]
            return names if len(names) > 1 else [], bands if len(bands) > 1 else []
    sheets = sheets_of(path)
    columns = dict[str, None]()
    for sheet in sheets:
        if layer and layer.casefold() not in (
            sheet.name.casefold(),
            sheet.name.casefold().rpartition("/")[2],
        ):
            continue
        for title in sheet.titles:
            if is_place_title(title):
                continue
            known = understood(title).kind == RESIDENTS
            if known or np.isfinite(written_numbers(sheet.frame[title].head(_PROBED))).mean() > _MOSTLY:
                columns[title] = None
        if parts := everybody(understood(title) for title in sheet.titles):
            columns[sum_title(parts)] = None
    return [sheet.name for sheet in sheets] if len(sheets) > 1 else [], list(columns)


def is_raster(path: Path) -> bool:
    """Whether a population file holds rasters. InputError if it cannot be opened."""
    with raster_pieces(path) as pieces:
        return bool(pieces)


def _cells(path: Path, crs: str | None, reading: Reading, progress: Progress) -> Cells:
    """The cells of one file, in the area; a raster is read there only."""
    progress(0.0, text("Reading {file}", file=path.name))
    raster = raster_cells(path, reading, progress)
    if raster is not None:
        return raster
    sheet, placing, aside = _placed_sheet(path, reading)
    file = path.name
    # A cell is named by its number or name where there is one, else by its coordinates; each of several
    # sheets counts its cells anew.
    own = [title for title in sheet.titles if title.casefold() in _NAMES_CELLS]
    key = list(placing.titles) if sheet.parts or not own else own[:1]
    unit, column = reading.unit, reading.column
    if reading.is_group:
        sheet, column, unit = of_group(sheet, reading.group, unit, placing.titles)
    percent = unit == PERCENT
    columns = Columns(column, COUNT if percent else unit, reading.group_units)
    people = people_of_table(sheet, file, columns, key=key, area_m2=_ground_m2(placing))
    at = sheet.frame.index.get_indexer(people.frame.index)
    lon, lat, residents = placing.lon[at], placing.lat[at], people.residents
    shapes = None if placing.shapes is None else placing.shapes[at]
    nowhere = ~np.isfinite(lon) | ~np.isfinite(lat) | ((lon == 0) & (lat == 0))
    # Column → which of its values can be used.
    fine: dict[str, Bools] = {}
    if len(placing.titles) >= 2:
        fine[placing.titles[0]] = np.isfinite(lon) & (np.abs(lon) <= 180) & ~((lon == 0) & (lat == 0))
        fine[placing.titles[1]] = np.isfinite(lat) & (np.abs(lat) <= 90)
    elif placing.titles:
        fine[placing.titles[0]] = ~nowhere
    fine[people.column] = np.isfinite(residents) & (residents >= 0)
    good = np.logical_and.reduce(list(fine.values())) & ~nowhere
    unusable = unusable_rows(
        people.frame, {t: ok for t, ok in fine.items() if t in people.frame}, file, sheet
    )
    warned = [Finding(file, sheet.name, 0, "", WARNING, "coordinate-system", said) for said in placing.said]
    identity = next((t for t in sheet.titles if t.casefold() in _IDS), "")
    ids = people.frame[identity].to_numpy() if identity else np.arange(1, len(good) + 1)
    rows = Rows(
        np.asarray(ids)[good],
        lon[good],
        lat[good],
        residents[good],
        {name: np.maximum(np.nan_to_num(values[good]), 0.0) for name, values in people.groups.items()},
        None if shapes is None else shapes[good],
        (*warned, *people.findings, *unusable),
        sheet.synthetic,
        placing.are_cells,
    )
    cells = cells_of_rows(rows, file, crs, reading, progress)
    if cells.area_m2 is None:
        cells = _with_coarse_finding(cells, file, reading)
    read = (*_read(sheet, placing, people, path, int(good.sum())), *years_aside(path.name, aside))
    if percent:
        read = (replace(read[0], unit=unit_words(PERCENT)), *read[1:])
    return replace(cells, unit=PERCENT if percent else cells.unit, read=read)


def _placed_sheet(path: Path, reading: Reading) -> tuple[Sheet, Placing, list[Aside]]:
    """The table or layer that holds residents, where its rows lie, and what of it does not count."""
    sheets = sheets_of(path)
    if reading.layer:
        wanted = reading.layer.strip().casefold()
        names = [sheet.name.casefold() for sheet in sheets]
        named = [
            s for s, name in zip(sheets, names, strict=True) if wanted in (name, name.rpartition("/")[2])
        ]
        if not named:
            raise InputError(
                "{file} has no layer “{layer}”; it has: {names}.",
                file=path.name,
                layer=reading.layer,
                names=listed(sheet.name for sheet in sheets),
            )
        sheets = tuple(named)
    counting = [sheet for sheet in sheets if _counts_people(sheet, reading.column)] or list(sheets)
    counting, aside = parts_joined(counting)
    placed = [
        (sheet, placing)
        for sheet in counting
        if (placing := _placing(sheet, path.name, reading.datum)) is not None
    ]
    if not placed:
        raise NoPlacesError(path.name, counting, aside)
    if len(placed) > 1:
        names = [sheet.name for sheet, _ in placed]
        raise OpenQuestionError(
            text(
                "{file} holds residents in {count} layers: {names}. Name the right one with "
                "--population-layer.",
                file=path.name,
                count=len(names),
                names=listed(names[:10]),
            ),
            option="--population-layer",
            field="population_layer",
            choices=names,
        )
    return (*placed[0], aside)


def _counts_people(sheet: Sheet, column: str) -> bool:
    if not len(sheet.frame):
        return False
    titles = {plain(title) for title in sheet.titles}
    if column and titles.issuperset(plain(column).split(" + ")):
        return True
    heads = [understood(title) for title in sheet.titles]
    strong = [head for head in heads if head.kind == RESIDENTS and not head.weak]
    return bool(strong or any(head.weak for head in heads) or everybody(heads))


def _placing(sheet: Sheet, file: str, datum: str) -> Placing | None:
    """Shapes before columns of coordinates; None for a table without places."""
    shapes = sheet.shapes
    if shapes is None:
        return placing_of(sheet.frame, file, datum)
    frame = gpd.GeoDataFrame(geometry=shapes)
    placed = in_degrees(frame, file, datum=datum, residents=True)
    there = placed.frame.geometry.to_numpy()
    there = _only(there, ~(shapely.is_missing(there) | shapely.is_empty(there)))
    inner = shapely.point_on_surface(there)
    return Placing(shapely.get_x(inner), shapely.get_y(inner), (), placed.system, there, said=placed.warnings)


def _only(shapes: NDArray[np.object_], wanted: Bools) -> NDArray[np.object_]:
    """The shapes wanted, None in place of the others."""
    kept = shapes.copy()
    kept[~wanted] = None
    return kept


def _ground_m2(placing: Placing) -> Floats | None:
    """The ground of each row; None where no row is an area."""
    if placing.shapes is None:
        return None
    areal = shapely.get_dimensions(placing.shapes) == 2
    if not areal.any():
        return None
    fine = np.isfinite(placing.lat)
    lon, lat = float(np.median(placing.lon[fine])), float(np.median(placing.lat[fine]))
    crs = metric_crs(lon, lat)
    metric = shapely.transform(_only(placing.shapes, areal), lambda xy: project(xy[:, 0], xy[:, 1], crs))
    return np.where(areal, shapely.area(metric), np.nan)


def _with_coarse_finding(cells: Cells, file: str, reading: Reading) -> Cells:
    """Points of a wide regular grid: how wide it is, since how far their cells reach is not known."""
    if len(cells) < 9 or reading.is_group:
        return cells
    upright = np.cos(np.radians(float(np.median(cells.lat))))
    metres = 111_195.0 * np.column_stack([cells.lon * upright, cells.lat])
    sample = metres[:: max(1, len(metres) // 2000)]
    near = cKDTree(metres).query(sample, k=2)[0][:, 1]
    side = float(np.median(near))
    regular = np.mean(np.abs(near - side) <= _REGULAR * side) > 0.9
    if not regular or side <= reading.coarse_m * 1.02:
        return cells
    return replace(cells, findings=(*cells.findings, coarse_finding(file, side)))


def _read(
    sheet: Sheet, placing: Placing, people: PeopleTable, path: Path, used: int
) -> tuple[InputRead, ...]:
    layer = sheet.name if sheet.name not in ("", path.stem) else ""
    chosen = InputRead(
        "population",
        path.name,
        layer,
        people.column,
        text("residents") if people.unit == COUNT else unit_words(people.unit),
        placing.system,
        used,
        people.rows - used,
        why=because(people.why, _UNUSABLE if used < len(people.frame) else ""),
    )
    aside = [
        InputRead("population", path.name, layer, titles, rows_left_out=people.rows, used=False, why=why)
        for titles, why in placing.aside
    ]
    return (chosen, *people.aside, *aside)


def years_aside(file: str, aside: Sequence[Aside]) -> tuple[InputRead, ...]:
    """Sheets of other years, as they stand in `inputs_read.csv`."""
    return tuple(
        InputRead("population", file, one.name, rows_left_out=one.rows, used=False, why=one.why)
        for one in aside
    )


def _with_groups(cells: Cells, crs: str | None, reading: Reading) -> Cells:
    """Groups from their files, those of one name added up; each file has a unit of its own.

    A file that does not say what it counts counts as the residents' file does.
    """
    if not len(cells) or not reading.groups:
        return cells
    named = {name for name, _ in reading.groups}
    cells = replace(
        cells, groups={name: people for name, people in cells.groups.items() if name not in named}
    )
    for name, path in reading.groups:
        own = replace(
            reading,
            groups=(),
            known_residents=None,
            unit=reading.group_units.get(name, "auto"),
            column="",
            layer="",
            coarse_m=np.inf,
            by="area",
            is_group=True,
            group=name,
        )
        try:
            group = _cells(path, crs, own, silent)
        except NoPlacesError as table:
            if not reading.units_given:
                raise
            cells = replace(cells, by_unit=(*cells.by_unit, (name, path, table.sheets)))
            continue
        unsaid = name not in reading.group_units and group.unit in ("", COUNT)
        if unsaid and len(group) and is_rather_percent(group.residents, residents_beside(cells, group)):
            raise percent_question(path.name, name, group.residents, cells.residents)
        cells = with_group(cells, name, group, path.name)
    return cells
