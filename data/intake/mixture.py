"""A list that may be mixed without any order: which of two systems each of its rows fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.model.tables import Bools
from data.intake.coordinates import MIXTURE
from data.intake.groups import sampled, scores_of
from data.intake.hypotheses import HYPOTHESES, UNKNOWN, Hypothesis
from data.intake.intake import Intake
from data.intake.scores import LOG_PRIOR, believe


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
