"""Complete communities (完整社区): which has all that the `[[need]]` tables of a standard ask for.

Of a need with a longest walk a community is, in this order,

    met          enough residents live within the walk of a facility known to be large enough
    not stated   they would, if facilities whose size is not stated were large enough
    too small    they do of facilities of any size
    too far      a facility of the kind stands in the community, or some resident is within the walk of one
    absent       none of this

and of one without a walk the same of facilities that stand in the community (never too far). Judged are the
units of the lowest level in which somebody lives, and the whole of what is assessed as if it were one (level
`city`), which is the drawn area where one was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from coverage.checks.by_unit import parent_rows, sum_by, units_of
from coverage.checks.measured import Measured
from coverage.equity.areas import CITY
from coverage.measuring.facility_reach import walking_nearest
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.standard import Need
from coverage.model.tables import Bools, Floats, Ints

MET, NOT_STATED, TOO_SMALL, TOO_FAR, ABSENT = "met", "not stated", "too small", "too far", "absent"
STATES: Final = (MET, NOT_STATED, TOO_SMALL, TOO_FAR, ABSENT)
NEED_COLUMNS: Final = (
    "need", "level", "unit_id", "name", "state", "residents", "share_within", "facilities", "largest_m2",
)  # fmt: skip
UNIT_COLUMNS: Final = (
    "level", "unit_id", "name", "residents", "needs", "needs_met", "communities", "complete", "share",
    "missing",
)  # fmt: skip


@dataclass(frozen=True)
class NeedStates:
    """One need: (units,) the state of each unit of `rows` (of the unit table; the last one stands for the
    whole city), residents, the share of them within the walk of a facility that is known to be large enough
    (NaN without a walk), facilities of the kind that stand there, and the size of the largest (NaN: none
    stated)."""

    need: Need
    rows: Ints
    state: Sequence[str]
    residents: Floats
    share_within: Floats
    facilities: Ints
    largest_m2: Floats


def need_states(measured: Measured) -> list[NeedStates]:
    """The standard's needs, in their order."""
    return [_states(need, measured) for need in measured.standard.needs]


def _states(need: Need, measured: Measured) -> NeedStates:
    study, facilities = measured.study, measured.study.facilities
    level = study.units.levels[-1] if study.units is not None else ""
    rows = units_of(study, level, need.settlement)
    count = 0 if study.units is None else len(study.units)
    of_cell = study.cells_in.rows[level] if level else np.full(len(study.grid), -1, np.int64)
    kind = facilities.frame["tier"].isin(need.serves).to_numpy(bool)
    size = facilities.size_m2 if need.by_ground else _floor(facilities.frame)
    large = kind & ((size >= need.least_m2) | (need.least_m2 == 0))
    silent = kind & ~large & np.isnan(size)

    def there(mask: Bools) -> Bools:
        """(units + 1,) whether such a facility stands there."""
        inside = np.isin(rows, study.facilities_in.units_of(level, mask)) if level else np.empty(0, bool)
        return np.append(inside, mask.any())

    def people(within: Bools) -> Floats:
        """(units + 1,) residents of these cells."""
        subject = study.subject_to(need.settlement) & within
        sums = sum_by(of_cell, measured.residents * within, count)[rows]
        return np.append(sums, measured.residents[subject].sum())

    everybody = people(np.ones(len(study.grid), bool))
    tried = (large, large | silent, kind)
    if need.figure_m is None:
        enough = [there(mask) for mask in tried]
        share, near = np.full(len(everybody), np.nan), there(kind)
    else:
        shares: list[Floats] = []
        for number, mask in enumerate(tried):
            if number and (mask == tried[number - 1]).all():
                shares.append(shares[-1])
                continue
            within = _within(np.flatnonzero(mask), need.figure_m, measured)
            found = people(within)
            shares.append(np.divide(found, everybody, out=np.zeros_like(found), where=everybody > 0))
        enough = [one >= need.least_share - 1e-12 for one in shares]
        share, near = shares[0], there(kind) | (shares[-1] > 0)
    state = np.select([*enough, near], STATES[:4], default=ABSENT)
    unit_of = study.facilities_in.rows[level] if level else np.full(len(facilities), -1, np.int64)
    largest = np.full(count + 1, np.nan)
    np.fmax.at(largest, np.where(kind & (unit_of >= 0), unit_of, count), np.where(kind, size, np.nan))
    whole = np.nanmax(size[kind]) if np.isfinite(size[kind]).any() else np.nan
    return NeedStates(
        need,
        rows,
        state.tolist(),
        everybody,
        share,
        np.append(sum_by(unit_of, kind.astype(float), count)[rows], kind.sum()).astype(np.int64),
        np.append(largest[rows], whole),
    )


def _within(facilities: Ints, figure_m: float, measured: Measured) -> Bools:
    study, distances = measured.study, measured.distances
    limit = figure_m + BOUNDARY_M
    near = walking_nearest(
        study.network, distances.cells, study.facilities, distances.entrances, facilities, limit_m=limit
    )
    return np.asarray(near.metres <= limit)


def _floor(frame: pd.DataFrame) -> Floats:
    return frame["area_m2"].to_numpy(float) if "area_m2" in frame else np.full(len(frame), np.nan)


def need_table(found: Sequence[NeedStates], measured: Measured) -> pd.DataFrame:
    """`NEED_COLUMNS`: one row a need and community, and one for the city; figures as in `NeedStates`."""
    level, ids, names = _units(measured)
    parts = [
        pd.DataFrame(
            {
                "need": one.need.id,
                "level": [*[level] * len(one.rows), CITY],
                "unit_id": [*ids[one.rows], ""],
                "name": [*names[one.rows], measured.study.name],
                "state": one.state,
                "residents": one.residents,
                "share_within": one.share_within.round(9),
                "facilities": one.facilities,
                "largest_m2": one.largest_m2.round(1),
            }
        )
        for one in found
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(NEED_COLUMNS))


def community_table(found: Sequence[NeedStates], measured: Measured) -> pd.DataFrame:
    """`UNIT_COLUMNS`: for every community how many needs apply to it and are met, and which are missing
    (`id: state`, with “; ” between); for the units above and the city how many communities are complete.

    The city's `needs`, `needs_met` and `missing` are those of the whole judged as one.
    """
    study, (level, ids, names) = measured.study, _units(measured)
    rows = np.unique(np.concatenate([one.rows for one in found])) if found else np.empty(0, np.int64)
    needs, met = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    residents, missing = np.zeros(len(rows)), [list[str]() for _ in rows]
    for one in found:
        at = np.searchsorted(rows, one.rows)
        residents[at] = one.residents[:-1]
        needs[at] += 1
        for place, state in zip(at.tolist(), one.state[:-1], strict=True):
            met[place] += state == MET
            if state != MET:
                missing[place].append(f"{one.need.id}: {state}")
    complete = (met == needs).astype(float)
    own = pd.DataFrame(
        {
            "level": level, "unit_id": ids[rows], "name": names[rows], "residents": residents,
            "needs": needs, "needs_met": met, "communities": 1, "complete": complete.astype(int),
            "share": complete, "missing": ["; ".join(words) for words in missing],
        }
    )  # fmt: skip
    city = {
        "level": CITY, "unit_id": "", "name": study.name, "residents": float(measured.residents.sum()),
        "needs": len(found), "needs_met": sum(one.state[-1] == MET for one in found),
        "communities": len(rows), "complete": int(complete.sum()),
        "share": complete.mean() if len(rows) else np.nan,
        "missing": "; ".join(f"{one.need.id}: {one.state[-1]}" for one in found if one.state[-1] != MET),
    }  # fmt: skip
    whole = [pd.DataFrame([city]), *_above(rows, residents, complete, measured), own]
    table = pd.concat(whole, ignore_index=True)[list(UNIT_COLUMNS)]
    return table.astype({"needs": "Int64", "needs_met": "Int64"})


def _above(rows: Ints, residents: Floats, complete: Floats, measured: Measured) -> list[pd.DataFrame]:
    """The units above the communities, from the district down."""
    study = measured.study
    if study.units is None:
        return []
    frame, parents, count = study.units.frame, parent_rows(study), len(study.units)
    parts, above = [], rows
    for level in reversed(study.units.levels[:-1]):
        above = np.where(above >= 0, parents[above], -1)
        numbers = sum_by(above, np.ones(len(above)), count)
        units = np.flatnonzero((numbers > 0) & (frame["level"] == level).to_numpy(bool))
        part = pd.DataFrame(frame.iloc[units][["level", "unit_id", "name"]]).reset_index(drop=True)
        of_units = sum_by(above, complete, count)[units]
        parts.append(
            part.assign(
                residents=sum_by(above, residents, count)[units],
                communities=numbers[units].astype(int),
                complete=of_units.astype(int),
                share=of_units / numbers[units],
                missing="",
            )
        )
    return parts[::-1]


def _units(measured: Measured) -> tuple[str, np.ndarray, np.ndarray]:
    units = measured.study.units
    if units is None:
        return "", np.empty(0, object), np.empty(0, object)
    return units.levels[-1], *(units.frame[column].to_numpy(object) for column in ("unit_id", "name"))
