"""Residents per facility by another manner of sending them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.errors import SettingError
from coverage.checks.loads import TO_NEAREST, ByCapacity, ByDistance, Manner, allocate, load_result
from coverage.publish.measures import band_words
from jobs.assess.folder import Assessed

# Nobody is sent farther than this; half as many for every HALF_M.
LIMIT_M: Final = 3000.0
HALF_M: Final = 500.0
MANNERS: Final[dict[str, Manner]] = {
    "nearest": TO_NEAREST,
    "capacity": ByCapacity(LIMIT_M),
    "distance": ByDistance(HALF_M, LIMIT_M),
}


@dataclass(frozen=True)
class Loads:
    """`table`: name, residents, low, high, within of every facility judged; `without`: residents who
    have none to go to, of `residents`; `limit_m`: nobody walks farther (inf: any distance)."""

    table: pd.DataFrame
    without: float
    residents: float
    mean_m: float
    limit_m: float


def loads_of(done: Assessed, rule_id: str, manner: str) -> Loads:
    """A load rule's facilities with the residents who go there. SettingError for another rule."""
    rule, study = done.inputs.standard.rule(rule_id), done.assessment.study
    if rule.band is None:
        raise SettingError("The rule “{rule}” has no band of residents.", rule=rule_id)
    allocation = allocate(rule, done.assessment.measured, MANNERS[manner])
    load = load_result(rule, study, allocation)
    low, high = rule.band
    frame = study.facilities.frame.iloc[list(load.rows)]
    table = pd.DataFrame(
        {
            "name": frame["name"].to_numpy(str),
            "residents": load.residents,
            "low": low,
            "high": high,
            "within": band_words(load.residents, low, high),
        }
    )
    subject = study.subject_to(rule.settlement)
    everybody = float(study.grid.residents[subject].sum())
    limit = float("inf") if manner == "nearest" else LIMIT_M
    return Loads(table, load.residents_without, everybody, allocation.mean_m, limit)
