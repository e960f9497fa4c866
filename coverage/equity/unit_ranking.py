"""The units of a level side by side: rank, residents missed, rules met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from coverage.checks.by_unit import sum_by
from coverage.checks.measured import Measured
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Verdict
from coverage.model.tables import Bools

COLUMNS: Final = (
    "rank", "unit_row", "name", "residents", "residents_missed", "share",
    "rules_met", "rules_nearly", "rules_not",
)  # fmt: skip


def league(results: Sequence[RuleResult], measured: Measured, *, level: str = "district") -> pd.DataFrame:
    """One row a unit of `level`, best first; no rows where the study has no such units.

    `residents_missed` fail at least one radius or walk rule that speaks of them, each counted once;
    `share` = 1 - missed / residents. `rank` is by share, equal shares share the better rank; it is
    <NA> and the share NaN where nobody lives. Rows of one rank: fewer missed first, then by name.
    `rules_…`: verdicts on the rules judged in the unit, of every kind.
    """
    study = measured.study
    if study.units is None or level not in study.units.levels:
        return pd.DataFrame(columns=list(COLUMNS))
    units = study.units.of_level(level)
    unit_of, n = study.cells_in.rows[level], len(study.units)
    residents = sum_by(unit_of, measured.residents, n)[units]
    missed = sum_by(unit_of, measured.residents * cells_missed(results, measured), n)[units]
    with np.errstate(invalid="ignore"):
        share = 1.0 - missed / residents
    tables = [result.by_unit[["unit_row", "verdict"]] for result in results if not result.by_unit.empty]
    verdicts = pd.concat(tables) if tables else pd.DataFrame(columns=["unit_row", "verdict"])
    judged = {
        word: verdicts.loc[verdicts["verdict"] == verdict.value, "unit_row"]
        .value_counts()
        .reindex(units, fill_value=0)
        for word, verdict in _WORDS.items()
    }
    table = pd.DataFrame(
        {
            "rank": pd.Series(share).rank(ascending=False, method="min").astype("Int64"),
            "unit_row": units,
            "name": study.units.frame["name"].to_numpy(str)[units],
            "residents": residents,
            "residents_missed": missed,
            "share": share,
            **{f"rules_{word}": [int(n) for n in counts] for word, counts in judged.items()},
        }
    )
    table = table.sort_values(["rank", "residents_missed", "name"], na_position="last", kind="stable")
    return table.reset_index(drop=True)


_WORDS: Final = {"met": Verdict.MEETS, "nearly": Verdict.NEARLY, "not": Verdict.NOT}


def cells_missed(results: Sequence[RuleResult], measured: Measured) -> Bools:
    """(n,) cells that fail at least one radius or walk rule that speaks of them."""
    missed = np.zeros(len(measured.study.grid), dtype=bool)
    for result in results:
        within = result.rule.check in (Check.RADIUS, Check.WALK)
        if within and result.cells_subject is not None and result.cells_met is not None:
            missed |= result.cells_subject & ~result.cells_met
    return missed
