"""Which rows of the lists are decided on together, and what each row's system is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from coverage.model.tables import UnitTable
from data.intake.datum.coordinates import AUTO, DatumDecision, decide, named_systems, overall
from data.intake.datum.likelihood import UNKNOWN
from data.intake.datum.placing import Bounds
from data.intake.datum.projection import decide_projection
from data.intake.datum.reference import Reference
from data.intake.datum.scores import Scores, score
from data.intake.tables.sheets import Table
from geo.crs import metric_crs

_MOST_ROWS: Final = 600
_LEAST_GROUP: Final = 5
_SPLITS: Final = ("table", "source")


@dataclass(frozen=True)
class Context:
    """What is known about the area besides the lists; `area` is (west, south, east, north) in degrees,
    `stored` the accepted facilities of earlier lists. `units_known`: whether the units are known to lie where
    they say, and not as shifted as the list may be."""

    units: UnitTable | None = None
    reference: Reference | None = None
    area: Bounds | None = None
    stored: pd.DataFrame | None = None
    units_known: bool = True

    @property
    def around(self) -> Bounds | None:
        """The area, or what the reference layer covers: where a list may be expected to lie."""
        if self.area is not None or self.reference is None:
            return self.area
        return self.reference.bounds


@dataclass(frozen=True)
class Systems:
    """`by_row` (n,): the system each row of the frame is read in; `by_table`: each table's decision."""

    by_row: np.ndarray[tuple[int], np.dtype[np.object_]]
    by_table: tuple[DatumDecision, ...]

    @property
    def overall(self) -> DatumDecision:
        return overall(self.by_table)


Rows = np.ndarray[tuple[int], np.dtype[np.intp]]
Groups = list[tuple[Rows, DatumDecision]]
# A part of a list: rows of one file, sheet and source of coordinates.
Part = tuple[str, str, str]
NO_PARTS: Final[Mapping[Part, str]] = {}


def find_systems(
    frame: pd.DataFrame,
    tables: Sequence[Table],
    wanted: str,
    context: Context,
    by_part: Mapping[Part, str] = NO_PARTS,
) -> Systems:
    """Decide for the rows that have coordinates (`given_lon`, `given_lat`, `metres`).

    Tables that name their system differently are decided on apart; the others together, unless a
    sheet or a source stands out: then each for itself. `by_part` are the systems that somebody chose
    for parts; `wanted` holds for the others.
    """
    by_row = np.full(len(frame), UNKNOWN, object)
    by_table: dict[int, list[DatumDecision]] = {number: [] for number in range(len(tables))}
    placed = np.isfinite(frame["given_lon"].to_numpy(float))
    metres = frame["metres"].to_numpy(bool)
    lists = _Lists(frame, [_words(table) for table in tables], context)
    asked = np.full(len(frame), wanted, object)
    if by_part:
        asked = np.array([by_part.get(part, wanted) for part in part_of_row(frame)], object)
    groups: Groups = []
    for wish in dict.fromkeys(asked.tolist()):
        mine = placed & (asked == wish)
        groups += lists.in_metres(np.flatnonzero(mine & metres), wish)
        groups += lists.in_degrees(np.flatnonzero(mine & ~metres), wish)
    for rows, decision in groups:
        by_row[rows] = decision.system
        for number in np.unique(frame["table"].to_numpy(int)[rows]):
            by_table[int(number)].append(decision)
    # Rows whose numbers cannot be used as they stand are in the system of their table, if that is one.
    table = frame["table"].to_numpy(int)
    for number in np.unique(table[~placed]).tolist():
        here = set(by_row[placed & (table == number)].tolist())
        if len(here) == 1:
            by_row[~placed & (table == number)] = here.pop()
    decisions = tuple(overall(found) for found in by_table.values() if found)
    return Systems(by_row, decisions)


def alone(
    frame: pd.DataFrame,
    rows: Rows,
    tables: Sequence[Table],
    context: Context,
) -> DatumDecision:
    """What some rows (in degrees) would be taken for if they were a list of their own."""
    spoken = words_of_rows(frame.iloc[rows], [_words(table) for table in tables])
    scores = scores_of(frame.iloc[sampled(frame, rows)], context)
    return decide(" ".join(dict.fromkeys(spoken)), scores, units_known=context.units_known)


def part_of_row(frame: pd.DataFrame) -> list[Part]:
    """The part that each row belongs to."""
    columns = ("source_file", "source_sheet", "source")
    return list(zip(*(frame[column].astype(str) for column in columns), strict=True))


@dataclass(frozen=True)
class _Lists:
    """All rows, what each table says of itself, and what is known of the area."""

    frame: pd.DataFrame
    words: Sequence[str]
    context: Context

    def in_metres(self, rows: Rows, wanted: str) -> Groups:
        """Each table's rows for itself."""
        number = self.frame["table"].to_numpy(int)[rows]
        tables = ((n, rows[number == n]) for n in dict.fromkeys(number.tolist()))
        around, units, reference = self.context.around, self.context.units, self.context.reference
        return [
            (mine, decide_projection(self.frame.iloc[mine], wanted, self.words[n], around, units, reference))
            for n, mine in tables
        ]

    def in_degrees(self, rows: Rows, wanted: str) -> Groups:
        """Tables that name the same systems together."""
        if not len(rows):
            return []
        if wanted != AUTO:
            return [(rows, DatumDecision(wanted, True, 1.0))]
        spoken = words_of_rows(self.frame.iloc[rows], self.words)
        said_by = {words: "/".join(sorted(named_systems(words))) for words in set(spoken)}
        signature = np.array([said_by[words] for words in spoken], object)
        groups: Groups = []
        for said in dict.fromkeys(signature):
            here = np.flatnonzero(signature == said)
            words = " ".join(dict.fromkeys(spoken[k] for k in here.tolist()))
            groups.extend(_split(self.frame, rows[here], words, self.context))
        return groups


def words_of_rows(rows: pd.DataFrame, by_table: Sequence[str]) -> list[str]:
    """What each row says of its system: its own words where it has any, else those of its table."""
    tables = rows["table"].to_numpy(int).tolist()
    return [said or by_table[n] for said, n in zip(rows["said"].tolist(), tables, strict=True)]


def _split(frame: pd.DataFrame, rows: Rows, words: str, context: Context) -> Groups:
    """All rows together; by sheet or by source if that shows parts of different systems."""
    sample = sampled(frame, rows)
    scores = scores_of(frame.iloc[sample], context)
    known = context.units_known
    whole = decide(words, scores, units_known=known)
    if scores is None:
        return [(rows, whole)]
    for column in _SPLITS:
        key = frame[column].to_numpy()
        values = list(dict.fromkeys(key[rows].tolist()))
        if len(values) < 2:
            continue
        parts = [
            decide(words, scores.of(np.flatnonzero(key[sample] == value)), units_known=known)
            for value in values
        ]
        standing_out = {part.system for part in parts if part.decided} - {whole.system}
        if standing_out and all(part.decided for part in parts):
            return [(rows[key[rows] == value], part) for value, part in zip(values, parts, strict=True)]
        if standing_out:
            whole = replace(whole, system="mixed", decided=False)
    return [(rows, whole)]


def sampled(frame: pd.DataFrame, rows: Rows) -> Rows:
    """At most 600 rows, evenly from every sheet and source; seeded."""
    if len(rows) <= _MOST_ROWS:
        return rows
    random = np.random.default_rng(20_110_801)
    groups = frame.iloc[rows].groupby(["table", "source"], sort=False).indices.values()
    share = max(_LEAST_GROUP * 4, _MOST_ROWS // len(groups))
    chosen = [random.permutation(members)[:share] for members in groups]
    return np.sort(rows[np.concatenate(chosen)])


def scores_of(rows: pd.DataFrame, context: Context) -> Scores | None:
    """How well rows in degrees fit each hypothesis; None where nothing is known of the area."""
    if context.units is None and context.reference is None:
        return None
    lon, lat = np.median(rows["given_lon"]), np.median(rows["given_lat"])
    if not (-180 <= lon <= 180 and -84 <= lat <= 84):
        return None
    crs = context.units.crs if context.units is not None else metric_crs(float(lon), float(lat))
    return score(rows, crs, units=context.units, reference=context.reference)


def _words(table: Table) -> str:
    """All that a table says about itself: file, sheet, the texts above the header, the titles that are of no
    coordinates (these speak for the rows that use them), the notes."""
    places = {column for place in table.places for column in place.columns}
    titles = [title for column, title in enumerate(table.titles) if column not in places]
    if table.sheet.points is None and len(table.places) == 1:
        titles = list(table.titles)
    noted = [row for row, code in table.set_aside if code == "note-row"]
    below = [str(cell) for row in noted for cell in table.sheet.rows[row - 1] if cell]
    crs = "CGCS2000" if "4490" in table.sheet.crs else ""
    return " ".join((table.file, table.sheet.name, *table.above, *titles, *below, crs))
