"""Units as a table to be joined to a map: a row a unit, a column a rule, names that every program takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd

from coverage.model.standard import Check, Rule, Standard

# dBase and shapefiles keep ten characters.
MOST_CHARACTERS: Final = 10
# A rule's name leaves room for a letter and “_” before it, a kind's for “_m” and “_walk_m” behind it.
_OF_A_RULE: Final = MOST_CHARACTERS - 2
_OF_A_TIER: Final = MOST_CHARACTERS - 3
VERDICT: Final = "v_"
# Columns of cells and facilities that there are for each rule, by what stands before the rule's id in
# memory and before its name in files.
_BEFORE_RULES: Final = {"meets_": "m_", "load_": "l_", "cut_off_": "c_", "detour_": "d_", "change_": "g_"}
_BEHIND_TIERS: Final = ("_m", "_walk_m")
_CELL_COLUMNS: Final = frozenset((
    "all", "area_m2", "cell_id", "community", "district", "geometry", "lat", "linked", "lon", "new_site",
    "residents", "settlement", "street", "x", "y",
))  # fmt: skip
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
    Check.RATIO: "units",
    Check.AREA: "units",
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
    names = rule_names(standard)
    rows = [
        (names[rule.id], rule.id, _ACTUAL.get(rule.check) or f"share_of_{share_of(rule)}")
        for rule in standard.rules
    ]
    rows += [(f"{VERDICT}{name}", rule, "verdict") for rule, name in names.items()]
    return pd.DataFrame(rows, columns=["column", "rule", "what"])


def rule_names(standard: Standard) -> dict[str, str]:
    """What each rule is called, by its id, in names of columns: at most eight characters."""
    ids = [rule.id for rule in standard.rules]
    return dict(zip(ids, plain_names(ids, taken=UNIT_COLUMNS, most=_OF_A_RULE), strict=True))


def file_columns(standard: Standard) -> dict[str, str]:
    """What columns of cells and facilities that there are for each rule and each kind of facility are
    called in files, by their names in memory: `meets_<rule's id>` is `m_<rule's name>`, and `load_` is `l_`,
    `cut_off_` is `c_`, `detour_` is `d_`, `change_` is `g_`. A kind that is short and plain is called what
    it is: `station_walk_m`."""
    columns = {
        f"{before}{rule}": f"{called}{name}"
        for rule, name in rule_names(standard).items()
        for before, called in _BEFORE_RULES.items()
    }
    names = plain_names([*standard.tiers], most=_OF_A_TIER, reserved=frozenset())
    return columns | {
        f"{tier}{end}": f"{name}{end}"
        for tier, name in zip(standard.tiers, names, strict=True)
        for end in _BEHIND_TIERS
    }


def group_columns(groups: Iterable[str]) -> dict[str, str]:
    """What the column of each group of residents is called in files, by the group's name: the name itself
    where it is short and plain."""
    names = [*groups]
    return dict(zip(names, plain_names(names, reserved=frozenset()), strict=True))


def layer_columns(groups: Mapping[str, str]) -> dict[str, str]:
    """What columns of gaps and sites are called in files, by their names in memory; `groups` are
    `group_columns`. No two of a layer are the same at ten characters."""
    of_groups = {
        name: column
        for group, called in groups.items()
        for name, column in ((f"residents_{group}", called), (f"{group}_gained", f"{called}_gained"))
    }
    return of_groups | {"residents_alone": "alone", "residents_nearer": "nearer"}


def is_free_for_a_group(name: str) -> bool:
    """Whether a group of residents may be called so: no column of cells has that name or may get it, and it
    is not “all”, which stands for everybody where groups are told apart."""
    return not (
        name in _CELL_COLUMNS or name.startswith(tuple(_BEFORE_RULES)) or name.endswith(_BEHIND_TIERS)
    )


def share_of(rule: Rule) -> str:
    """What a share under a rule is a share of: units, facilities, or the rule's denominator."""
    return _WHAT_IS_COUNTED.get(rule.check, rule.denominator)


def plain_names(
    words: Iterable[str],
    *,
    taken: Sequence[str] = (),
    most: int = MOST_CHARACTERS,
    reserved: frozenset[str] = _RESERVED,
) -> list[str]:
    """A name for each of some words, in their order: lower-case letters, digits and “_”, a letter first, at
    most so many characters, no `reserved` word, none twice and none of those `taken`.

    A name that is too long keeps the beginning of each of its words and its numbers whole.

    >>> plain_names(["centre-radius", "circle-walk-10", "circle-walk-15", "order", "规则"])
    ['cent_radi', 'cir_wal_10', 'cir_wal_15', 'order_2', 'c']
    """
    found: list[str] = []
    for word in words:
        parts = re.findall(r"[a-z]+|\d+", word.lower()) or ["c"]
        # One letter before “_” says of what a rule's column is: no rule's name may begin so.
        if parts[0].isdigit() or len(parts[0]) == 1 < len(parts):
            parts = ["c", *parts]
        whole = "_".join(parts)
        letters = most
        while len(whole) > most and letters > 1:
            letters -= 1
            whole = "_".join(part if part.isdigit() else part[:letters] for part in parts)
        name, number = whole[:most].rstrip("_"), 2
        while name in reserved or name in found or name in taken:
            ending = f"_{number}"
            name, number = f"{whole[: most - len(ending)].rstrip('_')}{ending}", number + 1
        found.append(name)
    return found
