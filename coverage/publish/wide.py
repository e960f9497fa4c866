"""Units as a table to be joined to a map: a row a unit, a column a rule, names that every program takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from coverage.model.standard import Check, Rule, Standard

# dBase and shapefiles keep ten characters.
MOST_CHARACTERS: Final = 10
UNIT_COLUMNS: Final = ("unit_id", "name", "level", "parent_id", "settlement")
# Words that mean something to SQL, R or ArcGIS, as far as a rule might be called so.
_RESERVED: Final = frozenset((
    "add", "all", "and", "any", "area", "as", "asc", "between", "by", "case", "check", "count", "date",
    "default", "delete", "desc", "else", "end", "false", "fid", "for", "from", "function", "group",
    "having", "if", "in", "index", "inner", "insert", "into", "is", "join", "key", "length", "like",
    "limit", "next", "not", "null", "objectid", "of", "oid", "on", "or", "order", "repeat", "rule",
    "select", "set", "shape", "size", "table", "then", "time", "to", "true", "union", "unique", "update",
    "user", "using", "value", "values", "when", "where", "while", "with", "year",
))  # fmt: skip
_WHAT_IS_COUNTED: Final = {
    Check.PRESENCE: "units",
    Check.UNITS: "units",
    Check.LOAD: "facilities",
}
_ACTUAL: Final = {Check.RATIO: "per_1000", Check.AREA: "m2_per_100_households"}


def units_wide(units: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """Of `Results.units`: every unit once, with the share of every rule (0 to 1; for ratios the figure
    itself) and, under `v_…`, its verdict; empty where the rule does not speak of the unit or has nothing to
    divide by. Which column is which rule: `wide_columns`.
    """
    columns = wide_columns(standard)
    table = units[list(UNIT_COLUMNS)].drop_duplicates("unit_id").reset_index(drop=True)
    by_rule = dict(tuple(units.groupby("rule", sort=False)))
    for column, rule, what in columns[["column", "rule", "what"]].itertuples(index=False):
        rows = by_rule.get(rule)
        if rows is None:
            table[column] = "" if what == "verdict" else float("nan")
            continue
        source = "verdict" if what == "verdict" else "actual" if what in _ACTUAL.values() else "share"
        values = table["unit_id"].map(rows.set_index("unit_id")[source])
        table[column] = values.fillna("") if what == "verdict" else pd.to_numeric(values)
    return table


def wide_columns(standard: Standard) -> pd.DataFrame:
    """Columns `column, rule, what`: `what` is what the column's figure is of: `share_of_…`,
    `per_1000`, `m2_per_100_households`, or `verdict`."""
    rules = standard.rules
    names = plain_names([rule.id for rule in rules] + [f"v-{rule.id}" for rule in rules], taken=UNIT_COLUMNS)
    what = [_ACTUAL.get(rule.check) or f"share_of_{share_of(rule)}" for rule in rules]
    rows = [
        (name, rule.id, said)
        for name, rule, said in zip(names, (*rules, *rules), [*what, *["verdict"] * len(rules)], strict=True)
    ]
    return pd.DataFrame(rows, columns=["column", "rule", "what"])


def share_of(rule: Rule) -> str:
    """What a share under a rule is a share of: units, facilities, or the rule's denominator."""
    return _WHAT_IS_COUNTED.get(rule.check, rule.denominator)


def plain_names(words: Iterable[str], *, taken: Sequence[str] = ()) -> list[str]:
    """A name for each of some words, in their order: lower-case letters, digits and “_”, a letter first, at
    most `MOST_CHARACTERS`, no reserved word, none twice and none of those `taken`.

    A name that is too long keeps the beginning of each of its words and its numbers whole.

    >>> plain_names(["centre-radius", "circle-walk-10", "circle-walk-15", "order", "规则"])
    ['cent_radi', 'cir_wal_10', 'cir_wal_15', 'order_2', 'c']
    """
    found: list[str] = []
    for word in words:
        parts = re.findall(r"[a-z]+|\d+", word.lower()) or ["c"]
        parts = parts if parts[0][0].isalpha() else ["c", *parts]
        whole = "_".join(parts)
        letters = MOST_CHARACTERS
        while len(whole) > MOST_CHARACTERS and letters > 1:
            letters -= 1
            whole = "_".join(part if part.isdigit() else part[:letters] for part in parts)
        name, number = whole[:MOST_CHARACTERS].rstrip("_"), 2
        while name in _RESERVED or name in found or name in taken:
            ending = f"_{number}"
            name, number = f"{whole[: MOST_CHARACTERS - len(ending)].rstrip('_')}{ending}", number + 1
        found.append(name)
    return found
