"""Where the numbers in a cell of a table, or in a sentence of others, stand in the result.

The numbers of a Text have names; here is which field of the result each name is. What has no field (a rank, a
tolerance of the standard, a number in a name) has no key.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from core.text import Listed, Sayable, Text
from coverage.model.standard import Check
from coverage.model.verdict_rows import VerdictRow
from reports.briefing.model import Figure
from reports.briefing.numbers import at_path

_DIVIDED: Final = {"share": "share", "met": "residents_met", "all": "residents", "covered": "covered",
                   "total": "total"}  # fmt: skip
_OF_PLACES: Final = {"within": "within", "count": "facilities", "under": "under", "over": "over"}
_OF_UNITS: Final = {"met": "units_met", "count": "units", "actual": "actual", "share": "share"}
# Check → name of a number in what a rule comes to → its field in the rule's row.
_ACTUAL: Final[dict[Check, dict[str, str]]] = {
    Check.RADIUS: _DIVIDED, Check.WALK: _DIVIDED, Check.LOAD: _OF_PLACES, Check.RATIO: _OF_UNITS,
    Check.AREA: _OF_UNITS, Check.PRESENCE: _OF_UNITS, Check.UNITS: _OF_UNITS,
}  # fmt: skip
_FIGURE: Final = {"figure": "figure", "share": "figure", "low": "figure[0]", "high": "figure[1]"}
# Name of a number in a change → the field whose difference it is.
_CHANGE: Final[dict[Check, dict[str, str]]] = {
    Check.RADIUS: {"points": "share", "residents": "residents_met"},
    Check.WALK: {"points": "share", "residents": "residents_met"},
    Check.LOAD: {"n": "within"}, Check.RATIO: {"more": "actual"}, Check.AREA: {"more": "actual"},
    Check.PRESENCE: {"n": "units_met"}, Check.UNITS: {"n": "units_met"},
}  # fmt: skip


def numbers_in(words: object) -> Iterator[tuple[str, float]]:
    """Every number that words print, with its name; a name within a name follows a dot."""
    if isinstance(words, Listed):
        for number, one in enumerate(words.names):
            yield from ((f"{number}.{name}", value) for name, value in numbers_in(one))
    if not isinstance(words, Text):
        return
    fields = string.Formatter().parse(words.template)
    for name in dict.fromkeys(name for _, name, spec, _ in fields if name and "|" not in (spec or "")):
        value = words.values.get(name)
        if isinstance(value, Text | Listed):
            yield from ((f"{name}.{inner}", number) for inner, number in numbers_in(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def keyed(words: Sayable, result: Mapping[str, Any], key_of: Callable[[str], str]) -> Iterator[Figure]:
    """The figures of words: `key_of` a name is a path in `result`, "" where it has none."""
    for name, _ in numbers_in(words):
        key = key_of(name)
        if key:
            yield Figure(key, float(at_path(result, key)), words)


def figures_of_row(
    row: VerdictRow, result: Mapping[str, Any], *cells: Sayable | None, at: str = "rules"
) -> Iterator[Figure]:
    """Those of the cells of a rule; `at` is where the row of its own figure stands."""
    key, actual = f"{at}[{row.rule.id}]", _ACTUAL[row.rule.check]
    for cell in cells:
        if cell is None:
            continue
        if cell is row.lacking:
            yield from keyed(cell, result, lambda _: f"{key}.lacking.amount")
        elif cell is row.figure:
            yield from keyed(cell, result, lambda name: _at(f"rules[{row.rule.id}]", _FIGURE, name))
        elif cell is row.change:
            yield from _changed(row, result)
        else:
            yield from keyed(cell, result, lambda name: _at(key, actual, name))


def _at(key: str, fields: Mapping[str, str], name: str) -> str:
    field = fields.get(name.rpartition(".")[2])
    return f"{key}.{field}" if field else ""


def _changed(row: VerdictRow, result: Mapping[str, Any]) -> Iterator[Figure]:
    fields = _CHANGE[row.rule.check]
    for name, _ in numbers_in(row.change):
        after = f"rules[{row.rule.id}].{fields[name]}"
        value = (at_path(result, after) or 0.0) - (at_path(result, f"before.{after}") or 0.0)
        yield Figure(f"{after} - before.{after}", float(value), row.change or "")


def figures_of_notes(name: str, notes: Sequence[Text | None]) -> Iterator[Figure]:
    """Those of the result's own sentences (`notes`, `limits`), of which None are not shown: its JSON keeps
    what fills each."""
    for number, note in enumerate(notes):
        for inner, value in numbers_in(note):
            path = ".values.".join(inner.split("."))
            yield Figure(f"{name}[{number}].values.{path}", value, note or "")


_OF_PLAN: Final = {
    "before": "residents_before", "after": "residents_after", "all": "residents", "every": "among.every",
    "metres": "among.spacing_m", "weighed": "among.weighed", "residents": "residents_lost",
}  # fmt: skip
_SHARES: Final = {"share_before": "residents_before", "share_after": "residents_after"}


def figures_of_plan(words: Text, plan: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Those of a sentence on a plan, of which two tiers have a part each."""
    parts = ["plan", *(f"plan.tiers[{i}]" for i in range(len(plan.get("tiers", ()))))]
    found = []
    for name, value in numbers_in(words):
        last = name.rpartition(".")[2]
        for part in parts:
            at, whole = f"{part}.{_OF_PLAN.get(last, last)}", f"{part}.residents"
            if last in _SHARES:
                at = f"{part}.{_SHARES[last]}"
            try:
                stands = at_path({"plan": plan}, at)
                of = at_path({"plan": plan}, whole) if last in _SHARES else 1.0
            except (KeyError, IndexError, StopIteration, TypeError):
                continue
            if of and isinstance(stands, int | float) and math.isclose(stands / of, value, rel_tol=1e-9):
                found.append(Figure(f"{at} / {whole}" if last in _SHARES else at, value, words))
                break
    return tuple(found)
