"""Which unit a unit belongs to: by number, by name, by code, else by the ground they share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.model.names import match_units
from coverage.model.tables import LEVELS, Floats, Ints
from data.intake.findings import INFO
from data.units.levels import level_of_code
from data.units.outlines import merged
from data.units.remarks import Remarks

# A unit with more than this share of its ground outside the one above it lies elsewhere than is said.
OUTSIDE_SHARE: Final = 0.1


@dataclass(frozen=True)
class Misplaced:
    """A unit (by number) with more than a tenth of its ground outside the unit it belongs to: `share` of
    it; most of the ground outside lies in `lies_in` ("" for no unit of that level)."""

    unit_id: str
    parent_id: str
    lies_in: str
    share: float
    stated: bool


def with_parents(table: gpd.GeoDataFrame, remarks: Remarks) -> tuple[gpd.GeoDataFrame, tuple[Misplaced, ...]]:
    """`table` with `parent_id` of the next coarser level that the files have ("" at the top), the parts of
    one unit put together; and the units that lie elsewhere.

    A stated number holds, then a stated name, then an official code, then the unit that most of the
    outline lies in. Where only the lowest level is there and its rows name the units above, these are
    built by union.
    """
    table = _with_built(table, remarks).assign(parent_id="")
    present = [level for level in LEVELS if (table["level"] == level).any()]
    misplaced = list[Misplaced]()
    table = merged(table, table.index[table["level"] == present[0]].to_numpy(), remarks) if present else table
    for above, level in pairwise(present):
        rows, upper = (np.flatnonzero((table["level"] == name).to_numpy()) for name in (level, above))
        said, found = _stated(table, rows, upper, above)
        by_place = np.flatnonzero(found < 0)
        is_stated = found >= 0
        found[by_place] = _around(table, rows[by_place], upper)
        _report(table, rows[by_place], said[by_place], found[by_place], remarks)
        parent_ids = table["parent_id"].to_numpy(object).copy()
        parent_ids[rows] = np.append(table["unit_id"].to_numpy(object), "")[found]
        misplaced += _elsewhere(table, rows, found, is_stated, upper)
        table = merged(table.assign(parent_id=parent_ids), table.index.to_numpy()[rows], remarks)
    left = set(table["unit_id"])
    found_out = tuple(one for one in misplaced if one.unit_id in left)
    name_of = dict(zip(table["unit_id"], table["name"], strict=True))
    messages = [
        text(
            "{name} belongs to {parent}, but {share:.0%} of its ground lies outside it, most of that in "
            "{other}. Its residents count for {parent}; please check which is right.",
            name=name_of[one.unit_id],
            parent=name_of[one.parent_id],
            share=one.share,
            other=name_of[one.lies_in],
        )
        if one.lies_in in name_of
        else text(
            "{name} belongs to {parent}, but {share:.0%} of its ground lies outside it. Its residents count "
            "for {parent}; please check which is right.",
            name=name_of[one.unit_id],
            parent=name_of[one.parent_id],
            share=one.share,
        )
        for one in found_out
    ]
    remarks.each("parent-elsewhere", messages)
    return table.reset_index(drop=True), found_out


def _with_built(table: gpd.GeoDataFrame, remarks: Remarks) -> gpd.GeoDataFrame:
    """The units above the only level there is, from the columns in which its rows name them."""
    present = [level for level in LEVELS if (table["level"] == level).any()]
    if len(present) != 1:
        return table
    at = LEVELS.index(present[0])
    parts, below = [table], table
    for level in reversed(LEVELS[:at]):
        column = f"parent:{level}"
        named = below[below[column] != ""] if column in below else below[:0]
        named = named[shapely.get_dimensions(named.geometry.to_numpy()) == 2]
        if not len(named):
            continue
        coarser = [f"parent:{name}" for name in LEVELS[: LEVELS.index(level)] if f"parent:{name}" in table]
        built = named.dissolve(by=[column, *coarser], aggfunc="first", sort=False).reset_index()
        built = built.assign(
            name=built[column],
            level=level,
            number="",
            parent="",
            settlement="",
            stated=np.nan,
            **{column: ""},
        )
        twice = built["name"].duplicated(keep=False)
        prefix = built[coarser[-1]].astype(str) if coarser else ""
        taken = set(table["unit_id"])
        ids = np.where(twice, prefix + built["name"], built["name"])
        built["unit_id"] = [f"{level}:{word}" if word in taken else word for word in ids]
        remarks.add(
            "parents-built",
            text(
                "{count} {count:unit|units} above the rows of the file {count:was|were} put together from "
                "the column that names them, the first of them {name}.",
                count=len(built),
                name=built["name"].iloc[0],
            ),
            level=INFO,
        )
        parts.append(built)
        below = built if len(built) else below
    if len(parts) == 1:
        return table
    frame = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=table.crs)


def _stated(table: gpd.GeoDataFrame, rows: Ints, upper: Ints, above: str) -> tuple[np.ndarray, Ints]:
    """What each row says of its parent, and that parent's row: by number, by an unambiguous name, or by the
    row's own official code; -1 where none."""
    own, over = table.iloc[rows], table.iloc[upper]
    row_of = dict[str, int]()
    twice = set(over["number"][over["number"].duplicated(keep=False)])
    for number, unit_id, at in zip(over["number"], over["unit_id"], upper.tolist(), strict=True):
        row_of[unit_id] = at
        if number and number not in twice:
            row_of |= dict.fromkeys(spellings(number), at)
    column = f"parent:{above}"
    named = own[column].fillna("").tolist() if column in own else [""] * len(own)
    said = [word or name for word, name in zip(own["parent"], named, strict=True)]
    names = over["name"].tolist()
    grand = LEVELS[LEVELS.index(above) - 1] if above != LEVELS[0] else ""
    declared = own[f"parent:{grand}"].fillna("").tolist() if f"parent:{grand}" in own else [""] * len(own)
    name_of = dict(zip(table["unit_id"], table["name"], strict=True))
    parents = [name_of.get(parent, "") for parent in over["parent_id"]]
    by_name = [
        match_units(words, names, parents_declared=declared, parents=parents, level=above)
        for words in (said, named)
    ]
    found = []
    for k, word in enumerate(said):
        at = row_of.get(word, -1)
        for matches in by_name:
            at = upper[matches[k]] if at < 0 and matches[k] >= 0 else at
        if at < 0 and not word:
            number = own["number"].iloc[k]
            digits = {"district": 6, "street": 9}.get(above, 0)
            at = row_of.get(number[:digits], -1) if digits and level_of_code(number) else -1
        found.append(at)
    return np.asarray(said, object), np.asarray(found, np.int64)


def spellings(number: str) -> tuple[str, ...]:
    """A code with and without the zeros of the levels below it."""
    level = level_of_code(number)
    if not level or (len(number) == 9 and number.startswith("156")):
        return (number,)
    digits = number[:12]
    short = digits[: {"district": 6, "street": 9}.get(level, 12)]
    return (number, short, short.ljust(12, "0"), short.ljust(9, "0")) if len(short) < 12 else (number,)


def _around(table: gpd.GeoDataFrame, rows: Ints, upper: Ints) -> Ints:
    """Rows of the outlines that share most ground with each (a point: that it lies in); -1 for none."""
    shapes = table.geometry.to_numpy()
    found = np.full(len(rows), -1, np.int64)
    if not len(rows):
        return found
    child, parent = shapely.STRtree(shapes[upper]).query(shapes[rows], predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[rows[child]], shapes[upper[parent]]))
    # Ascending by shared ground, at equal ground the first parent last, so that it is the one written.
    order = np.lexsort((-parent, shared))
    found[child[order]] = upper[parent[order]]
    return found


def _elsewhere(
    table: gpd.GeoDataFrame, rows: Ints, found: Ints, is_stated: np.ndarray, upper: Ints
) -> list[Misplaced]:
    shapes = table.geometry.to_numpy()
    known = found >= 0
    rows, parents, is_stated = rows[known], found[known], is_stated[known]
    area: Floats = shapely.area(shapes[rows])
    # A child within its parent, the usual case, needs no costly intersection.
    doubtful = np.flatnonzero(~shapely.covered_by(shapes[rows], shapes[parents]))
    inside = area.copy()
    inside[doubtful] = shapely.area(shapely.intersection(shapes[rows[doubtful]], shapes[parents[doubtful]]))
    outside = 1.0 - np.divide(inside, area, out=np.zeros(len(rows)), where=area > 0)
    outside[area == 0] = ~shapely.intersects(shapes[rows[area == 0]], shapes[parents[area == 0]])
    ids = table["unit_id"].to_numpy(object)
    found_out = []
    for k in np.flatnonzero(outside > OUTSIDE_SHARE).tolist():
        beyond = shapely.difference(shapes[rows[k]], shapes[parents[k]])
        shared = shapely.area(shapely.intersection(beyond, shapes[upper]))
        lies_in = str(ids[upper[int(shared.argmax())]]) if len(shared) and shared.max() > 0 else ""
        found_out.append(
            Misplaced(str(ids[rows[k]]), str(ids[parents[k]]), lies_in, float(outside[k]), bool(is_stated[k]))
        )
    return found_out


def _report(table: gpd.GeoDataFrame, rows: Ints, said: np.ndarray, found: Ints, remarks: Remarks) -> None:
    names = table["name"].to_numpy(object)
    silent = sum(1 for word, at in zip(said, found, strict=True) if not word and at >= 0)
    if silent:
        message = text(
            "{count} {count:unit does|units do} not say what {count:it belongs|they belong} to; the "
            "place tells.",
            count=silent,
        )
        remarks.add("parent-by-place", message, level=INFO)
    unknown = [
        text(
            "{name} is said to belong to “{parent}”, which the file does not have; by its place it "
            "belongs to {found}.",
            name=names[row],
            parent=word,
            found=names[at],
        )
        for row, word, at in zip(rows, said, found, strict=True)
        if word and at >= 0
    ]
    remarks.each("parent-unknown", unknown)
    alone = [
        text("{name} lies in no unit of the level above.", name=names[row])
        for row, at in zip(rows, found, strict=True)
        if at < 0
    ]
    remarks.each("parent-missing", alone)
