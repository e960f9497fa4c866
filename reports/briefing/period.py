"""A result set against earlier ones of the same area: two of them, or a city's history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError, SettingError
from core.text import Sayable, Text, listed, text
from coverage.model.standard import Standard
from coverage.model.verdict_rows import result_of_title, verdict_rows
from coverage.publish import Results
from coverage.publish.change_tables import GAINED, KEPT, LOST, NEITHER, NOT_SUBJECT
from reports.briefing.keys import figures_of_row
from reports.briefing.model import Said, Table
from reports.briefing.numbers import exact, people
from reports.briefing.strip import CHINA, result_code, stated_day

# What makes a rule the same one in two results.
_SAME: Final = ("check", "tier", "settlement", "figure", "unit")


def set_against(results: Results, earlier: Sequence[Results]) -> Results:
    """The result with what stood before: `document.before` is the oldest of the earlier ones, `history` all
    of them by time. Where their cells are the same, what became of each (`change_<rule>`).

    InputError for another area, for a later result, or without a rule that both have with the same figure;
    SettingError for a scenario, which already stands beside what it changes, also as an earlier one.
    """
    known = sorted(earlier, key=_when)
    if not known:
        return results
    if results.document.get("scenario"):
        raise SettingError("A scenario already stands beside what it changes; leave --before away.")
    if any(one.document.get("scenario") for one in known):
        raise SettingError("A scenario is no earlier result: it shows what could be, not what was.")
    labels = _labels([*known, results])
    if _when(known[-1]) > _when(results):
        raise InputError(
            "The result of {day} is later than the one of {now} that it is set against. Exchange the two.",
            day=labels[-2], now=labels[-1],
        )  # fmt: skip
    rows = {row["id"]: row for row in results.document["rules"]}
    history = [_state(one, rows, label) for one, label in zip(known, labels, strict=False)]
    for one, state in zip(known, history, strict=True):
        if not _meet(one.cells, results.cells):
            raise InputError("The result of {day} is of another area.", day=state["day"])
        if not state["rules"]:
            raise InputError("The result of {day} has no rule in common with this one.", day=state["day"])
    before = history[0] | {"scenario": None, "now": labels[-1], "places": known[0].places}
    document = {**results.document, "before": before, "history": history}
    return replace(results, document=document, cells=results.cells.assign(**_changes(known[0], results)))


def _when(results: Results) -> dt.datetime:
    """Of when a result is: the end of the day by which its lists were known, else when it was made; what was
    made on that day knew no later lists."""
    made = _moment(str(results.provenance.get("created", "")) or _UNKNOWN)
    said = stated_day(results.provenance)
    if not said:
        return made
    known = _moment(said)
    if len(said) <= len("2026-03-31"):
        known = dt.datetime.combine(known, dt.time.max, CHINA)
    return min(known, made) if made > _moment(_UNKNOWN) else known


def _moment(said: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(said)
    return (found if found.tzinfo else found.replace(tzinfo=CHINA)).astimezone(CHINA)


# Before every other: a result that does not say when it was made.
_UNKNOWN: Final = "1970-01-01"


def _labels(all_of: Sequence[Results]) -> list[str]:
    """The day of each; with the time where two are of one day, to the second where they are of one minute."""
    times = [_when(one) for one in all_of]
    for shown in ("%Y-%m-%d", "%Y-%m-%d %H:%M"):
        labels = [format(time, shown) for time in times]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{time:%Y-%m-%d %H:%M:%S}" for time in times]


def _state(results: Results, rows: Mapping[str, Mapping[str, Any]], label: str) -> dict[str, Any]:
    def same(row: Mapping[str, Any]) -> bool:
        now = rows.get(row["id"])
        return now is not None and all(row.get(key) == now.get(key) for key in _SAME)

    area = results.document["area"]
    return {
        "day": label,
        "code": result_code(results),
        "residents": area["residents"],
        "facilities": area["facilities"],
        "rules": [row for row in results.document["rules"] if same(row)],
    }


def _meet(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether the boxes of two results' cells overlap."""
    return all(
        one[axis].min() <= other[axis].max() and other[axis].min() <= one[axis].max()
        for axis in ("lon", "lat")
    )


def _changes(before: Results, after: Results) -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    """What became of each cell, rule by rule; nothing where the cells are not the same."""
    one, other = before.cells, after.cells
    places = ["lon", "lat"]
    if len(one) != len(other) or not np.allclose(one[places], other[places], rtol=0, atol=1e-6):
        return {}
    found = {}
    for row in before.document["rules"]:
        column = f"meets_{row['id']}"
        if column not in one or column not in other:
            continue
        was, met = (cells[column].fillna(False).to_numpy(bool) for cells in (one, other))
        classes = np.select([met & was, met & ~was, was & ~met], [KEPT, GAINED, LOST], NEITHER)
        classes[other[column].isna().to_numpy() & ~was] = NOT_SUBJECT
        found[f"change_{row['id']}"] = classes.astype(np.uint8)
    return found


def what_changed(document: Mapping[str, Any], standard: Standard) -> Said | None:
    """Residents and facilities then and now; None of a result that stands for itself or of a scenario."""
    before, area = document.get("before") or {}, document["area"]
    if "residents" not in before:
        return None
    then, now = people("before.residents", before["residents"]), people("area.residents", area["residents"])
    figures, kinds = [then, now], []
    for tier, count in area["facilities"].items():
        old = exact(f"before.facilities.{tier}", before["facilities"].get(tier, 0))
        new = exact(f"area.facilities.{tier}", count)
        figures += [old, new] if tier in before["facilities"] else [new]
        kinds.append(
            text("{tier} {old} → {new}", tier=standard.tier_title(tier), old=old.words, new=new.words)
        )
    said = text("Since the result of {day}: residents {then} → {now}; facilities: {kinds}.")
    values = {"day": before["day"], "then": then.words, "now": now.words, "kinds": listed(kinds)}
    return Said(Text(said.template, values), tuple(figures))


def history_table(document: Mapping[str, Any], standard: Standard) -> Table | None:
    """Rule by rule through time, the oldest first; None with fewer than two earlier results."""
    history = document.get("history") or ()
    if len(history) < 2:
        return None
    states = [*history, {"day": document["before"]["now"], "rules": document["rules"]}]
    actual: list[dict[str, Sayable]] = [
        {row.rule.id: row.actual for row in verdict_rows({"rules": state["rules"]}, standard)}
        for state in states
    ]
    now = verdict_rows({"rules": document["rules"]}, standard)
    rows = tuple((row.title, *(one.get(row.rule.id, text("–")) for one in actual)) for row in now)
    places = [*(f"history[{number}].rules" for number in range(len(history))), "rules"]
    figures = tuple(
        figure
        for row in now
        for at, cells in zip(places, actual, strict=True)
        for figure in figures_of_row(row, document, cells.get(row.rule.id), at=at)
    )
    head = (text("Rule"), *(result_of_title(state["day"]) for state in states))
    return Table(text("Results over time"), head, rows, (22, *(78 / len(states) for _ in states)),
                 figures=figures)  # fmt: skip
