"""The workbook of a batch: areas side by side, and ranked by each rule."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from core.text import Text, remarked, text
from coverage.model.standard import share_title
from coverage.model.verdict_rows import SYNTHETIC, VERDICT_WORDS
from locales import Translator, translator
from maps.overview import SHARES, STATES, RuleOnMap
from reports.sheet import MEASURES, Book, workbook

_AREA_HEAD: Final = (
    ("name", text("Region"), "text", 22),
    ("code", text("Code"), "text", 12),
    ("state", text("State"), "text", 12),
    ("residents", text("Residents"), "people", 14),
    ("residents_unlinked", text("Residents far from any street"), "people", 16),
    ("gaps", text("Gaps"), "count", 8),
    ("sites", text("Suggested sites"), "count", 12),
)
_LEAGUE_HEAD: Final = (
    ("rank", text("Rank"), "count", 8),
    ("name", text("Region"), "text", 22),
    ("code", text("Code"), "text", 12),
    ("residents", text("Residents"), "people", 14),
    ("residents_met", text("Residents within the rule"), "people", 18),
    ("units", text("Units"), "count", 10),
    ("units_met", text("Units met"), "count", 10),
    ("share", text("Share"), "share", 12),
    ("share_of", text("Share of what"), "text", 16),
    ("verdict", text("Verdict"), "text", 14),
)


def province_bytes(
    areas: pd.DataFrame,
    league: pd.DataFrame,
    rules: Sequence[RuleOnMap],
    shares: Mapping[str, str],
    *,
    language: str,
    about: Sequence[Text],
) -> bytes:
    """Sheet 1: a row an area and a column a rule's share; sheet 2: the areas ranked, rule after rule.

    `shares` names the column of `areas` that holds a rule's share, by the rule's id.
    `about` is said above each: by which standards and when, and whether an area is fictional."""
    tr, buffer = translator(language), io.BytesIO()
    named = " · ".join((tr(text("Areas side by side")), "{sheet}"))
    lines: list[tuple[str, dict[str, object]]] = [(named, {"bold": True, "font_size": 12})]
    red, grey = {"font_color": "#b00020"}, {"font_color": "#555555"}
    lines += [(tr(said), {**(red if said == SYNTHETIC else grey)}) for said in (*about, SHARES, MEASURES)]
    with workbook(buffer) as xlsx:
        book = Book(xlsx, lines)
        _areas(book, areas, [(rule, shares[rule.id]) for rule in rules if rule.id in shares], tr)
        _league(book, league, rules, tr)
    return buffer.getvalue()


def _areas(book: Book, areas: pd.DataFrame, shared: Sequence[tuple[RuleOnMap, str]], tr: Translator) -> None:
    widths = [*(width for *_, width in _AREA_HEAD), *([14] * len(shared)), 60]
    sheet = book.sheet(tr(text("Areas")), widths)
    head = [tr(title) for _, title, _, _ in _AREA_HEAD]
    head += [tr(_titled(rule)) for rule, _ in shared]
    kinds = [*(kind for _, _, kind, _ in _AREA_HEAD), *(["share"] * len(shared)), "text"]
    rows = []
    for row in areas.to_dict("records"):
        row["state"] = tr(STATES[str(row["state"])])
        said = [_plain(row[key]) for key, *_ in _AREA_HEAD]
        rows.append([*said, *(_plain(row[column]) for _, column in shared), row["message"]])
    sheet.table([*head, tr(text("Remark"))], rows, kinds)


def _league(book: Book, league: pd.DataFrame, rules: Sequence[RuleOnMap], tr: Translator) -> None:
    sheet = book.sheet(tr(text("Ranking")), [40, *(width for *_, width in _LEAGUE_HEAD)])
    titles = {rule.id: tr(_titled(rule)) for rule in rules}
    rows = []
    for row in league.to_dict("records"):
        row["share_of"] = tr(share_title(row["share_of"])) if row["share_of"] else ""
        row["verdict"] = tr(VERDICT_WORDS[row["verdict"]]) if row["verdict"] else ""
        rows.append([titles[row["rule"]], *(_plain(row[key]) for key, *_ in _LEAGUE_HEAD)])
    head = [tr(text("Rule")), *(tr(title) for _, title, _, _ in _LEAGUE_HEAD)]
    sheet.table(head, rows, ["text", *(kind for _, _, kind, _ in _LEAGUE_HEAD)])


def _titled(rule: RuleOnMap) -> Text:
    return remarked(rule.title, rule.asked)


def _plain(value: Any) -> Any:
    return None if value is None or pd.isna(value) else value
