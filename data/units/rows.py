"""Rows of units files as they stand: which layers hold units, and what each row says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import InputError, SettingError
from core.text import Text, listed, text
from coverage.model.tables import LEVELS, Floats, Ints
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead
from data.formats.layers import opened
from data.formats.systems import in_degrees
from data.population.households import households_stated
from data.population.tables.heads import REGISTERED_RANK, understood
from data.population.tables.roles import Columns as PeopleColumns
from data.population.tables.roles import people_of_table
from data.population.tables.table_files import Sheet
from data.units.columns import TITLES, Columns, columns_of, not_numbers, unit_names, words
from data.units.levels import ABOVE, UnclearLevelError, levels_of
from data.units.remarks import At, Remarks
from data.units.settlement import Classes, classes_of, unknown_words
from geo.crs import WGS84

_LONGEST_NAME: Final = 200
_NO_SHAPES: Final = text("Its rows have neither outlines nor points.")
_NO_NAMES: Final = text("None of its columns holds the names of units.")
_NO_LEVEL: Final = text("Nothing tells the level of its rows.")
_OTHERS_NAMED: Final = text("Other layers were named for the units.")


@dataclass(frozen=True)
class UnitAnswers:
    """What the user says: the `level` of units that do not tell it, (level, layer or file) for layers that
    hold one level each, and the name or number of the unit `within` which the study lies ("" for all)."""

    level: str = ""
    layers: tuple[tuple[str, str], ...] = ()
    within: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows of all layers that hold units, WGS-84 where a layer says no system: file, layer, row, name,
    level, settlement, parent (as stated), number ("" for none), stated (residents), households and geometry.

    `above` are (level, name) columns in `parent:LEVEL`. `unclosed` are rows whose outline a straight line
    closed.
    """

    table: gpd.GeoDataFrame
    unclosed: Ints
    read: tuple[InputRead, ...]


@dataclass(frozen=True)
class _Layer:
    path: Path
    name: str
    frame: gpd.GeoDataFrame
    unclosed: Ints
    alone: bool
    cleaned: Mapping[str, Ints]

    @property
    def said(self) -> str:
        """Its name where the file has others."""
        return "" if self.alone else self.name


def rows_of(paths: Sequence[Path], answers: UnitAnswers, remarks: Remarks) -> Rows:
    """All layers of all files. OpenQuestionError where nothing tells a level; InputError where no layer
    holds units."""
    opened = [layer for path in paths for layer in _opened(path)]
    # Layers that the user named, by identity → their level.
    found = dict[int, str]()
    for level, name in answers.layers:
        wanted = name.casefold()
        hits = [
            layer
            for layer in opened
            if wanted in (layer.name.casefold(), layer.path.name.casefold(), layer.path.stem.casefold())
        ]
        if not hits:
            raise SettingError(
                "No layer or file of the units is called “{name}”; there are {layers}.",
                name=name,
                layers=listed(dict.fromkeys(layer.name for layer in opened)),
            )
        found |= {id(layer): level for layer in hits}
    named = found
    tables, reads, unclear, why = (
        list[gpd.GeoDataFrame](),
        list[InputRead](),
        list[tuple[_Layer, list[str]]](),
        [],
    )
    unclosed, count = list[Ints](), 0
    for layer in opened:
        reason = _no_units(layer, named)
        columns = Columns() if reason else columns_of(layer.frame)
        if not reason and not columns.name:
            reason = _NO_NAMES
        if not reason:
            try:
                table, read = _table(layer, columns, named.get(id(layer), ""), answers, remarks)
            except UnclearLevelError as unknown:
                unclear.append((layer, list(unknown.words)))
                reason = _NO_LEVEL
        if reason:
            why.append((layer, reason))
            continue
        tables.append(table)
        reads.append(read)
        unclosed.append(layer.unclosed + count)
        count += len(table)
    _require_answers(paths, tables, unclear, why)
    reads += [
        InputRead(
            "units", layer.path.name, layer.name, used=False, rows_left_out=len(layer.frame), why=reason
        )
        for layer, reason in why
    ]
    for layer, reason in why:
        message = text("The layer {layer} was not read as units. {why}", layer=layer.name, why=reason)
        remarks.add("layer-left-out", message, At(file=layer.path.name), level="info")
    frame = pd.concat(tables, ignore_index=True)
    table = gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)
    return Rows(table, np.concatenate(unclosed), tuple(reads))


def _opened(path: Path) -> list[_Layer]:
    with opened(path) as file:
        alone = len(file.layers) == 1
        read = [(info.name, file.read(info)) for info in file.layers]
    return [
        _Layer(path, name, layer.frame, layer.unclosed, alone=alone, cleaned=layer.cleaned)
        for name, layer in read
    ]


def _no_units(layer: _Layer, named: dict[int, str]) -> Text | None:
    """Why a layer cannot hold units, as far as its shapes and the user's answers say."""
    shapes = layer.frame.geometry.to_numpy()
    if not ((shapely.get_dimensions(shapes) == 2) | (shapely.get_type_id(shapes) == 0)).any():
        return _NO_SHAPES
    if named and id(layer) not in named and not layer.alone:
        return _OTHERS_NAMED
    return None


def _require_answers(
    paths: Sequence[Path],
    tables: Sequence[gpd.GeoDataFrame],
    unclear: Sequence[tuple[_Layer, list[str]]],
    why: Sequence[tuple[_Layer, Text]],
) -> None:
    files_read = {str(table["file"].iloc[0]) for table in tables if len(table)}
    open_files = [layer for layer, _ in unclear if layer.path.name not in files_read]
    if open_files:
        layer = open_files[0]
        found = [word for other, said in unclear if other.path == layer.path for word in said]
        names = listed(dict.fromkeys(other.name for other, _ in unclear if other.path == layer.path))
        question = text(
            "{file}: nothing tells whether the units are districts, streets and towns, or communities and "
            "villages (level).{found} Say it with --units-level, or for a layer ({layers}) with "
            "--units-layer LEVEL=NAME; or add a column “level” with district, street, community.",
            file=layer.path.name,
            found=text(" In its place stands {words}.", words=unknown_words(found)) if found else "",
            layers=names,
        )
        raise OpenQuestionError(question, option="--units-level", field="units_level", choices=LEVELS)
    for path in paths:
        reasons = [(layer, reason) for layer, reason in why if layer.path == path]
        if path.name in files_read or not reasons:
            continue
        layer, reason = reasons[0]
        if reason is _NO_NAMES:
            # A column with the title of names in which too few rows have one: other things are in it.
            for title in layer.frame.columns:
                if str(title).casefold() in {name.casefold() for name in TITLES["names"]}:
                    own = unit_names(layer.frame, str(title))
                    filled = sum(bool(name.strip()) and not name.isdigit() for name in own)
                    raise InputError(
                        "{file}: the column {column} names only {filled:,} of {rows:,} rows, so the layer "
                        "does not hold units alone. Leave in it the outlines of units, each with its name.",
                        file=layer.path.name,
                        column=str(title),
                        filled=filled,
                        rows=len(layer.frame),
                    )
            raise InputError(
                "{file}: no column is named {aliases}. The columns are: {columns}.",
                file=path.name,
                aliases=listed(TITLES["names"][:3]),
                columns=listed(str(c) for c in layer.frame.columns[:20] if c != layer.frame.geometry.name),
            )
        raise InputError(
            "{file}: no layer holds units. {layer}: {why}", file=path.name, layer=layer.name, why=reason
        )


def _table(
    layer: _Layer, columns: Columns, named: str, answers: UnitAnswers, remarks: Remarks
) -> tuple[gpd.GeoDataFrame, InputRead]:
    frame, file = layer.frame, layer.path.name
    if named:
        levels, level_column = [named] * len(frame), ""
    else:
        levels, level_column = levels_of(
            frame,
            columns,
            titles=(layer.name, layer.path.stem),
            answer=answers.level,
        )
    classes = classes_of(frame)
    _report_columns(layer, columns, classes, remarks)
    placed = in_degrees(frame, file)
    for message in placed.warnings:
        remarks.add(
            "crs-assumed" if frame.crs is None else "system", message, At(file=file, layer=layer.said)
        )
    names = unit_names(frame, columns.name)
    long = [row for row, name in enumerate(names) if len(name) > _LONGEST_NAME]
    if long:
        message = text(
            "{count:,} {count:name has|names have} more than {most} characters; the first {most} are kept.",
            count=len(long),
            most=_LONGEST_NAME,
        )
        remarks.add("long-text", message, At(long[0] + 1, file, layer.said))
    above = {f"parent:{level}": words(frame, column) for level, column in columns.parents}
    table = gpd.GeoDataFrame(
        {
            "file": file,
            "layer": layer.said,
            "row": np.arange(len(frame)),
            "name": [name[:_LONGEST_NAME] for name in names],
            "level": levels,
            "level_word": words(frame, level_column),
            "settlement": list(classes.settlement),
            "number": words(frame, columns.number),
            "number_column": columns.number,
            "parent": [_parent(word) for word in words(frame, columns.parent)],
            **above,
            "stated": _stated(frame, file),
            "households": households_stated(frame),
        },
        geometry=placed.frame.geometry.to_numpy(),
        crs=WGS84,
    ).reset_index(drop=True)
    used = " + ".join(filter(None, (columns.name, level_column, columns.number, classes.column)))
    known = sum(level in LEVELS for level in levels)
    read = InputRead(
        "units",
        file,
        layer.said,
        used,
        unit=_counted(levels),
        system=placed.system,
        rows_read=known,
        rows_left_out=len(frame) - known,
        why=text("Rows of no level of a study, or of none that is known.") if known < len(frame) else "",
    )
    return table, read


def _stated(frame: gpd.GeoDataFrame, file: str) -> Floats:
    """What each row says of its residents, understood as a table of residents is; NaN where it says nothing,
    and everywhere where no column counts usual residents or two could be meant."""
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    stated = np.full(len(frame), np.nan)
    try:
        people = people_of_table(Sheet("", plain), file, PeopleColumns())
    except InputError:
        return stated
    head = understood(people.column)
    if not head.weak and head.rank != REGISTERED_RANK:
        stated[people.frame.index.to_numpy()] = people.residents
    return stated


def _parent(word: str) -> str:
    """DataV packs the parent's code into an object."""
    found = re.fullmatch(r'\{\s*"adcode"\s*:\s*"?(\d+)"?.*\}', word)
    return found.group(1) if found else word


def _report_columns(layer: _Layer, columns: Columns, classes: Classes, remarks: Remarks) -> None:
    """What stands in a column and could not be used."""
    file = layer.path.name
    for column, rows in layer.cleaned.items():
        remarks.cleaned(column, rows, file=file, layer=layer.said)
    if classes.strange:
        message = text(
            "The column “{column}” tells urban from rural, but {words} could not be understood; these units "
            "count as not stated.",
            column=classes.column,
            words=unknown_words(classes.strange),
        )
        remarks.add("settlement-unknown", message, At(file=file, layer=layer.said))
    strange = not_numbers(layer.frame, columns.number)
    if not columns.number and strange:
        message = text(
            "The column “{column}” does not number the units (the same number stands in many rows) "
            "and is not used.",
            column=strange[0],
        )
        remarks.add("no-unit-number", message, At(file=file, layer=layer.said), level="info")


def _counted(levels: Sequence[str]) -> Text | str:
    """How many rows there are of each level."""
    counts = {level: list(levels).count(level) for level in LEVELS}
    parts = [
        Text(label.template, {"count": counts[level]})
        for level, label in (
            ("district", text("{count} {count:district|districts}")),
            ("street", text("{count} {count:street or town|streets and towns}")),
            ("community", text("{count} {count:community or village|communities and villages}")),
        )
        if counts[level]
    ]
    joined: Text | str = parts[0] if parts else ""
    for part in parts[1:]:
        joined = text("{first}, {then}", first=joined, then=part)
    return joined


__all__ = ["ABOVE", "Rows", "UnitAnswers", "rows_of"]
