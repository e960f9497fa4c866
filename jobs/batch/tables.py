"""What a batch puts side by side: a row an area, the areas ranked by each rule, a map and a workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core.errors import InputError
from core.text import Text, listed, text_from_json
from coverage.model.verdict_rows import SYNTHETIC
from coverage.publish.wide import MOST_CHARACTERS, plain_names
from data.files import write_bytes, write_csv
from locales import translator
from maps.overview import BY_STANDARDS, AreaOnMap, RuleOnMap, overview_page
from reports.briefing.strip import day_of
from reports.province import province_bytes

STATE: Final = "batch.json"
AREA_COLUMNS: Final = (
    "name", "code", "folder", "state", "message", "seconds", "peak_mb", "residents", "cells",
    "residents_unlinked", "gaps", "sites", "standard", "standard_sha256", "version",
)  # fmt: skip
# Of each rule, by the letter that stands before the rule's name in the titles of `area_table`.
RULE_KEYS: Final = {
    "r": "residents", "m": "residents_met", "s": "share", "v": "verdict", "u": "units", "k": "units_met",
    "f": "facilities", "w": "within", "b": "under", "a": "over", "n": "residents_without",
}  # fmt: skip
AREA_COLUMNS_FILE: Final = "areas_columns.csv"
LEAGUE_COLUMNS: Final = (
    "rule", "rank", "name", "code", "residents", "residents_met", "share", "share_of", "units",
    "units_met", "verdict",
)  # fmt: skip
_COUNTS: Final = ("cells", "gaps", "sites", "units", "units_met", "facilities", "within", "under", "over")


def write_tables(out: Path, rows: Sequence[Mapping[str, Any]], *, language: str) -> None:
    """areas.csv, areas.parquet, areas_columns.csv, league.csv, overview.html and province.xlsx, each whole or
    as it was."""
    areas, league = area_table(rows, language=language), league_table(rows)
    write_csv(out / "areas.csv", areas)
    packed = io.BytesIO()
    areas.to_parquet(packed, index=False)
    write_bytes(out / "areas.parquet", packed.getvalue())
    write_csv(out / AREA_COLUMNS_FILE, rule_columns(rows))
    write_csv(out / "league.csv", league)
    titles = rule_titles(rows)
    basis = _basis(rows)
    about = [basis, *([SYNTHETIC] if any(row.get("synthetic") for row in rows) else [])]
    columns = rule_columns(rows)
    of_share = columns[columns["column"].str.startswith("s_")]
    shares = dict(zip(of_share["rule"], of_share["column"], strict=True))
    book = province_bytes(areas, league, titles, shares, language=language, about=about)
    write_bytes(out / "province.xlsx", book)
    page = overview_page([_on_map(row) for row in rows], titles, language=language, basis=basis)
    write_bytes(out / "overview.html", page.encode("utf-8"))


def _basis(rows: Sequence[Mapping[str, Any]]) -> Text:
    """By which standards the areas were assessed, and when."""
    standards = sorted({str(row["standard"]) for row in rows if row.get("standard")})
    days = sorted({day for row in rows if (day := day_of(str(row.get("created") or "")))})
    between = "–".join(dict.fromkeys((*days[:1], *days[-1:])))
    return Text(BY_STANDARDS.template, {"standards": listed(standards or ["–"]), "days": between or "–"})


def rule_columns(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Columns `column, rule, what` of `area_table`: a column for whatever a rule states of any area; a share
    says of what (`share_of_…`). No name is longer than ten characters, which is all that shapefiles keep."""
    ids = [rule.id for rule in rule_titles(rows)]
    stated = {(rule["id"], key) for row in rows for rule in row.get("rules", ()) for key in rule}
    whole = {
        rule["id"]: rule["share_of"] for row in rows for rule in row.get("rules", ()) if rule.get("share_of")
    }
    found = [
        (f"{letter}_{name}", rule, f"share_of_{whole[rule]}" if what == "share" and rule in whole else what)
        for rule, name in zip(ids, plain_names(ids, most=MOST_CHARACTERS - 2), strict=True)
        for letter, what in RULE_KEYS.items()
        if (rule, what) in stated
    ]
    return pd.DataFrame(found, columns=["column", "rule", "what"])


def area_table(rows: Sequence[Mapping[str, Any]], *, language: str) -> pd.DataFrame:
    """One row an area whatever happened to it; what a rule does not state is empty. Of which rule a column is
    and what it holds: `rule_columns`."""
    tr = translator(language)
    of_rules = rule_columns(rows)
    named = {(rule, RULE_KEYS[column[0]]): column for column, rule, _ in of_rules.itertuples(index=False)}
    table = []
    for row in rows:
        message = "" if row.get("message") is None else tr(text_from_json(row["message"]))
        line = {**{key: row.get(key) for key in AREA_COLUMNS}, "message": message}
        for rule in row.get("rules", ()):
            line |= {named[rule["id"], key]: rule[key] for key in RULE_KEYS.values() if key in rule}
        table.append(line)
    frame = pd.DataFrame(table, columns=[*AREA_COLUMNS, *of_rules["column"]])
    for column in (*AREA_COLUMNS, *of_rules.loc[of_rules["what"].isin(_COUNTS), "column"]):
        if column in _COUNTS or column not in AREA_COLUMNS:
            frame[column] = pd.to_numeric(frame[column]).astype("Int64")
    return frame


def league_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Areas by each rule that has a share of residents or units, best first; equal shares share the better
    rank, and stand by name. Areas that were not assessed are in no rank: see areas.csv."""
    found = [
        {
            **{key: rule.get(key) for key in LEAGUE_COLUMNS},
            "rule": rule["id"],
            "name": row["name"],
            "code": row["code"],
            "share": _share(rule),
            "share_of": "units" if rule.get("share") is None else rule.get("share_of", ""),
        }
        for row in rows
        for rule in row.get("rules", ())
        if _share(rule) is not None
    ]
    table = pd.DataFrame(found, columns=list(LEAGUE_COLUMNS))
    if not len(table):
        return table
    table["rank"] = table.groupby("rule")["share"].rank(ascending=False, method="min").astype(int)
    for key in ("units", "units_met"):
        table[key] = pd.to_numeric(table[key]).astype("Int64")
    order = {rule: number for number, rule in enumerate(dict.fromkeys(table["rule"]))}
    return table.sort_values(
        ["rule", "rank", "name"], key=lambda column: column.map(order) if column.name == "rule" else column
    ).reset_index(drop=True)


def _share(rule: Mapping[str, Any]) -> float | None:
    share = rule.get("share")
    if share is None and rule.get("units"):
        share = rule["units_met"] / rule["units"]
    return None if share is None else float(share)


def rule_titles(rows: Sequence[Mapping[str, Any]]) -> list[RuleOnMap]:
    """Every rule of every area once, in the order in which they come."""
    found: dict[str, RuleOnMap] = {}
    for row in rows:
        for rule in row.get("rules", ()):
            title, asked = text_from_json(rule["title"]), text_from_json(rule["asked"])
            found.setdefault(rule["id"], RuleOnMap(rule["id"], title, asked))
    return list(found.values())


def _on_map(row: Mapping[str, Any]) -> AreaOnMap:
    rules = {
        rule["id"]: (rule.get("verdict"), _share(rule), text_from_json(rule["actual"]))
        for rule in row.get("rules", ())
    }
    return AreaOnMap(
        name=row["name"],
        code=row["code"],
        folder=row["folder"],
        state=row["state"],
        message=None if row.get("message") is None else text_from_json(row["message"]),
        residents=row.get("residents"),
        rules=rules,
        outline=json.loads(row["outline"]) if row.get("outline") else None,
        synthetic=bool(row.get("synthetic")),
        has_map=bool(row.get("map", True)),
    )


def read_state(out: Path, said: str = "") -> Mapping[str, Any]:
    """batch.json of a folder, which is called `said` in messages. InputError where there is none, or it is
    none of ours."""
    try:
        state = json.loads((out / STATE).read_bytes())
        if not isinstance(state, dict) or "areas" not in state:
            raise ValueError(STATE)
    except (OSError, ValueError) as error:
        raise InputError("{folder} holds no batch: {file} is missing or damaged.",
                         folder=said or str(out), file=STATE) from error  # fmt: skip
    return state


def earlier_rows(out: Path) -> Mapping[str, Mapping[str, Any]]:
    """The rows of an earlier run by name; none where there was none."""
    try:
        return {row["name"]: row for row in read_state(out)["areas"]}
    except (InputError, TypeError, KeyError):
        return {}
