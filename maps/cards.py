"""What a popup and a tooltip say: safe HTML, only the columns that are shown, numbers as the language
writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from core.text import Text, text
from coverage.model.gap_words import gap_place
from maps.model import Words
from maps.safe_text import Voice, safe

_WAN: Final = 10_000

_STATUS: Final = {
    "open": text("open"),
    "planned": text("planned"),
    "closed": text("closed"),
    "new": text("new"),
    "moved": text("moved"),
}
_SITE_PEOPLE: Final = {
    "elderly_gained": text("of them elderly"),
    "residents_alone": text("As the only new site"),
    "load": text("Residents to serve"),
}


def people(voice: Voice, residents: float) -> str:
    """Residents as safe HTML; from 10,000 up Chinese counts in 万, with the exact number behind it."""
    exact = f"{residents:,.0f}"
    if voice.chinese and round(residents) >= _WAN:
        return f'<span title="{safe(exact)}">{safe(f"{residents / _WAN:.2f}万")}</span>'
    return safe(exact)


def metres(distance_m: float) -> Text:
    """A distance in whole metres, or that there is none."""
    if math.isinf(distance_m):
        return text("cannot be reached")
    return text("{distance:,.0f} m", distance=distance_m)


def facility_cards(voice: Voice, facilities: pd.DataFrame, tier: Words) -> list[str]:
    return [_card(voice(row["name"]), _facility_facts(voice, row, tier)) for row in _records(facilities)]


def gap_cards(voice: Voice, gaps: pd.DataFrame, rule: Words) -> list[str]:
    """The gaps of one rule, which each card names: a gap is one by its rule alone."""
    return [
        _card(voice(text("Gap {rank}", rank=row["rank"])), _gap_facts(voice, row, rule))
        for row in _records(gaps)
    ]


def site_cards(voice: Voice, sites: pd.DataFrame) -> list[str]:
    return [
        _card(voice(text("Suggested site {rank}", rank=row["rank"])), _site_facts(voice, row))
        for row in _records(sites)
    ]


def facts_card(voice: Voice, name: Words, facts: Iterable[tuple[Words, Words]]) -> str:
    """A card of anything: its name, then what is to be told of it, term by term."""
    return _card(voice(name), ((voice(term), voice(value)) for term, value in facts))


def _facility_facts(voice: Voice, row: Mapping[str, Any], tier: Words) -> Iterator[tuple[str, str]]:
    yield voice(text("Kind")), voice.headline(tier)
    if row.get("unit"):
        yield voice(text("Unit")), voice(str(row["unit"]))
    if row.get("status"):
        yield voice(text("Status")), voice(_STATUS.get(row["status"], str(row["status"])))
    if row.get("in_scenario"):
        yield voice(text("In the scenario")), voice(_STATUS[row["in_scenario"]])
    if not math.isnan(row.get("load", math.nan)):
        yield (
            voice(text("All residents for whom it is the nearest of its kind on foot")),
            people(voice, row["load"]),
        )
    for rule, residents in row.get("loads", ()):
        yield voice(text("Residents counted by the rule “{rule}”", rule=rule)), people(voice, residents)
    if not math.isnan(row["snap_m"]):
        far = text("no street near enough") if math.isinf(row["snap_m"]) else metres(row["snap_m"])
        yield voice(text("To the street")), voice(far)


def _gap_facts(voice: Voice, row: Mapping[str, Any], rule: Words) -> Iterator[tuple[str, str]]:
    """The flag stands at the best point found where one is known; distances are the residents', as the rule
    measures."""
    yield voice(text("By the rule")), voice(rule)
    yield voice(text("Residents not served")), people(voice, row["residents"])
    if row["unit"]:
        yield voice(text("Where")), voice(gap_place(row))
    if row.get("units_touched", 0) > 1:
        said = text("{unit}: {share:.1%} of the gap’s residents")
        shares = "".join(f"<br>{voice(Text(said.template, dict(one)))}" for one in row.get("units", ())[:3])
        yield voice(text("Units touched")), f"{int(row['units_touched'])}{shares}"
    if _known(row.get("residents_elderly")):
        yield voice(text("of them elderly")), people(voice, row["residents_elderly"])
    yield voice(text("Median distance to the nearest facility")), voice(metres(row["nearest_m"]))
    if "farthest_m" in row:
        yield voice(text("Longest distance to the nearest facility")), voice(metres(row["farthest_m"]))
    if row.get("nearest"):
        yield voice(text("Nearest for most of them")), voice(str(row["nearest"]))
    if _known(row.get("site_residents")):
        said = text("Best point found in the gap: one facility here would serve")
        yield voice(said), people(voice, row["site_residents"])


def _site_facts(voice: Voice, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Whom it serves anew, of a plan that counts metres first whose way it shortens, and what else is known
    of it; the columns besides the residents gained and the unit may be missing."""
    if row.get("name"):
        yield voice(text("Name")), voice(str(row["name"]))
    for term, column in ((text("Kind"), "tier_title"), (text("By the rule"), "rule_title")):
        if row.get(column):
            yield voice(term), voice(row[column])
    nearer = _known(row.get("residents_nearer"))
    if nearer:
        yield voice(text("Shorter way for")), people(voice, row["residents_nearer"])
    if nearer and _known(row.get("saved_m")):
        yield voice(text("saving on average")), voice(metres(row["saved_m"]))
    if row["residents_gained"] or not nearer:
        yield voice(text("Residents gained")), people(voice, row["residents_gained"])
    for column, heading in _SITE_PEOPLE.items():
        if _known(row.get(column)):
            yield voice(heading), people(voice, row[column])
    if row["unit"]:
        yield voice(text("Unit")), voice(str(row["unit"]))
    if row.get("nearest"):
        near = text("{name}, {metres:,.0f} m", name=str(row["nearest"]), metres=row["nearest_m"])
        walked = row.get("by") == "walk"
        yield (
            voice(text("Nearest existing, on foot") if walked else text("Nearest existing, straight")),
            voice(near),
        )
    if _known(row.get("cost")):
        yield voice(text("Cost")), voice(text("{cost:,.10g}", cost=row["cost"]))


def _known(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _card(title: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)
    return f'<div class="card"><b>{title}</b><dl>{rows}</dl></div>'


# What cards have between their values.
_TERM: Final = re.compile(r'(<div class="card"><b>|(?:</b><dl>|</dd>)<dt>.*?</dt><dd>|</dd></dl></div>)')


def common_terms(cards: Iterable[str]) -> tuple[list[str], list[str]]:
    """The cards with `$n;` for every term, and these terms: thousands of cards say the same ones, and safe
    text has no `$`.

    >>> common_terms(['<div class="card"><b>A</b><dl><dt>Kind</dt><dd>x</dd></dl></div>'])
    (['$0;A$1;x$2;'], ['<div class="card"><b>', '</b><dl><dt>Kind</dt><dd>', '</dd></dl></div>'])
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[0], len(numbers))};"

    return [_TERM.sub(number, card) for card in cards], list(numbers)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [column for column in frame.columns if column != "geometry"]
    return [dict(zip(columns, row, strict=True)) for row in zip(*(frame[c] for c in columns), strict=True)]
