"""What intake hands on: the accepted facilities, and everything it has to say about the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import listed
from coverage.model.tables import FacilityTable
from data.formats.raw import RawFile
from data.handed_over import HandedOver
from data.intake.datum.coordinates import DatumDecision
from data.intake.decisions import ADDRESS, HAND, PROPOSAL
from data.intake.drafts import ACCEPTED, REFUSED, SET_ASIDE, TO_LOCATE
from data.intake.duplicates import DuplicateGroup
from data.intake.extents import projected
from data.intake.findings import ERROR, Finding
from data.intake.groups import Context
from data.intake.tables.sheets import Table
from data.intake.tables.tiers import CLOSED, PLANNED
from geo.crs import project

ACCEPTED_COLUMNS: Final = (
    "facility_id", "name", "tier", "lon", "lat", "district", "street", "community", "address", "places",
    "capacity", "services", "area_m2", "residents_declared", "status", "opened", "remark", "located_by",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """Lists as read and placed, before anything was checked or decided on: what `judge` starts from."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    datum: DatumDecision
    files: tuple[RawFile, ...]
    tables: tuple[Table, ...]
    context: Context
    handed_over: tuple[HandedOver, ...] = ()


@dataclass(frozen=True)
class Intake:
    """Lists as read and judged; of lists that an earlier check handed over, with what it handed over beside
    them (`handed_over`): counts, facilities that are not open, and facilities without a place.

    `frame` has one row for every row of the lists, in their order: `ACCEPTED_COLUMNS`, `outcome`
    ("accepted", "refused", "set_aside", "to_locate"), `system` (the datum its coordinates were read
    in), `given_lon`, `given_lat` (as the list gives them, in degrees or metres) and `office_file`,
    `office_sheet`, `office_row` (where the row stood before an earlier check, "" where it says nothing).
    `files` are the originals as read, `tables` what was recognised in them (titles and fields).
    `groups` are facilities that seem to be one (rows of `frame`), decided on or not. `reading` is what
    was judged, so that it can be judged anew with other decisions.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    datum: DatumDecision
    files: tuple[RawFile, ...]
    tables: tuple[Table, ...]
    groups: tuple[DuplicateGroup, ...] = ()
    reading: Reading | None = None
    handed_over: tuple[HandedOver, ...] = ()

    @property
    def accepted(self) -> pd.DataFrame:
        """The accepted facilities: `ACCEPTED_COLUMNS`, WGS-84 degrees, index from 0; and `personal` with
        the data on persons, where these were asked for."""
        asked_for = ["personal"] if "personal" in self.frame and self.frame["personal"].any() else []
        return self._as_sent(self.frame["outcome"] == ACCEPTED, [*ACCEPTED_COLUMNS, *asked_for])

    @property
    def not_open(self) -> pd.DataFrame:
        """Planned and closed facilities, set aside: `ACCEPTED_COLUMNS`; NaN where they have no place."""
        own = self._as_sent(self._not_open_rows, list(ACCEPTED_COLUMNS))
        before = pd.DataFrame(self._not_open_before, columns=list(ACCEPTED_COLUMNS))
        return own if before.empty else pd.concat([own, before.astype(own.dtypes)], ignore_index=True)

    @property
    def to_locate(self) -> pd.DataFrame:
        """Facilities with an address and no coordinates; counted as set aside until they are placed."""
        return self.frame.loc[self.frame["outcome"] == TO_LOCATE].reset_index(drop=True)

    @property
    def unplaced(self) -> pd.DataFrame:
        """Tier and declared units of facilities without a place: their community has them all the same."""
        columns = ["tier", "district", "street", "community"]
        before = pd.DataFrame([row for one in self.handed_over for row in one.to_locate], columns=columns)
        return pd.concat([self.to_locate[columns], before.astype(object)], ignore_index=True)

    @property
    def rows(self) -> int:
        """All rows but empty ones, titles and headers: accepted + refused + set aside."""
        return self.accepted_count + self.refused_count + self.set_aside_count

    @property
    def accepted_count(self) -> int:
        return self._count(ACCEPTED)

    @property
    def refused_count(self) -> int:
        return self._count(REFUSED) + sum(one.refused for one in self.handed_over)

    @property
    def set_aside_count(self) -> int:
        before = sum(one.set_aside - len(one.not_open) for one in self.handed_over)
        return self._count(SET_ASIDE, TO_LOCATE) + before + len(self._not_open_before)

    @property
    def _not_open_rows(self) -> pd.Series[bool]:
        return (self.frame["outcome"] == SET_ASIDE) & self.frame["status"].isin((PLANNED, CLOSED))

    @property
    def _not_open_before(self) -> list[Mapping[str, Any]]:
        """Facilities that are not open and were handed over, but for those that a list has as well."""
        own = set(self.frame.loc[self._not_open_rows, "facility_id"])
        return [row for one in self.handed_over for row in one.not_open if row["facility_id"] not in own]

    def _as_sent(self, rows: pd.Series[bool], columns: list[str]) -> pd.DataFrame:
        """Some rows, index from 0; those that an earlier check accepted under the office's file, sheet and
        row."""
        frame = self.frame.loc[rows]
        if "office_file" in frame and (frame["office_file"] != "").any():
            there = frame["office_file"] != ""
            office = {f"source_{part}": frame[f"office_{part}"] for part in ("file", "sheet", "row")}
            frame = frame.assign(**{name: frame[name].mask(there, value) for name, value in office.items()})
            frame = frame.assign(source_row=frame["source_row"].astype(int))
        return frame[columns].reset_index(drop=True)

    def _count(self, *outcomes: str) -> int:
        return int(self.frame["outcome"].isin(outcomes).sum())

    def table(self, crs: str, *, planned: bool = False) -> FacilityTable:
        """The accepted facilities, projected, with the `planned` ones that have a place if wanted (their
        `status` tells them apart); InputError if there is no accepted one."""
        accepted = self.accepted
        if accepted.empty:
            raise self._nothing_left()
        if planned:
            later = self.not_open
            later = later[(later["status"] == PLANNED) & later["lon"].notna() & (later["tier"] != "")]
            accepted = pd.concat([accepted, later], ignore_index=True)
        xy = project(accepted["lon"].to_numpy(float), accepted["lat"].to_numpy(float), crs)
        frame = accepted.drop(columns=["lon", "lat"]).assign(x=xy[:, 0], y=xy[:, 1], source=sources(accepted))
        extent, site_m2 = self._extents(accepted)
        if any(shape is not None for shape in extent):
            frame["extent"] = projected(extent, crs)
        if np.isfinite(site_m2).any():
            frame["site_m2"] = site_m2
        return FacilityTable(frame, crs)

    def _extents(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Doors or outlines of these facilities in degrees (None: a point), and the ground each states."""
        extent, site_m2 = np.full(len(rows), None, object), np.full(len(rows), np.nan)
        if "extent" not in self.frame:
            return extent, site_m2
        own = self.frame.drop_duplicates("facility_id").set_index("facility_id")
        placed = rows["located_by"].isin((HAND, ADDRESS, PROPOSAL)).to_numpy(bool)
        known = rows["facility_id"].isin(own.index).to_numpy(bool)
        found = own.loc[rows["facility_id"][known]]
        extent[known] = found["extent"].to_numpy(object)
        extent[placed] = None  # an outline where somebody moved the facility away is not its own
        site_m2[known] = found["site_m2"].to_numpy(float)
        return extent, site_m2

    def _nothing_left(self) -> InputError:
        """Told with the first reason: there is no folder of results yet in which to look for the others."""
        reasons = [found for found in self.findings if found.level == ERROR] or [*self.findings]
        if not reasons:
            return InputError("The lists hold no facility.")
        first = reasons[0]
        return InputError(
            "No facility of the lists can be used: {refused} rows were refused, {aside} set aside. "
            "The first reason ({where}): {reason} Check the lists by themselves to see all of them.",
            refused=self.refused_count,
            aside=self.set_aside_count,
            where=listed(part for part in (first.file, first.sheet, first.cell) if part),
            reason=first.message,
        )


def sources(frame: pd.DataFrame) -> list[str]:
    """“file, sheet, row n” of every row."""
    return [
        ", ".join(part for part in (file, sheet, f"row {row}") if part)
        for file, sheet, row in zip(
            frame["source_file"], frame["source_sheet"], frame["source_row"], strict=True
        )
    ]
