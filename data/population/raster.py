"""Population rasters: residents per pixel, counted at the pixels' centres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
import shapely
from pyproj import Transformer

from core.errors import InputError
from core.progress import Progress, silent
from core.text import listed, text
from coverage.model.tables import Bools, Floats
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead
from data.formats.rasters import RasterPiece, opened_raster, raster_pieces
from data.formats.systems import System, epsg_of, usable_system
from data.intake.findings import INFO, WARNING, Finding
from data.population.area import nobody_inside
from data.population.cells import Cells
from data.population.pixels import (
    Pixels,
    account,
    area_in_raster,
    pixel_areas,
    read_pixels,
    window_of,
    without_signs,
)
from data.population.raster_unit import (
    UNITS,
    UnclearUnitError,
    UnitOfRaster,
    decide_unit,
    is_implausible,
    plausible_unit,
    residents_of,
    stated_unit,
    unit_words,
)
from data.population.reading import Reading
from data.population.tables.heads import (
    COUNT,
    DENSITY,
    GROUP_AGES,
    PER_HA,
    PER_KM2,
    PERCENT,
    RESIDENTS,
    bands_of,
    everybody,
    understood,
)
from data.population.tables.roles import is_rather_percent, percent_question
from data.population.wide_pixels import shifted, spread_wide
from geo.crs import WGS84
from geo.datum import SYSTEMS

_BYTE: Final = 255.0


def raster_cells(path: Path, reading: Reading, progress: Progress = silent) -> Cells | None:
    """Populated pixels of a raster, with the residents that their numbers mean; None where the file is none.

    Read by strips, and only where `reading.area` is: pixels whose centre lies in it count whole. Nodata
    (declared, masked, not a number, or a sign that stands apart from all other numbers), zero and negative
    pixels hold nobody; what was there is reported by number. The ground of a pixel is its true area on the
    ellipsoid. Pixels wider than `reading.coarse_m` are spread over squares of about 100 m inside the area.
    Bands are chosen by their descriptions, else the first. InputError for a raster without a system that
    can be used and where the area has no pixel with residents.
    """
    with raster_pieces(path) as pieces:
        if not pieces:
            return None
        with opened_raster(_chosen(pieces, reading.layer, path.name), path.name) as raster:
            return _cells(raster, path.name, reading, progress)


def _cells(raster: rasterio.DatasetReader, file: str, reading: Reading, progress: Progress) -> Cells:
    system = _system(raster, file, reading)
    area = None if reading.area is None else area_in_raster(reading.area, system.crs.to_wkt())
    bands = _bands(raster, file, reading)
    order = bands.all
    pixels, tally = read_pixels(raster, order, window_of(area, raster), area, progress)
    pixels = without_signs(pixels, raster, order, tally)
    to_degrees = Transformer.from_crs(system.crs, WGS84, always_xy=True)
    area_m2 = pixel_areas(raster.transform, pixels.row, pixels.column, to_degrees)
    if not pixels.inside.any():
        raise _nobody(raster, file, reading, to_degrees)
    numbers, kept = np.sum(pixels.values[: len(bands.residents)], axis=0), pixels.inside
    unit = _unit(raster, file, bands, reading, numbers[kept], area_m2[kept])
    residents = numbers if unit.unit == PERCENT else residents_of(numbers, area_m2, unit.unit)
    lon, lat = to_degrees.transform(*(raster.transform @ (pixels.column[kept] + 0.5, pixels.row[kept] + 0.5)))
    lon, lat = shifted(np.asarray(lon), np.asarray(lat), reading.datum)
    sums = {}
    for name, own in bands.groups.items():
        people = np.sum([pixels.values[order.index(band)] for band in own], axis=0)[kept]
        own_unit = reading.group_units.get(name, bands.units[name])
        if not own_unit and is_rather_percent(people, residents[kept]):
            raise percent_question(file, name, people, residents[kept])
        if own_unit == PERCENT:
            sums[name] = people * residents[kept] / (100.0 if people.max(initial=0.0) > 1.0 else 1.0)
        else:
            sums[name] = residents_of(people, area_m2[kept], own_unit or unit.unit)
    said = [] if system.warning is None else [system.warning]
    warned = [Finding(file, "", 0, "", WARNING, "coordinate-system", words) for words in said]
    name = reading.datum if reading.datum in SYSTEMS else system.name
    cells = Cells(
        cell_id=pixels.row[kept] * raster.width + pixels.column[kept],
        lon=lon,
        lat=lat,
        residents=residents[kept],
        groups=sums,
        area_m2=area_m2[kept],
        findings=(
            *warned,
            *unit.findings,
            *account(file, pixels, residents, tally, area_m2),
            *_doubts(raster, bands, pixels, file),
        ),
        unit=unit.unit,
        read=_read(raster, bands, file, unit.unit, name, kept),
    )
    return spread_wide(cells, raster, (pixels.column[kept], pixels.row[kept]), to_degrees, reading, file)


def _chosen(pieces: Sequence[RasterPiece], layer: str, file: str) -> RasterPiece:
    """The raster named, or the only one."""
    if layer:
        for piece in pieces:
            if layer.casefold() in (piece.name.casefold(), piece.name.rpartition("/")[2].casefold()):
                return piece
    if len(pieces) == 1 and not layer:
        return pieces[0]
    names = [piece.name for piece in pieces]
    raise OpenQuestionError(
        text(
            "{file} holds {count} rasters: {names}. Name the right one with --population-layer.",
            file=file,
            count=len(names),
            names=listed(names[:10]),
        ),
        option="--population-layer",
        field="population_layer",
        choices=names,
    )


def _system(raster: rasterio.DatasetReader, file: str, reading: Reading) -> System:
    """The raster's system as it can be used; WGS-84 for degrees that declare none."""
    at = ((raster.bounds.left + raster.bounds.right) / 2, (raster.bounds.bottom + raster.bounds.top) / 2)
    if reading.datum.startswith("epsg:"):
        return usable_system(epsg_of(reading.datum), file, at)
    if raster.crs is not None:
        return usable_system(raster.crs.to_wkt(), file, at)
    if raster.transform.is_identity or abs(at[0]) > 180 or abs(at[1]) > 90:
        raise InputError(
            "{file}: the raster does not say its coordinate system. Give it with --population-datum epsg:N.",
            file=file,
        )
    said = text("{file} does not say its coordinate system; WGS-84 is taken.", file=file)
    return replace(usable_system(WGS84, file, at), warning=said)


@dataclass(frozen=True)
class _Bands:
    """Which bands hold whom: `residents` a band or several that are added, each group its bands, by number
    from 1, and `units` what its description says these count ("" as the residents do)."""

    residents: tuple[int, ...]
    groups: Mapping[str, tuple[int, ...]]
    units: Mapping[str, str]
    title: str

    @property
    def all(self) -> list[int]:
        return list(
            dict.fromkeys([*self.residents, *(band for bands in self.groups.values() for band in bands)])
        )


def _nobody(
    raster: rasterio.DatasetReader, file: str, reading: Reading, to_degrees: Transformer
) -> InputError:
    wide, high = raster.width, raster.height
    corners = raster.transform @ (np.array([0, wide, wide, 0]), np.array([0, 0, high, high]))
    ground = shapely.Polygon(np.column_stack(to_degrees.transform(*corners)))
    if reading.area is None or ground.intersects(shapely.box(*reading.area.bounds)):
        return InputError("{file}: no pixel in the area counts residents: zero or no data.", file=file)
    return nobody_inside(file, (ground.centroid.x, ground.centroid.y), reading.area)


def _bands(raster: rasterio.DatasetReader, file: str, reading: Reading) -> _Bands:
    """What the bands hold by their descriptions, or by the answer: a description or a number."""
    column = reading.column
    said = [description or "" for description in raster.descriptions]
    heads = [replace(understood(word), title=str(k)) for k, word in enumerate(said, start=1)]
    chosen = 0
    if column:
        same = [k for k, word in enumerate(said, start=1) if word.casefold() == column.strip().casefold()]
        chosen = same[0] if same else int(column) if column.isdigit() else 0
        if not 1 <= chosen <= raster.count:
            raise InputError(
                "{file}: there is no band {column}. The bands are: {bands}.",
                file=file,
                column=column,
                bands=listed(word or str(k) for k, word in enumerate(said, start=1)),
            )
    # A count before a density, then the best word, then the latest year.
    named = [head for head in heads if head.kind == RESIDENTS]
    named.sort(key=lambda head: (head.unit != COUNT, head.rank, -head.year))
    dated = sorted((head for head in heads if head.year), key=lambda head: -head.year)
    own = bands_of(reading.group, heads) if reading.is_group else []
    residents: tuple[int, ...]
    if chosen:
        residents = (chosen,)
    elif own:
        residents = tuple(int(head.title) for head in own)
    elif named:
        residents = (int(named[0].title),)
    elif whole := everybody(heads):
        residents = tuple(int(head.title) for head in whole)
    elif len(dated) == raster.count:
        residents = (int(dated[0].title),)
    elif raster.count > 1 and any(said) and not reading.is_group:
        names = [word or str(k) for k, word in enumerate(said, start=1)]
        raise OpenQuestionError(
            text(
                "{file}: the bands are {bands}. Name the one of the residents with --population-column.",
                file=file,
                bands=listed(names[:20]),
            ),
            option="--population-column",
            field="population_column",
            choices=names,
        )
    else:
        residents = (1,)
    found = {
        group: [band for band in bands_of(group, heads) if (int(band.title),) != residents]
        for group in GROUP_AGES
    }
    found = {group: own for group, own in found.items() if own}
    return _Bands(
        residents,
        {group: tuple(int(band.title) for band in own) for group, own in found.items()},
        {group: "" if own[0].unit == COUNT else own[0].unit for group, own in found.items()},
        " + ".join(said[band - 1] for band in residents),
    )


def _unit(
    raster: rasterio.DatasetReader,
    file: str,
    bands: _Bands,
    reading: Reading,
    values: Floats,
    area_m2: Floats,
) -> UnitOfRaster:
    """What the numbers count: as told, as the file says, as the units' totals say, as cities are."""
    if reading.unit not in ("auto", "ask"):
        return UnitOfRaster(reading.unit, "told")
    sums = {unit: float(residents_of(values, area_m2, unit).sum()) for unit in UNITS}
    stated = stated_unit(raster, bands.residents[0], file)
    if stated[0] == PERCENT:
        if reading.is_group:
            message = text("The numbers of {file} are taken as {unit}.", file=file, unit=unit_words(PERCENT))
            return UnitOfRaster(
                PERCENT, stated[1], (Finding(file, "", 0, "", INFO, "population-unit", message),)
            )
        raise InputError("{file}: its numbers are percent, not residents.", file=file)
    if stated[0] == DENSITY:
        # Per hectare or per km²: what comes nearer to what is known, else what cities have.
        known = reading.known_residents
        nearer = min((PER_HA, PER_KM2), key=lambda unit: abs(np.log(max(sums[unit], 1e-9) / (known or 1.0))))
        stated = (nearer if known else plausible_unit(values, area_m2), stated[1])
        if not stated[0]:
            raise UnclearUnitError(file, sums)
    decided = decide_unit(stated, sums, reading.known_residents, file)
    doubtful = is_implausible(sums[decided.unit], float(area_m2[values > 0].sum()))
    if decided.source == "assumed" and (reading.unit == "ask" or doubtful):
        raise UnclearUnitError(file, sums)
    if doubtful:
        message = text(
            "{file} gives {residents:,.0f} residents on {km2:,.1f} km², more than live anywhere. Was the "
            "raster resampled without dividing its numbers, or is its unit another one?",
            file=file,
            residents=sums[decided.unit],
            km2=float(area_m2.sum()) / 1e6,
        )
        said = Finding(file, "", 0, "", WARNING, "population-implausible", message)
        return replace(decided, findings=(*decided.findings, said))
    return decided


def _read(
    raster: rasterio.DatasetReader,
    bands: _Bands,
    file: str,
    unit: str,
    system: str,
    kept: Bools,
) -> tuple[InputRead, ...]:
    title = bands.title or (str(bands.residents[0]) if raster.count > 1 else "")
    chosen = InputRead(
        "population",
        file,
        column=title,
        unit=unit_words(unit),
        system=system,
        rows_read=int(kept.sum()),
        rows_left_out=int((~kept).sum()),
        why="" if kept.all() else text("Pixels with nobody, without data or outside the area."),
    )
    aside = [
        InputRead("population", file, column=raster.descriptions[band - 1] or str(band), used=False,
                  why=text("a band that is not used"))
        for band in range(1, raster.count + 1)
        if band not in bands.all
    ]  # fmt: skip
    return (chosen, *aside[:30])


def _doubts(raster: rasterio.DatasetReader, bands: _Bands, pixels: Pixels, file: str) -> list[Finding]:
    """Bands that are not used, and the largest number of a byte beside others near it: it may be people, or
    a sign for “no data”."""
    found = []
    unused = [
        raster.descriptions[band - 1] or str(band)
        for band in range(1, raster.count + 1)
        if band not in bands.all
    ]
    if unused:
        message = text(
            "The raster's bands {bands} are not used: nothing says what they hold.",
            bands=listed(unused[:20]),
        )
        found.append(Finding(file, "", 0, "", WARNING, "population-band-unused", message))
    full = int((pixels.values[0][pixels.inside] == _BYTE).sum())
    if raster.dtypes[bands.residents[0] - 1] == "uint8" and full:
        message = text(
            "{pixels:,} pixels hold 255, the largest number that this file can hold; they are counted. If "
            "255 means “no data” here, the file must say so.",
            pixels=full,
        )
        found.append(Finding(file, "", 0, "", WARNING, "population-full-byte", message))
    return found
