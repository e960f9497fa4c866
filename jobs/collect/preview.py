"""`preview`: what accepting submissions would change, told in consequences before anybody decides."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core.progress import Progress, part, silent
from core.text import listed, text
from coverage.publish import unit_table
from coverage.scenario.comparison import compare
from data.intake.duplicates import DuplicateGroup
from data.store import Store
from data.store.records import city_named, current_lists
from jobs.collect.changes import WHOLE, ByRow, OfficeChange, changes_in
from jobs.collect.permissions import actor
from jobs.collect.standing import CITIES, Standing, lists_of

FORMAT: Final = 1
# Findings of a list that may move or double all its facilities.
_OF_DATUM: Final = ("unchecked-datum", "unknown-datum", "mixed-datum", "far-from-others", "unit-conflict")


def preview(
    store: Store,
    ids: Sequence[str],
    *,
    by_row: ByRow = WHOLE,
    by: str = "",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Mapping[str, Any]:
    """What is new, gone, moved and changed, what it means for rules and units, and what is doubtful in it.

    Both sides are the same residents and streets, the second with the submissions in place of their offices'
    lists: the figures are those that accepting them gives. The messages of `doubts` are Texts (`said_in`).
    """
    actor(store, by).require("submission.preview")
    with store.read() as connection:
        made = changes_in(connection, store.files, ids, by_row)
        city = city_named(connection, made[0].submission.city)
        versions = current_lists(connection, city)
    document: dict[str, Any] = {"format": FORMAT, **_counts(made)}
    if not any(version.facilities for version in versions.values()):
        # Nothing to compare with: the first lists of a city.
        return document | {"rules": [], "units_changed": [], "doubts": _doubts(store, made, None)}
    before = CITIES.of(store, city, cache=cache, progress=part(progress, 0.0, 0.8))
    progress(0.8, text("Working the changes in"))
    mine = {one.submission.office_id: one.as_list for one in made}
    after = before.with_lists(store, {**lists_of(store, versions), **mine})
    CITIES.expect(store, city, after)
    document["rules"] = [
        {
            "id": rule_id,
            "residents_gained": change.gained,
            "residents_lost": change.lost,
            "share_before": change.shares[0],
            "share_after": change.shares[1],
            "verdict_before": change.verdicts[0].value if change.verdicts[0] else "",
            "verdict_after": change.verdicts[1].value if change.verdicts[1] else "",
        }
        for rule_id, change in compare(before.assessment, after.assessment).rules.items()
    ]
    document["units_changed"] = _units_changed(unit_table(before.assessment), unit_table(after.assessment))
    document["doubts"] = _doubts(store, made, after)
    progress(1.0, text("Done"))
    return document


def _counts(made: Sequence[OfficeChange]) -> dict[str, Any]:
    """Counts of all, and every facility that is concerned, office by office."""
    return {
        "new": sum(len(one.found.new) for one in made),
        "gone": sum(len(one.found.gone) for one in made),
        "moved": sum(len(one.found.moved) for one in made),
        "changed": sum(len(one.found.changed) for one in made),
        "facilities": [row for one in made for row in one.told],
    }


def _units_changed(before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Units whose verdict on a rule is another one."""
    keys = ["level", "unit_id", "rule"]
    both = before[[*keys, "name", "verdict"]].merge(
        after[[*keys, "verdict"]], on=keys, suffixes=("_before", "_after")
    )
    both = both.fillna("")
    other = both[both["verdict_before"] != both["verdict_after"]]
    return [{str(name): value for name, value in row.items()} for row in other.to_dict("records")]


def _doubts(store: Store, made: Sequence[OfficeChange], after: Standing | None) -> list[dict[str, Any]]:
    """What carries the change and may be wrong: coordinate systems, facilities that two offices list."""
    doubts = []
    for one in made:
        office = one.submission.office
        found = pd.read_csv(
            io.BytesIO(store.files.get(one.submission.findings_sha256)), dtype=str, keep_default_na=False
        )
        doubts += [
            {"office": office, "code": code, "message": message}
            for code, message in zip(found["code"], found["message"], strict=True)
            if code in _OF_DATUM
        ]
        for number in sorted(one.elsewhere):
            said = text("The list bears a number that is another office's: {number}.", number=number)
            doubts.append({"office": office, "code": "number-of-another", "message": said})
        for row in one.told:
            if row.get("unsure"):
                said = text(
                    "“{name}” was taken for {number} by place and type, or by its name at another place.",
                    name=row["name"],
                    number=row["facility_id"],
                )
                doubts.append({"office": office, "code": "unsure-match", "message": said})
    if after is None:
        return doubts
    offices = {one.submission.office for one in made}
    twice = (_listed_twice(group, after, offices) for group in after.inputs.intake.groups)
    return doubts + [row for row in twice if row is not None]


def _listed_twice(group: DuplicateGroup, after: Standing, offices: set[str]) -> dict[str, Any] | None:
    """A facility that several offices list, one of them by what is looked at."""
    frame = after.inputs.intake.frame.iloc[list(group.rows)]
    concerned = sorted({Path(str(file)).stem for file in frame["source_file"]})
    if len(concerned) < 2 or not offices & set(concerned):
        return None
    said = text(
        "Listed by several offices, {apart:,.0f} m apart: {names}.",
        apart=group.apart_m,
        names=listed(
            f"{name}（{Path(str(file)).stem}）"
            for name, file in zip(frame["name"], frame["source_file"], strict=True)
        ),
    )
    return {"office": "、".join(concerned), "code": "duplicate-across-offices", "message": said}
