"""`preview`: what accepting submissions would change, told in consequences before anybody decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import SettingError
from core.progress import Progress, part, silent
from core.text import text
from coverage.assessment import assess
from coverage.publish import results_of
from coverage.scenario.comparison import compare
from data.intake.read import ListRequest, read_lists
from data.store import Store
from data.store.records import ListVersion, Submission, city_named, current_lists, submission_by
from jobs.assess.folder import Assessed, about, read_and_assess
from jobs.collect.cities import city_study, kept_path
from jobs.collect.differences import Differences, carried, differences
from jobs.collect.kept_lists import joined, list_bytes, list_rows
from jobs.collect.permissions import actor

FORMAT: Final = 1


@dataclass(frozen=True)
class OfficeChange:
    """One submission held against its office's list as it stands: the rows of both, and what differs."""

    submission: Submission
    before: pd.DataFrame
    after: pd.DataFrame
    found: Differences


def changes(store: Store, ids: Sequence[str]) -> tuple[OfficeChange, ...]:
    """The submissions against their offices' newest lists. InputError for one that there is not, SettingError
    for submissions of several cities, or two of one office."""
    with store.read() as connection:
        found = [submission_by(connection, number) for number in ids]
        if len({one.city for one in found}) > 1:
            raise SettingError("The submissions are of several cities; preview one city at a time.")
        if len({one.office_id for one in found}) < len(found):
            raise SettingError("Two submissions are of one office; only one of them can be its list.")
        city = city_named(connection, found[0].city)
        lists = current_lists(connection, city)
    made = []
    for one in found:
        now = [list_rows(store.files, lists[one.office_id].sha256)] if one.office_id in lists else []
        before, after = joined(now), list_rows(store.files, one.list_sha256)
        made.append(OfficeChange(one, before, after, differences(before, after)))
    return tuple(made)


def preview(
    store: Store, ids: Sequence[str], *, by: str = "", cache: Path | None = None, progress: Progress = silent
) -> Mapping[str, Any]:
    """What is new, gone, moved and changed, and what it means: rules and units, before and after.

    Both sides are whole assessments of the same residents and streets, the second with the submissions in
    place of their offices' lists: what accepting them would give.
    """
    if not ids:
        raise SettingError("Name at least one submission.")
    actor(store, by).require("submission.preview")
    made = changes(store, ids)
    with store.read() as connection:
        city = city_named(connection, made[0].submission.city)
        lists = current_lists(connection, city)
    document: dict[str, Any] = {"format": FORMAT, **_counts(made)}
    if not any(version.facilities for version in lists.values()):
        # Nothing to compare with: the first lists of a city.
        return document | {"rules": [], "units_changed": []}
    before = read_and_assess(city_study(store, city, lists), cache=cache, progress=part(progress, 0.0, 0.8))
    progress(0.8, text("Working the changes in"))
    after = _with_lists(store, before, {**lists, **{one.submission.office_id: _as_list(one) for one in made}})
    found = compare(before.assessment, after.assessment)
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
        for rule_id, change in found.rules.items()
    ]
    document["units_changed"] = _units_changed(before.results.units, after.results.units)
    progress(1.0, text("Done"))
    return document


def _counts(made: Sequence[OfficeChange]) -> dict[str, Any]:
    """Counts of all, and every facility that is concerned, office by office."""
    return {
        "new": sum(len(one.found.new) for one in made),
        "gone": sum(len(one.found.gone) for one in made),
        "moved": sum(len(one.found.moved) for one in made),
        "changed": sum(len(one.found.changed) for one in made),
        "facilities": [row for one in made for row in change_rows(one)],
    }


def change_rows(one: OfficeChange) -> list[dict[str, Any]]:
    """A row a facility that is new, gone, moved or changed: with its place before and after."""
    before, after, found = one.before, one.after, one.found
    old_of = {new: old for old, new in found.pairs}
    rows: list[dict[str, Any]] = []

    def row(what: str, facility: pd.Series[Any], **more: Any) -> None:
        place = {"lon": _number(facility["lon"]), "lat": _number(facility["lat"])}
        named = {
            "office": one.submission.office,
            "what": what,
            "name": facility["name"],
            "tier": facility["tier"],
        }
        rows.append({**named, **place, **more})

    for new in found.new:
        row("new", after.iloc[new])
    for old in found.gone:
        row("gone", before.iloc[old], facility_id=before["facility_id"].iloc[old])
    for new, old in old_of.items():
        if new not in found.moved and new not in found.changed:
            continue
        told = {
            column: [_plain(before[column].iloc[old]), _plain(after[column].iloc[new])]
            for column in found.changed.get(new, ())
        }
        way = {"moved_m": round(found.moved[new], 1)} if new in found.moved else {}
        sure = {"unsure": True} if new in found.unsure else {}
        place = {"from": [_number(before["lon"].iloc[old]), _number(before["lat"].iloc[old])]} if way else {}
        number = before["facility_id"].iloc[old]
        row(
            "moved" if way else "changed",
            after.iloc[new],
            facility_id=number,
            changed=told,
            **way,
            **place,
            **sure,
        )
    return rows


def _as_list(one: OfficeChange) -> tuple[str, bytes]:
    """The office's name and the list that accepting the submission would keep, under the numbers known."""
    return one.submission.office, list_bytes(carried(one.before, one.after, one.found.pairs))


def _with_lists(
    store: Store, before: Assessed, lists: Mapping[int, ListVersion | tuple[str, bytes]]
) -> Assessed:
    """The assessed city with other lists, read as a result's are."""
    reading = before.inputs.intake.reading
    if reading is None:
        raise RuntimeError("an intake that was not read cannot be read again")
    contents = {
        office: (kept.office, store.files.get(kept.sha256)) if isinstance(kept, ListVersion) else kept
        for office, kept in sorted(lists.items())
    }
    paths = [kept_path(store, name, content) for name, content in contents.values()]
    context = reading.context
    request = ListRequest("wgs84", context.units, units_known=context.units_known, area=context.area)
    intake = read_lists(paths, request)
    base = before.assessment.study
    study = replace(
        base,
        facilities=intake.table(base.grid.crs),
        unplaced=intake.unplaced,
    )
    inputs = replace(before.inputs, study=study, intake=intake)
    assessment = assess(study, inputs.standard)
    return Assessed(inputs, assessment, results_of(assessment, about(inputs)))


def _units_changed(before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    """Units whose verdict on a rule is another one."""
    keys = ["level", "unit_id", "rule"]
    both = before[[*keys, "name", "verdict"]].merge(
        after[[*keys, "verdict"]], on=keys, suffixes=("_before", "_after")
    )
    both = both.fillna("")
    other = both[both["verdict_before"] != both["verdict_after"]]
    return [{str(name): _plain(value) for name, value in row.items()} for row in other.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _number(value: Any) -> float | None:
    found = float(value)
    return found if np.isfinite(found) else None
