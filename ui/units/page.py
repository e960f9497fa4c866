"""Units side by side, and how fair it is: ranks, services, equity, loads, how sure, years."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.text import Text, text
from coverage.model.standard import Check, level_title
from coverage.model.verdict_rows import MISSED, VerdictRow, responsible_words, verdict_rows
from ui.overview.table_and_map import city_map
from ui.shell.choices import words
from ui.shell.compute import measure_once
from ui.shell.measured import Reading, assessed_under
from ui.units.certainty import certainty, years
from ui.units.complete import complete
from ui.units.services import loads, services, supply
from ui.units.shares import bands, equity, shares
from ui.widgets.goto import Spot, place_button
from ui.widgets.pick import pick_level
from ui.widgets.sections import NOTHING, answer, explained, page_of_sections, share_or_dash, table
from ui.widgets.tables import exact

_LEAGUE_HEAD: Final = (
    text("Rank"), text("Unit name"), text("Residents"), text("Missed by at least one radius or walk rule"),
    text("Share within every radius and walk rule"), text("Rules met"), text("nearly"), text("not met"),
)  # fmt: skip
_TABLE_HEAD: Final = (
    text("Task"), text("Rule"), text("Figure"), text("Actual"), text("Shortfall"), MISSED,
    text("Verdict"), text("Responsible units"),
)  # fmt: skip
_MOST: Final = 600
_MAP_PX: Final = 400


def ranks(reading: Reading) -> None:
    """The league table of one level, worst and best named first."""
    league = reading.table("league")
    if not len(league):
        answer(text("This city has no units file, so units cannot be compared."))
        return
    shown = pick_level(league, key="league-level")
    if not any(rule.check in (Check.RADIUS, Check.WALK) for rule in reading.standard.rules):
        answer(text("This standard has no radius or walk rule, so nobody is counted as missed."))
    else:
        answer(*_best_and_worst(shown), _all_met(shown, shown["level"].iloc[0]))
    city_map(reading.view, _MAP_PX)
    measure_once()
    places = _places(reading.key, reading.slow)
    rows = [_league_row(row, places) for row in shown.head(_MOST).to_dict("records")]
    table(text("Ranking"), _LEAGUE_HEAD, rows)
    explained(
        text("How the rank comes about"),
        text(
            "A resident is missed if at least one radius or walk rule that speaks of them is not met; each "
            "counts once. Rank is by the share who are not missed; equal shares share the better rank."
        ),
    )


def _best_and_worst(shown: pd.DataFrame) -> list[Text]:
    lived = shown[shown["residents"] > 0]
    if not len(lived):
        return [text("Nobody lives in these units.")]
    worst = lived.iloc[int(lived["residents_missed"].to_numpy().argmax())]
    if not worst["residents_missed"] > 0:
        return [text("Every radius and walk rule that can be judged covers all residents it speaks of.")]
    best = lived.iloc[0]
    return [
        text(
            "Most residents are missed by some radius or walk rule in {worst}: {missed:,.0f} of "
            "{residents:,.0f}. No unit is served better than {best}: {share:.1%} of its residents are within "
            "every radius and walk rule.",
            worst=worst["name"],
            missed=worst["residents_missed"],
            residents=worst["residents"],
            best=best["name"],
            share=best["share"],
        )
    ]


def _all_met(shown: pd.DataFrame, level: str) -> Text:
    judged = shown[shown[["rules_met", "rules_nearly", "rules_not"]].sum(axis=1) > 0]
    met = int(((judged["rules_nearly"] == 0) & (judged["rules_not"] == 0)).sum())
    return text(
        "{met} of {count} {count:unit|units} of the level {level} ({share:.1%}) {met:meets|meet} every rule "
        "that is judged there.",
        met=met,
        count=len(judged),
        level=level_title(level),
        share=met / max(len(judged), 1),
    )


@st.cache_resource(max_entries=3, show_spinner=False)
def _places(key: str, slow: bool) -> dict[str, tuple[float, float, float, float]]:
    """Unit → west, south, east, north of its outline, in degrees."""
    units = assessed_under(key, slow=slow).inputs.study.units
    if units is None:
        return {}
    frame = units.frame.to_crs("EPSG:4326")
    boxes = frame.geometry.bounds.to_numpy(float).round(6).tolist()
    return {number: tuple(box) for number, box in zip(frame["unit_id"], boxes, strict=True)}


def _unit_button(row: dict[Any, Any], places: dict[str, tuple[float, float, float, float]]) -> object:
    box = places.get(row["unit_id"])
    if box is None:
        return row["name"]
    said = text(
        "{unit}: {residents:,.0f} {residents:resident|residents}, of whom at least one radius or walk rule "
        "does not cover {missed:,.0f}.",
        unit=row["name"],
        residents=row["residents"],
        missed=row["residents_missed"],
    )
    west, south, east, north = box
    return place_button(row["name"], Spot((west + east) / 2, (south + north) / 2, said, bounds=box))


def _league_row(row: dict[Any, Any], places: dict[str, tuple[float, float, float, float]]) -> list[object]:
    rank = f"{row['rank']:.0f}" if row["rank"] == row["rank"] else NOTHING
    counts = [exact(row[key]) for key in ("rules_met", "rules_nearly", "rules_not")]
    people = [exact(row["residents"]), exact(row["residents_missed"])]
    return [rank, _unit_button(row, places), *people, share_or_dash(row["share"]), *counts]


def assessment_table(reading: Reading) -> None:
    """Task, figure, actual, what is lacking, responsible units: as the city's assessment asks."""
    lines = verdict_rows(reading.document, reading.standard)
    judged = [line for line in lines if line.verdict is not None]
    met = sum(line.verdict == "meets" for line in judged)
    answer(
        text("{met} of {count} {count:rule|rules} {met:is|are} met.", met=met, count=len(judged)),
        *_farthest(judged),
    )
    table(text("Assessment table"), _TABLE_HEAD, [_line(line) for line in lines], css="tall whole")


def _farthest(judged: list[VerdictRow]) -> list[Text]:
    """The radius or walk rule that covers fewest; none where all cover everybody."""
    reach = [line for line in judged if line.rule.check in (Check.RADIUS, Check.WALK) and line.missed]
    if not reach:
        return []
    worst = max(reach, key=lambda line: line.missed or 0.0)
    return [
        text(
            "Most residents are not covered by: {rule} ({missed:,.0f}).",
            rule=words()(worst.title),
            missed=worst.missed or 0.0,
        )
    ]


def _line(line: VerdictRow) -> list[str]:
    tr = words()
    lacking = tr(line.lacking) if line.lacking else NOTHING
    said = [line.rule.clause or NOTHING, tr(line.title), tr(line.figure), tr(line.actual), lacking]
    # The first few, and how many more there are; all of them are in the workbook.
    responsible = tr(responsible_words(line.responsible)) if line.responsible else NOTHING
    return [*said, tr(line.missed_words), tr(line.verdict_words), responsible]


page_of_sections(
    text("Units and fairness"),
    text("Which units are served worst, who has farthest to go, and how sure that is."),
    {
        "ranks": (text("Ranking"), ranks),
        "table": (text("Assessment table"), assessment_table),
        "services": (text("Kinds of service"), services),
        "complete": (text("Complete communities"), complete),
        "shares": (text("By denominator"), shares),
        "bands": (text("How far"), bands),
        "equity": (text("Fairness"), equity),
        "loads": (text("Residents per facility"), loads),
        "supply": (text("Places within reach"), supply),
        "certainty": (text("Certainty"), certainty),
        "years": (text("Year by year"), years),
    },
    key="units-section",
)
