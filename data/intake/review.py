"""What a person decides on after a check: the coordinate system, the columns, what is there twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from coverage.tables import Floats
from data.intake.columns import KEPT_FIELDS, OWN
from data.intake.drafts import ACCEPTED
from data.intake.duplicates import DuplicateGroup, find_duplicates
from data.intake.hypotheses import HYPOTHESES, UNKNOWN, place
from data.intake.intake import Intake
from data.intake.numbers import as_written
from geo.text import Text

_EXAMPLES: Final = 3


@dataclass(frozen=True)
class Candidate:
    """A coordinate system the list may be in: `belief` 0..1, and where its rows would lie in WGS-84.

    `option` is what to pass as `datum` if the user chooses it, "" for mistakes of conversion, which
    the list itself must mend.
    """

    id: str
    title: Text
    option: str
    belief: float
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class Column:
    """A column of a recognised table, the field it was taken for ("" for none) and some of its cells."""

    file: str
    sheet: str
    number: int
    title: str
    field: str
    examples: tuple[str, ...]


FIELDS: Final = KEPT_FIELDS


def candidates(intake: Intake, *, most: int = 3) -> tuple[Candidate, ...]:
    """The likeliest hypotheses, likeliest first, then the three systems that are not among them.

    Rows given as metres are left out: they have their own question.
    """
    frame = intake.frame
    given = frame[np.isfinite(frame["given_lon"].to_numpy(float)) & ~frame["metres"].to_numpy(bool)]
    lon, lat = given["given_lon"].to_numpy(float), given["given_lat"].to_numpy(float)
    belief = dict(intake.datum.ranking)
    ranked = sorted(HYPOTHESES, key=lambda h: -belief.get(h.id, 0.0))
    shown = [*ranked[:most], *(h for h in ranked[most:] if h.system != UNKNOWN)]
    return tuple(
        Candidate(
            hypothesis.id,
            hypothesis.title,
            hypothesis.system if hypothesis.system != UNKNOWN else "",
            belief.get(hypothesis.id, 0.0),
            *place(hypothesis, lon, lat),
        )
        for hypothesis in shown
    )


def columns(intake: Intake) -> tuple[Column, ...]:
    """Every titled column of every table, for the user to confirm; our own column is left out."""
    return tuple(
        Column(
            table.file,
            table.sheet.name,
            number + 1,
            title,
            table.fields.get(number, ""),
            tuple(
                as_written(row[number])
                for _, row in table.rows[:_EXAMPLES]
                if number < len(row) and row[number] is not None
            ),
        )
        for table in intake.tables
        for number, title in enumerate(table.titles)
        if title and table.fields.get(number) != OWN
    )


def duplicates(intake: Intake) -> tuple[DuplicateGroup, ...]:
    """Groups among the accepted facilities; rows count in `intake.accepted`."""
    return find_duplicates(intake.frame[intake.frame["outcome"] == ACCEPTED].reset_index(drop=True))
