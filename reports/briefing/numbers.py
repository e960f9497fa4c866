"""Numbers of a briefing as they are read aloud, and back to where they stand in the result."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any, Final

from core.text import Bilingual, text
from coverage.publish import Results
from reports.briefing.model import Figure

_WAN, _YI, _TEN_WAN = 10_000, 100_000_000, 100_000
# Table → the columns by which a key names its row.
_TABLES: Final = {
    "units": ("level", "rule", "unit_id"), "detours": ("rule",), "equity": ("rule", "id"),
    "detours_units": ("level", "rule", "unit_id"), "denominators": ("level", "rule", "denominator", "basis"),
    "land_equity": ("rule",),
}  # fmt: skip
_SUM: Final = re.compile(r"sum\((.+)\.(\w+), (\d+)\)")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


def counted(number: float) -> Bilingual:
    """Residents in a sentence: in Chinese 万 from 10,000 up, to three digits and more.

    >>> [counted(n).zh for n in (9_999, 12_345, 181_108, 1_204_318)]
    ['9,999', '1.23万', '18.1万', '120.4万']
    """
    whole = round(number)
    exact = f"{whole:,}"
    if whole < _WAN:
        return Bilingual(exact, exact)
    if whole >= _YI:
        return Bilingual(f"{whole / _YI:.2f}亿", exact)
    return Bilingual(f"{whole / _WAN:.{1 if whole >= _TEN_WAN else 2}f}万", exact)


def people(key: str, number: float) -> Figure:
    """Residents, said as in a sentence."""
    return Figure(key, number, counted(number))


def exact(key: str, number: float) -> Figure:
    """A count to the last one, as in a table."""
    return Figure(key, number, text("{number:,.0f}", number=number))


def share(key: str, part: float) -> Figure:
    """A share with one decimal, or as many as keep it from reading 0 or 100 %."""
    return Figure(key, part, text("{part:.1%}", part=float(part)))


def metres(key: str, distance: float) -> Figure:
    return Figure(key, distance, text("{metres:,.0f} m", metres=distance))


def figure_of(results: Results | Mapping[str, Any], key: str) -> Any:
    """What stands at a figure's key: `rules[station-radius].share` by id, `gaps[0].residents` by number,
    `plan.…` in plan.json, `detours[…]` and others of `_TABLES` in the tables of those names; of two keys with
    " - " or " / " between them the difference or the quotient; `count(rules|verdict=meets)` how many rows say
    so; `sum(plan.sites.residents_gained, 3)` of the first three rows. Of a mapping: a path in it.

    KeyError where nothing stands there. Used to prove that a product's figures are the result's.
    """
    for sign, put in ((" / ", operator.truediv), (" - ", operator.sub)):
        left, found, right = key.rpartition(sign)
        if found:
            return put(figure_of(results, left.strip("()")), figure_of(results, right))
    found_sum = _SUM.fullmatch(key)
    if found_sum:
        rows, field, many = found_sum.groups()
        return sum(row[field] for row in figure_of(results, rows)[: int(many)])
    if key.startswith("count("):
        return _rows_that_say(results, *key[6:-1].split("|"))
    if isinstance(results, Mapping):
        return at_path(results, key)
    name, _, rest = key.partition("[")
    if name in _TABLES:
        table = results.units if name == "units" else results.extras[name]
        wanted, column = rest.split("].")
        for title, value in zip(_TABLES[name], wanted.split("|"), strict=False):
            table = table[table[title] == value]
        return table[column].iloc[0]
    if key.startswith("plan.") and results.plan is not None:
        return at_path(results.plan.plan, key.removeprefix("plan."))
    return at_path(results.document, key)


def _rows_that_say(results: Results | Mapping[str, Any], name: str, *wanted: str) -> int:
    """How many rows of a table, or of a list in the JSON, have what is `wanted` (column=value)."""
    if isinstance(results, Mapping):
        rows = results[name]
    else:
        rows = results.extras[name].to_dict("records") if name in results.extras else results.document[name]
    pairs = [one.split("=", 1) for one in wanted]
    return sum(all(str(row[column]) == value for column, value in pairs) for row in rows)


def at_path(at: Any, key: str) -> Any:
    """What stands in plain JSON values at a path of names and `[index]` or `[id]`."""
    for field, index in _STEP.findall(key):
        at = _step(at, field or index, by_index=bool(index))
    return at


def _step(at: Any, name: str, *, by_index: bool) -> Any:
    if not by_index:
        return at[name]
    if name.isdigit():
        return at[int(name)]
    if isinstance(at, Mapping):
        return at[name]
    return next(row for row in at if row["id"] == name)
