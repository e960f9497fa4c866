"""The parts of a list that may be in systems of their own: sheets, sources within them, single rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.model.tables import Bools
from data.intake.datum.coordinates import MIXTURE, DatumDecision
from data.intake.datum.likelihood import HYPOTHESES, UNKNOWN, Hypothesis
from data.intake.datum.scores import LOG_PRIOR, believe
from data.intake.groups import Part, alone, part_of_row, sampled, scores_of
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


@dataclass(frozen=True)
class Mixture:
    """`rows` of the intake's frame with degrees; `fits_first` and `fits_second` (n,) tell which of them
    speak by themselves for one of two systems against the other. The others fit both alike."""

    first: Hypothesis
    second: Hypothesis
    rows: pd.DataFrame
    fits_first: Bools
    fits_second: Bools


def mixture(intake: Intake) -> Mixture | None:
    """The rows of a list that its evidence calls mixed, or perhaps mixed; None for any other."""
    reading = intake.reading
    if reading is None or not any(piece.kind == MIXTURE for piece in intake.datum.evidence):
        return None
    frame = reading.frame
    given = np.isfinite(frame["given_lon"].to_numpy(float)) & ~frame["metres"].to_numpy(bool)
    rows = np.flatnonzero(given)
    judged = scores_of(frame.iloc[sampled(frame, rows)], reading.context)
    every = scores_of(frame.iloc[rows], reading.context)
    if judged is None or every is None:
        return None
    belief = believe(judged, LOG_PRIOR)
    first, second = HYPOTHESES[belief.best], HYPOTHESES[belief.second_system]
    if first.system == UNKNOWN:
        return None  # mistakes of conversion do not happen to a part of a list
    fits_first, fits_second = every.fits(belief.best, belief.second_system)
    return Mixture(first, second, frame.iloc[rows], fits_first, fits_second)
