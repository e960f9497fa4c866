"""The parts of a list that may be in coordinate systems of their own: sheets, and sources within them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.intake.coordinates import DatumDecision
from data.intake.groups import Part, alone, part_of_row
from data.intake.intake import Intake


@dataclass(frozen=True)
class PartOfList:
    """`count` rows with coordinates of one file, sheet and source; `system` is what they were read in,
    `alone` what they would be taken for if they were a list of their own (None for metres)."""

    key: Part
    count: int
    system: str
    alone: DatumDecision | None


def parts(intake: Intake) -> tuple[PartOfList, ...]:
    """Every part with coordinates, in the order of the rows; () if the intake was not read from lists."""
    reading = intake.reading
    if reading is None:
        return ()
    frame = reading.frame
    given = np.flatnonzero(np.isfinite(frame["given_lon"].to_numpy(float)))
    metres = frame["metres"].to_numpy(bool)
    of_row = part_of_row(frame)
    rows_of: dict[Part, list[int]] = {}
    for row in given.tolist():
        rows_of.setdefault(of_row[row], []).append(row)
    return tuple(
        PartOfList(
            key,
            len(rows),
            str(frame["system"].iloc[rows[0]]),
            None if metres[rows].any() else alone(frame, np.array(rows), reading.tables, reading.context),
        )
        for key, rows in rows_of.items()
    )
