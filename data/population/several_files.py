"""Residents in several files: parts of one whole, whose shared ground counts once, or a file an age and sex,
as WorldPop ships them (chn_f_60_2020.tif), which are everybody together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from core.errors import InputError, SettingError
from core.text import text
from coverage.model.tables import Floats, Ints
from data.intake.findings import INFO, WARNING, Finding
from data.population.cells import Cells
from data.population.raster_unit import unit_words
from data.population.tables.heads import AGES, GROUP_AGES, Head, bands_of, everybody, understood

# Two cells of different files are one place where they lie so near, in sides of a cell.
_SAME_PLACE: Final = 0.45
_SAME_POINT_M: Final = 1.0
# Country, sex, first age and year; names of tiles and sheets hold single letters and numbers too.
_NAME: Final = re.compile(r"(?:^|[_-])([mft])[_-](\d{1,2})[_-](?:19|20)\d\d(?:[_.-]|$)", re.IGNORECASE)
# Cells of two rasters of one grid lie in one place, to a hundredth of a metre.
_DEGREES: Final = 1e-7


def bands_of_files(paths: Sequence[Path]) -> tuple[Head, ...]:
    """What each file holds where all of them are ages and sexes by their names; empty where none is.

    InputError where they do not make up everybody, or stand beside other files.
    """
    found = [_NAME.search(path.name) for path in paths]
    if not any(found):
        return ()
    heads = [
        replace(understood(f"{one[1]}_{one[2]}"), title=str(k)) if one else Head(str(k))
        for k, one in enumerate(found)
    ]
    if any(head.kind != AGES for head in heads) or len(everybody(heads)) < len(heads):
        raise InputError(
            "{file}: by their names these files hold people of some ages or one sex, not all residents. Give "
            "a file of everybody, or all ages of both sexes; a group is given with --group. "
            "--population-column 1 takes them as they are.",
            file=paths[0].name,
        )
    return tuple(heads)


def added_up(parts: Sequence[Cells], bands: Sequence[Head]) -> Cells:
    """The cells of all files, residents added up place by place; with the groups that the ages make up."""
    lon, lat = (np.concatenate([getattr(one, axis) for one in parts]) for axis in ("lon", "lat"))
    places = np.column_stack([np.round(lon / _DEGREES), np.round(lat / _DEGREES)])
    _, first, of = np.unique(places, axis=0, return_index=True, return_inverse=True)
    of = of.ravel()
    file = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    residents = np.concatenate([one.residents for one in parts])
    groups: dict[str, Floats] = {}
    for group in GROUP_AGES:
        if own := [int(band.title) for band in bands_of(group, bands)]:
            groups[group] = _summed(residents * np.isin(file, own), of, len(first))
    areas = [one.area_m2 for one in parts if one.area_m2 is not None]
    message = text(
        "{count} files of ages and sexes were added up: {residents:,.1f} residents.",
        count=len(parts),
        residents=float(residents.sum()),
    )
    findings = dict.fromkeys(finding for one in parts for finding in one.findings)
    return replace(
        parts[0],
        cell_id=np.arange(1, len(first) + 1),
        lon=lon[first],
        lat=lat[first],
        residents=_summed(residents, of, len(first)),
        groups=groups,
        area_m2=np.concatenate(areas)[first] if len(areas) == len(parts) else None,
        findings=(*findings, Finding(parts[0].read[0].file, "", 0, "", INFO, "population-parts", message)),
        source=None,
        read=tuple(entry for one in parts for entry in one.read),
    )


def joined_ground(cells: Cells, other: Cells, file: str) -> Cells:
    """Cells of two files; of those at one place the first file's count."""
    metres = 111_195.0 * np.cos(np.radians(float(np.median(cells.lat))))
    mine, theirs = (np.column_stack([one.lon * metres, one.lat * 111_195.0]) for one in (cells, other))
    near_m, nearest = cKDTree(mine).query(theirs, p=np.inf)
    side = (
        np.full(len(mine), _SAME_POINT_M / _SAME_PLACE) if cells.area_m2 is None else np.sqrt(cells.area_m2)
    )
    twice = near_m <= _SAME_PLACE * side[nearest]
    findings = [*cells.findings, *other.findings]
    if twice.any():
        message = text(
            "{cells:,} {cells:cell|cells} of {file} with {residents:,.1f} residents lie on ground that an "
            "earlier file has too; they count once.",
            cells=int(twice.sum()),
            file=file,
            residents=float(other.residents[twice].sum()),
        )
        findings.append(Finding(file, "", 0, "", WARNING, "population-shared-ground", message))
    if cells.unit and other.unit and cells.unit != other.unit:
        raise SettingError(
            "The files of residents count different things ({one} and {other}). State the unit with "
            "--population-unit.",
            one=unit_words(cells.unit),
            other=unit_words(other.unit),
        )
    new = other.taken(~twice)
    names = {*cells.groups, *new.groups}
    whole = len(cells), len(new)

    def groups(one: Cells, name: str) -> Floats:
        return np.asarray(one.groups.get(name, np.zeros(len(one))), float)

    areas = (
        None if cells.area_m2 is None or new.area_m2 is None else np.concatenate([cells.area_m2, new.area_m2])
    )
    return replace(
        cells,
        cell_id=np.arange(1, sum(whole) + 1),
        lon=np.concatenate([cells.lon, new.lon]),
        lat=np.concatenate([cells.lat, new.lat]),
        residents=np.concatenate([cells.residents, new.residents]),
        groups={name: np.concatenate([groups(cells, name), groups(new, name)]) for name in sorted(names)},
        area_m2=areas,
        findings=tuple(findings),
        source=None,
        read=(*cells.read, *other.read),
    )


def _summed(people: Floats, of: Ints, places: int) -> Floats:
    return np.bincount(of, people, minlength=places).astype(float)
