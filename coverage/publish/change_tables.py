"""Two assessments side by side as tables: who gains, who loses, by rule and by unit, cell by cell."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.text import text_to_json
from coverage.model.verdict_rows import figure_title
from coverage.publish.measures import named
from coverage.publish.wide import share_of
from coverage.scenario.comparison import Comparison, RuleChange

CHANGE_COLUMNS: Final = (
    "rule", "check", "verdict_before", "verdict_after", "share_before", "share_after", "share_of",
    "residents_met_before", "residents_met_after", "gained", "lost", "grown", "worse_off", "worse_m",
    "walk_worse_off", "walk_worse_m", "units_before", "units_after", "units_met_before", "units_met_after",
    "actual_before", "actual_after", "facilities_before", "facilities_after", "within_before", "within_after",
)  # fmt: skip
# In files no two titles are the same at ten characters, and none is a word of SQL.
CHANGES_IN_FILES: Final = {
    "check": "rule_check",
    "residents_met_before": "met_before", "residents_met_after": "met_after", "walk_worse_m": "walk_m",
    "units_met_before": "umet_before", "units_met_after": "umet_after",
    "facilities_before": "fac_before", "facilities_after": "fac_after",
}  # fmt: skip
_COUNTS: Final = tuple(
    f"{name}_{when}"
    for name in ("units", "units_met", "facilities", "within")
    for when in ("before", "after")
)
# Positions in the map's colours of change.
KEPT, GAINED, LOST, NEITHER, NOT_SUBJECT = range(5)


def change_table(found: Comparison) -> pd.DataFrame:
    """One row a rule that both standards have; see `coverage.scenario.comparison.RuleChange`."""
    rows = [_row(rule_id, change) for rule_id, change in found.rules.items()]
    table = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    return table.astype(dict.fromkeys(_COUNTS, "Int64"))


def change_units_table(found: Comparison) -> pd.DataFrame:
    """Residents gained and lost of every unit that any rule changes in, rule by rule."""
    columns = ["rule", "level", "unit_id", "name", "gained", "lost", "met_before", "met_after"]
    parts = []
    for rule_id, change in found.rules.items():
        if change.by_unit is not None and len(change.by_unit):
            table = change.by_unit
            moved = (table["gained"] > 0) | (table["lost"] > 0)
            parts.append(named(table[moved], found.after.study).assign(rule=rule_id))
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


def change_classes(found: Comparison, rule_id: str) -> NDArray[np.uint8] | None:
    """(cells,) what becomes of every cell under a rule; None for rules that do not speak of cells."""
    after, change = found.after.result(rule_id), found.rules[rule_id].cells
    if after.cells_met is None or after.cells_subject is None or change is None:
        return None
    met, was = after.cells_met, (after.cells_met & (change != 1)) | (change == -1)
    classes = np.full(len(met), NEITHER, np.uint8)
    classes[met & was] = KEPT
    classes[met & ~was] = GAINED
    classes[~met & was] = LOST
    classes[~after.cells_subject & ~was] = NOT_SUBJECT
    return classes


def comparison_document(found: Comparison, names: tuple[str, str]) -> dict[str, Any]:
    """The comparison as plain JSON values; what is not finite becomes null."""
    rows = change_table(found).to_dict("records")
    return {
        "format": 1,
        "before": names[0],
        "after": names[1],
        "rules": [
            {str(key): _plain(value) for key, value in row.items()} | _figure_before(found.rules[row["rule"]])
            for row in rows
        ],
        "only_before": list(found.only_before),
        "only_after": list(found.only_after),
    }


def _figure_before(change: RuleChange) -> dict[str, object]:
    """What the rule asked for before, in words; null where it asks for the same."""
    was = figure_title(change.was)
    return {"figure_before": None if was == figure_title(change.rule) else text_to_json(was)}


def _row(rule_id: str, change: RuleChange) -> dict[str, object]:
    row: dict[str, object] = {"rule": rule_id, "check": change.rule.check.value}
    row |= {
        f"verdict_{when}": verdict.value if verdict else ""
        for when, verdict in zip(("before", "after"), change.verdicts, strict=True)
    }
    for name, pair in (
        ("share", change.shares),
        ("residents_met", change.residents_met),
        ("units", change.units),
        ("units_met", change.units_met),
        ("facilities", change.facilities),
        ("within", change.within),
        ("actual", change.actuals),
    ):
        row |= {f"{name}_{when}": value for when, value in zip(("before", "after"), pair, strict=True)}
    return row | {
        "share_of": "" if change.shares == (None, None) else share_of(change.rule),
        "gained": change.gained,
        "lost": change.lost,
        "grown": change.grown,
        "worse_off": change.worse_off,
        "worse_m": change.worse_m,
        "walk_worse_off": change.walk_worse_off,
        "walk_worse_m": change.walk_worse_m,
    }


def _plain(value: object) -> object:
    if value is pd.NA:
        return None
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
