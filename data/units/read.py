"""One door for units files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError
from core.text import listed, text
from coverage.equity.overlaps import Overlap, find_gaps_between, find_overlaps, ill_fitting
from coverage.model.membership import ground_of
from coverage.model.standard import level_title
from coverage.model.tables import LEVELS, Floats, UnitTable
from data.files import digest
from data.formats.inputs_read import InputRead
from data.guard import guarded
from data.intake.findings import INFO, Finding
from data.units.outlines import usable, with_outlines, without_twice
from data.units.parents import Misplaced, with_parents
from data.units.remarks import Remarks
from data.units.rows import UnitAnswers, rows_of
from data.units.settlement import with_settlement
from geo.crs import WGS84, metric_crs, unproject

_NOTHING: Final = UnitAnswers()
# The ground is given in degrees with a corner every so many metres: a straight side bends by less than 1 mm.
_SIDE_M: Final = 250.0
# Outlines of one level with one middle (to the metre): an outline in another is one or two.
_MOST_AT_ONE_SPOT: Final = 200


@dataclass(frozen=True)
class UnitFile:
    """Units as read: the table, remarks on the files, and which files they were.

    `residents` and `households` (units,) what the files themselves state, NaN where nothing, None without
    such a column;
    `read` what was chosen in which file and what was set aside; `misplaced` units that lie elsewhere
    than in the unit they belong to.
    """

    table: UnitTable
    findings: tuple[Finding, ...]
    sha256: str
    overlaps: tuple[Overlap, ...] = ()
    residents: Floats | None = None
    read: tuple[InputRead, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()
    households: Floats | None = None

    @cached_property
    def ground(self) -> shapely.Geometry:
        """What the units stand on, with the gaps between them, in WGS-84 degrees: whoever lives outside
        is outside the study."""
        metric = shapely.segmentize(ground_of(self.table), _SIDE_M)
        ground = shapely.transform(metric, lambda xy: np.column_stack(unproject(xy, self.table.crs)))
        return ground if ground.is_valid else shapely.make_valid(ground)


@guarded
def read_units(
    *paths: Path, crs: str = "", urban: Path | None = None, answers: UnitAnswers = _NOTHING
) -> UnitFile:
    """Read units in any CRS (WGS-84 assumed, and said, where a file has none) into metric `crs`, by default
    that of their own middle. Several files are one whole: a level each, or parts.

    Every layer is read or named as left out. Names, numbers, parents and classes come from the columns that
    hold them; the level from words, numbers, codes, titles, parents or names, never by guess
    (OpenQuestionError). Broken outlines are repaired and each repair is listed; rows without an outline or
    a known level are listed and left out; what comes twice counts once, parts of one unit are one. A
    community or village may be a point: the ground nearest to it within its parent is its own. Units
    without a known parent get the one that most of them lies in. With `answers.within` only that unit and
    what belongs to it are kept (InputError where no unit, or several, are called so). `urban` is a layer of
    the built-up area that tells urban from rural where no code or column does.
    """
    remarks = Remarks(paths[0].name)
    rows = rows_of(paths, answers, remarks)
    given = bool(crs)
    if not crs:
        west, south, east, north = rows.table.total_bounds
        crs = metric_crs((west + east) / 2, (south + north) / 2)
    table = usable(rows.table.to_crs(crs), rows.unclosed, remarks)
    if not len(table):
        raise _nothing_left(paths[0].name, remarks)
    table, misplaced = with_parents(_numbered(without_twice(table, remarks)), remarks)
    table = with_outlines(table, remarks)
    if not len(table):
        raise _nothing_left(paths[0].name, remarks)
    if answers.within:
        table = _within(table, answers.within, paths[0].name, remarks)
        misplaced = tuple(one for one in misplaced if one.unit_id in set(table["unit_id"]))
        west, south, east, north = table.to_crs(WGS84).total_bounds
        table = table if given else table.to_crs(metric_crs((west + east) / 2, (south + north) / 2))
        crs = str(table.crs)
    table = table if urban is None else with_settlement(table, urban, remarks)
    stated, homes = (table[name].to_numpy(float) for name in ("stated", "households"))
    units = UnitTable(table[["unit_id", "name", "level", "settlement", "parent_id", "geometry"]])
    _require_spread(units, paths[0].name)
    odd = ill_fitting(units)
    overlaps = find_overlaps(units, odd)
    _report_overlaps(overlaps, units, remarks)
    names = units.frame["name"].to_numpy(object)
    messages = [
        text(
            "Between {first} and {second} {area:,.0f} m² belong to neither; whoever lives there counts for "
            "the nearest.",
            first=names[gap.first],
            second=names[gap.second],
            area=gap.area_m2,
        )
        for gap in find_gaps_between(units, odd)
    ]
    remarks.each("gap", messages, INFO)
    return UnitFile(
        units,
        tuple(remarks.found),
        _sha256(paths),
        overlaps,
        stated if np.isfinite(stated).any() else None,
        rows.read,
        misplaced,
        homes if np.isfinite(homes).any() else None,
    )


def _within(table: gpd.GeoDataFrame, asked: str, file: str, remarks: Remarks) -> gpd.GeoDataFrame:
    """The unit that is called so, or bears the number, as the topmost, with all that belongs to it."""
    ids, names = table["unit_id"].to_numpy(object), table["name"].to_numpy(object)
    found = [row for row, one in enumerate(ids) if asked in (one, names[row]) or _same_code(asked, one)]
    if len(found) > 1:
        raise InputError(
            "{file}: several units are called “{name}”; give the number of one as --units-within: {numbers}.",
            file=file, name=asked, numbers=listed(str(ids[row]) for row in found),
        )  # fmt: skip
    if not found:
        called = [str(name) for name in names]
        near = get_close_matches(asked, called, n=5, cutoff=0.3) or called[:5]
        raise InputError(
            "{file}: no unit has the name or number “{name}” (--units-within). Units are called: {names} …",
            file=file, name=asked, names=listed(near),
        )  # fmt: skip
    kept = {ids[found[0]]}
    parents = table["parent_id"].to_numpy(object)
    for _ in LEVELS:
        kept |= {one for one, parent in zip(ids, parents, strict=True) if parent in kept}
    inside = table["unit_id"].isin(kept)
    remarks.add(
        "units-within",
        text(
            "Only {name} and the {units:,} {units:unit|units} in it are studied, as asked; "
            "{others:,} other units of the file are left out.",
            name=str(names[found[0]]), units=len(kept) - 1, others=int((~inside).sum()),
        ),
        level=INFO,
    )  # fmt: skip
    top = table["unit_id"] == ids[found[0]]
    return table.assign(parent_id=table["parent_id"].mask(top, ""))[inside].reset_index(drop=True)


def _same_code(asked: str, number: str) -> bool:
    """Whether two official codes are of one unit: 320115 and 320115000000."""
    both = (asked, number)
    if not all(one.isdecimal() and len(one) in (6, 9, 12) for one in both):
        return False
    return asked.ljust(12, "0") == number.ljust(12, "0")


def _sha256(paths: Sequence[Path]) -> str:
    """Of one file its own, of several that of theirs together."""
    if len(paths) == 1:
        return digest(paths[0])
    return hashlib.sha256("".join(digest(path) for path in paths).encode()).hexdigest()


def _numbered(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`unit_id`: the units' own numbers, or the row's where there is none. InputError for a number that
    two units bear."""
    numbers = table["number"].to_numpy(object)
    first, called = dict[str, int](), list(zip(table["name"], table["level"], strict=True))
    for row, number in enumerate(numbers):
        other = first.setdefault(number, row)
        if number and called[other] != called[row]:
            raise InputError(
                "{file}: the number {number} in column “{column}” belongs to two units, {first} and "
                "{second}; every unit needs its own.",
                file=table["file"].iloc[row],
                number=number,
                column=table["number_column"].iloc[row],
                first=table["name"].iloc[other],
                second=table["name"].iloc[row],
            )
    taken, ids = {number for number in numbers if number}, []
    rows = table["row"].to_numpy()
    several = table[["file", "layer"]].drop_duplicates().shape[0] > 1
    used = set[str]()
    for row, number in enumerate(numbers):
        own = number or str(row + 1 if several else int(rows[row]) + 1)
        while not number and (own in taken or own in used):
            own = f"row {own}"
        used.add(own)
        ids.append(own)
    return table.assign(unit_id=_parts_apart(ids))


def _parts_apart(ids: Sequence[str]) -> list[str]:
    """Parts of one unit bear one number: the first keeps it until they are put together."""
    seen, apart = set[str](), []
    for number in ids:
        own, part = number, 2
        while own in seen:
            own, part = f"{number}-{part}", part + 1
        seen.add(own)
        apart.append(own)
    return apart


def _require_spread(units: UnitTable, file: str) -> None:
    """InputError where so many outlines of one level lie at one spot that they cannot be units: each would be
    held against each."""
    west, south, east, north = units.frame.geometry.bounds.to_numpy(float).T
    middles = np.round(np.column_stack([west + east, south + north]) / 2)
    for level in units.levels:
        spots, counts = np.unique(middles[units.of_level(level)], axis=0, return_counts=True)
        if len(spots) and counts.max() > _MOST_AT_ONE_SPOT:
            raise InputError(
                "{file}: {count} outlines of the level {level} lie at one spot; they cannot be units of a "
                "city. Keep one row for each unit.",
                file=file, count=int(counts.max()), level=level_title(level),
            )  # fmt: skip


def _report_overlaps(overlaps: tuple[Overlap, ...], units: UnitTable, remarks: Remarks) -> None:
    names, finest = units.frame["name"].to_numpy(object), units.levels[-1]
    for is_sliver, code in ((False, "overlap"), (True, "sliver")):
        messages = [
            text(
                "{first} and {second} overlap by {area:,.0f} m²; whoever lives there counts for {one}.",
                first=names[overlap.first],
                second=names[overlap.second],
                area=overlap.area_m2,
                one=names[overlap.first],
            )
            if overlap.level == finest
            else text(
                "{first} and {second} overlap by {area:,.0f} m²; whoever lives there counts once, with the "
                "unit below or else for {one}.",
                first=names[overlap.first],
                second=names[overlap.second],
                area=overlap.area_m2,
                one=names[overlap.first],
            )
            for overlap in overlaps
            if overlap.is_sliver == is_sliver
        ]
        remarks.each(code, messages, INFO if is_sliver else "warning")


def _nothing_left(file: str, remarks: Remarks) -> InputError:
    told = [finding for finding in remarks.found if finding.row]
    errors = [finding for finding in told if finding.level == "error"] or told
    if not errors:
        return InputError("{file}: no unit with a name, a known level and an outline is left.", file=file)
    return InputError(
        "{file}: no unit with a name, a known level and an outline is left. Row {row}: {reason}",
        file=file,
        row=errors[0].row,
        reason=errors[0].message,
    )
