"""A city of the store as it stands: read and measured once, then followed from list to list.

What is asked of it are rules and units, so that lists of offices can be exchanged within a second; gaps,
tables and maps are made by `assess`. The figures are those of assessing everything anew.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.progress import Progress, part, silent
from core.text import text
from coverage.assessment import Assessment, judge_rules
from coverage.checks import Measured
from coverage.measuring.measure import Distances, measure
from coverage.model.standard import Standard
from coverage.model.study import Study
from coverage.scenario.apply import with_facilities
from coverage.scenario.incremental import live
from data.intake.intake import Reading
from data.intake.judge import judge
from data.intake.read import ListRequest, read_lists
from data.store import Store
from data.store.records import City, ListVersion, current_lists
from jobs.collect.cities import city_study, kept_path
from jobs.study.inputs import Inputs, open_inputs

# How many cities a program holds ready: each is some 100 MB.
_HELD: Final = 2


@dataclass(frozen=True)
class OfficeList:
    """An office's part of a city's list, as bytes that the readers of lists read."""

    office: str
    content: bytes
    facilities: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Standing:
    """A city with the lists of its offices (office's number → list): `assessment` is judged, without gaps and
    loads by tier. `readings` are the lists as read, one by one."""

    inputs: Inputs
    assessment: Assessment
    lists: Mapping[int, OfficeList]
    readings: Mapping[int, Reading]

    def with_lists(self, store: Store, lists: Mapping[int, OfficeList]) -> Standing:
        """The same city with other lists: only those that differ are read, only facilities that differ are
        measured. InputError where none of the lists holds a facility."""
        filled = {office: one for office, one in sorted(lists.items()) if one.facilities}
        readings = {
            office: self.readings[office]
            if office in self.readings and self.lists[office] == one
            else self._read(store, one)
            for office, one in filled.items()
        }
        intake = judge(_joined(readings, self.inputs.intake.reading))
        base, standard = self.assessment.study, self.inputs.standard
        facilities = intake.table(base.grid.crs)
        study = with_facilities(base, facilities, unplaced=intake.unplaced)
        if facilities.has_extents or base.facilities.has_extents:
            distances = _measured(study, standard)  # only facilities that are points are followed
        else:
            frame = facilities.frame
            named = zip(frame["facility_id"].astype(str), frame["tier"].astype(str), strict=True)
            distances = live(self.assessment, list(named)).follow(facilities)
        assessment = judge_rules(Measured(study, distances, standard))
        inputs = replace(self.inputs, study=study, intake=intake)
        return Standing(inputs, assessment, filled, readings)

    def _read(self, store: Store, one: OfficeList) -> Reading:
        return _read_list(kept_path(store, one.office, one.content), self.inputs.intake.reading)


class StandingCities:
    """The cities that a program holds ready, those asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, int], Standing] = OrderedDict()
        self._expected: dict[tuple[str, int], Standing] = {}

    def expect(self, store: Store, city: City, after: Standing) -> None:
        """Remember how a city would stand: it is how it stands, once what was looked at is accepted."""
        self._expected[(str(store.files.folder), city.id)] = after

    def of(self, store: Store, city: City, *, cache: Path | None, progress: Progress = silent) -> Standing:
        """The city with its newest lists. InputError where none of them holds a facility."""
        with store.read() as connection:
            versions = current_lists(connection, city)
        key = (str(store.files.folder), city.id)
        with self._lock:  # one reads a city; who asks meanwhile waits for it
            held = self._held.get(key)
            if held is None:
                held = _stand(store, city, versions, cache=cache, progress=progress)
            else:
                lists = lists_of(store, versions)
                filled = {office: one for office, one in lists.items() if one.facilities}
                expected = self._expected.get(key, held)
                if filled == dict(expected.lists):
                    held = expected
                elif filled != dict(held.lists):
                    held = held.with_lists(store, lists)
            self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > _HELD:
                self._expected.pop(self._held.popitem(last=False)[0], None)
        return held


CITIES: Final = StandingCities()


def lists_of(store: Store, versions: Mapping[int, ListVersion]) -> dict[int, OfficeList]:
    """The offices' lists with their bytes."""
    return {
        office: OfficeList(one.office, store.files.get(one.sha256), one.facilities)
        for office, one in sorted(versions.items())
    }


def _stand(
    store: Store, city: City, versions: Mapping[int, ListVersion], *, cache: Path | None, progress: Progress
) -> Standing:
    inputs = open_inputs(city_study(store, city, versions), cache=cache, progress=part(progress, 0.0, 0.8))
    progress(0.8, text("Measuring distances"))
    study, standard = inputs.study, inputs.standard
    assessment = judge_rules(Measured(study, _measured(study, standard), standard))
    filled = {office: one for office, one in lists_of(store, versions).items() if one.facilities}
    progress(1.0, text("Read"))
    return Standing(inputs, assessment, filled, _one_by_one(tuple(filled), inputs.intake.reading))


def _measured(study: Study, standard: Standard) -> Distances:
    tiers = tuple(dict.fromkeys((*standard.tiers, *study.facilities.tiers)))
    return measure(study.grid, study.facilities, study.network, tiers=tiers, walking=standard.walking)


def _read_list(path: Path, beside: Reading | None) -> Reading:
    """One list of the store as it is read beside the others of its city."""
    context = _told(beside).context
    request = ListRequest("wgs84", context.units, units_known=context.units_known, area=context.area)
    return _told(read_lists([path], request).reading)


def _one_by_one(offices: tuple[int, ...], whole: Reading | None) -> dict[int, Reading]:
    """A reading of several lists as one of each: files stand in the order of the offices."""
    reading, found = _told(whole), {}
    frame = reading.frame.sort_values("table", kind="stable")
    first = 0  # tables stand in the order of their files
    for office, file in zip(offices, reading.files, strict=True):
        tables = tuple(table for table in reading.tables[first:] if table.file == file.name)
        start, stop = np.searchsorted(frame["table"], (first, first + len(tables)))
        rows = frame.iloc[start:stop]
        found[office] = replace(
            reading,
            frame=rows.assign(table=rows["table"] - first).reset_index(drop=True),
            findings=tuple(one for one in reading.findings if one.file == file.name),
            files=(file,),
            tables=tables,
        )
        first += len(tables)
    return found


def _joined(readings: Mapping[int, Reading], beside: Reading | None) -> Reading:
    """Several readings as one of all lists, in their order."""
    whole = _told(beside)
    frame = whole.frame.iloc[:0]
    if readings:
        frame = pd.concat([one.frame for one in readings.values()], ignore_index=True)
        tables_before = np.cumsum([0, *(len(one.tables) for one in readings.values())])[:-1]
        rows = [len(one.frame) for one in readings.values()]
        frame["table"] = frame["table"] + np.repeat(tables_before, rows)
    return replace(
        whole,
        frame=frame,
        findings=tuple(found for one in readings.values() for found in one.findings),
        files=tuple(file for one in readings.values() for file in one.files),
        tables=tuple(table for one in readings.values() for table in one.tables),
    )


def _told(reading: Reading | None) -> Reading:
    if reading is None:
        raise RuntimeError("an intake that was not read cannot be read again")
    return reading
