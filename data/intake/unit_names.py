"""What a list calls units, against the units that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from core.text import Text, text
from coverage.model.membership import declared_units
from coverage.model.names import names_in, unit_key
from coverage.model.standard import level_title
from coverage.model.tables import UnitTable
from data.intake.findings import WARNING, Level

Rows = NDArray[np.int64]
Report = Callable[[int, Level, str, Text, str], None]

# So many names are named one by one, and so much alike (of 100) is a name that may be meant.
_MOST_NAMES: Final = 30
_LIKENESS: Final = 50.0


def report_unit_names(frame: pd.DataFrame, rows: Rows, units: UnitTable, report: Report) -> None:
    """Names that no unit bears, once each with the nearest name; and columns that contradict each other, as
    a street of another district does.

    `rows` are the rows of `frame` that count; `report` takes a row, level, code, message and field.
    """
    accepted, names = frame.iloc[rows], units.frame["name"].to_numpy(object)
    found = dict[str, Rows]()
    for level in units.levels:
        cells = [names_in(cell) for cell in accepted[level].fillna("").astype(str)]
        at = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
        said = [name for cell in cells for name in cell]
        unit = declared_units(units, level, said, accepted.iloc[at])
        found[level] = np.full(len(rows), -1, np.int64)
        found[level][at[::-1]] = unit[::-1]
        known = names[units.of_level(level)].tolist()
        strange = dict[str, list[int]]()
        for row, name, match in zip(at.tolist(), said, unit.tolist(), strict=True):
            if match < 0:
                strange.setdefault(name, []).append(row)
        for name, members in [*strange.items()][:_MOST_NAMES]:
            message = _strange_name(name, level, len(members), known)
            report(int(rows[members[0]]), WARNING, "unit-name", message, level)
    _contradictions(rows, found, units, report)


def _contradictions(rows: Rows, found: Mapping[str, Rows], units: UnitTable, report: Report) -> None:
    names, parents = units.frame["name"].to_numpy(object), units.frame["parent_id"].to_numpy(object)
    row_of = {unit_id: row for row, unit_id in enumerate(units.frame["unit_id"])}
    for above, level in pairwise(units.levels):
        over, own = found[above], found[level]
        pairs = dict[tuple[int, int], list[int]]()
        for k in np.flatnonzero((over >= 0) & (own >= 0)).tolist():
            parent = row_of.get(parents[own[k]], -1)
            if parent >= 0 and parent != over[k]:
                pairs.setdefault((int(own[k]), int(over[k])), []).append(k)
        for (unit, said), members in [*pairs.items()][:_MOST_NAMES]:
            message = text(
                "{count} {count:row says|rows say} that {unit} belongs to {said}; by the units it belongs "
                "to {parent}.",
                count=len(members),
                unit=names[unit],
                said=names[said],
                parent=names[row_of[parents[unit]]],
            )
            report(int(rows[members[0]]), WARNING, "unit-contradiction", message, above)


def _strange_name(name: str, level: str, count: int, known: Sequence[str]) -> Text:
    """What to say of a name that no unit of its level has, or that several could be."""
    alike = [other for other in known if unit_key(other) == unit_key(name)]
    if len(alike) > 1:
        return text(
            "“{name}” in {count} {count:row|rows} could be any of {count_known} units of the level {level}; "
            "the place decides.",
            name=name,
            count=count,
            count_known=len(alike),
            level=level_title(level),
        )
    nearest = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    if nearest is None:
        return text(
            "The units have no {level} called “{name}”, which {count} {count:row names|rows name}; these "
            "facilities count where they lie.",
            name=name,
            count=count,
            level=level_title(level),
        )
    return text(
        "The units have no {level} called “{name}”, which {count} {count:row names|rows name}; the nearest "
        "name is {nearest}. These facilities count where they lie.",
        name=name,
        count=count,
        level=level_title(level),
        nearest=nearest[0],
    )
