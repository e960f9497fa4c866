"""The 口径对照: what every radius and walk rule comes to, by what its share divides, from published rows.

Workbook, page and briefing read these; nothing is computed from the result again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.text import Sayable, Text, remarked, text
from coverage.model.standard import Rule, Standard, share_title
from coverage.model.verdict_rows import basis_title

# Denominator and, where it knows several, the basis; in the order of the table.
_COLUMNS: Final = (
    ("residents", ""),
    ("households", ""),
    ("residential_land", ""),
    ("area", ""),
    ("compounds", "inner point"),
    ("communities", "inner point"),
    ("communities", "every resident"),
    ("communities", "touched"),
)
# A declared area is a second reading of the land, not the one a rule is judged by.
_NOT_SHOWN: Final = ("declared area",)
_MISSING: Final = {
    "residential_land": text("Share of residential land: not computed, no layer was given."),
    "area": text("Share of ground: not computed, no units were given."),
    "compounds": text("Share of compounds: not computed, no layer was given."),
    "communities": text("Share of communities: not computed, no units were given."),
}


@dataclass(frozen=True)
class ShareRow:
    """One rule; `shares` (columns,) 0..1, None where a share could not be computed; `keys` name the rows of
    denominators.csv that they are of ("city|rule|denominator|basis"); `own` is the column that the rule
    itself is judged by."""

    title: Text
    shares: tuple[float | None, ...]
    keys: tuple[str, ...]
    own: int


@dataclass(frozen=True)
class ShareComparison:
    """`columns` name each share in full. `apart` says how far they lie apart and why, None where there is
    nothing to compare; `missing` which could not be computed and for want of what."""

    columns: tuple[Text, ...]
    rows: tuple[ShareRow, ...]
    apart: Text | None
    missing: tuple[Text, ...]


def share_comparison(table: pd.DataFrame | None, standard: Standard) -> ShareComparison:
    """The whole city's rows of denominators.csv, rule by denominator; nothing of an older folder."""
    if table is None or not len(table):
        return ShareComparison((), (), None, ())
    city = table[(table["level"] == "city") & ~table["basis"].isin(_NOT_SHOWN)]
    share_of = {
        (row["rule"], row["denominator"], row["basis"]): row["share"] for row in city.to_dict("records")
    }
    known = set(zip(city["denominator"], city["basis"], strict=True))
    known |= {(of, basis) for of in city["denominator"] for basis in ("", "inner point")}
    there = [column for column in _COLUMNS if column in known]
    rows = []
    for rule_id in dict.fromkeys(city["rule"]):
        rule = standard.rule(rule_id)
        found = [_share(share_of, rule, denominator, basis) for denominator, basis in there]
        own = next(i for i, (denominator, _) in enumerate(there) if denominator == rule.denominator)
        shares = tuple(share for share, _ in found)
        rows.append(ShareRow(standard.rule_title(rule), shares, tuple(key for _, key in found), own))
    columns = tuple(_title(denominator, basis) for denominator, basis in there)
    given = {denominator for denominator, _ in there}
    missing = tuple(said for denominator, said in _MISSING.items() if denominator not in given)
    return ShareComparison(columns, tuple(rows), _apart(columns, rows, len(given)), missing)


def _share(
    share_of: dict[tuple[str, str, str], float], rule: Rule, denominator: str, basis: str
) -> tuple[float | None, str]:
    """By the basis of the column, in the rule's own column by the rule's own; and which row it is of."""
    if denominator == rule.denominator and rule.basis and basis == "inner point":
        basis = rule.basis
    for (rule_id, of, by), share in share_of.items():
        if rule_id == rule.id and of == denominator and basis in ("", by):
            return (float(share) if share == share else None), f"city|{rule_id}|{of}|{by}"
    return None, ""


def _title(denominator: str, basis: str) -> Text:
    if not basis:
        return share_title(denominator)
    return remarked(share_title(denominator), basis_title(basis))


def _apart(columns: tuple[Text, ...], rows: list[ShareRow], first: int) -> Text | None:
    """Of the rule whose shares lie farthest apart, each denominator by its first basis."""

    def ends(row: ShareRow) -> Iterator[tuple[float, int]]:
        return ((share, i) for i, share in enumerate(row.shares[:first]) if share is not None)

    compared = [row for row in rows if len(list(ends(row))) > 1]
    if not compared:
        return None
    widest = max(compared, key=lambda row: max(ends(row))[0] - min(ends(row))[0])
    (low, lowest), (high, highest) = min(ends(widest)), max(ends(widest))
    names: tuple[Sayable, Sayable] = columns[lowest], columns[highest]
    return text(
        "The same facilities under “{rule}” come to {low:.1%} as “{low_name}” or {high:.1%} as "
        "“{high_name}”, {points:.1f} percentage points apart: residents are counted by heads, ground by the "
        "square metre whether anybody lives there or not, compounds and communities each as one whatever "
        "their size.",
        rule=widest.title,
        low=low,
        high=high,
        low_name=names[0],
        high_name=names[1],
        points=100.0 * (high - low),
    )
