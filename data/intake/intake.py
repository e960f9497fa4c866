"""What intake hands on: the accepted facilities, and everything it has to say about the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from coverage.tables import FacilityTable
from data.formats.raw import RawFile
from data.intake.coordinates import DatumDecision
from data.intake.drafts import ACCEPTED, REFUSED, SET_ASIDE, TO_LOCATE
from data.intake.findings import Finding
from data.intake.sheets import Table
from geo.crs import project
from geo.errors import InputError

ACCEPTED_COLUMNS: Final = (
    "facility_id", "name", "tier", "lon", "lat", "district", "street", "community", "address", "places",
    "area_m2", "residents_declared", "status", "opened", "remark",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip


@dataclass(frozen=True)
class Intake:
    """Lists as read and judged.

    `frame` has one row for every row of the lists, in their order: `ACCEPTED_COLUMNS`, `outcome`
    ("accepted", "refused", "set_aside", "to_locate"), `system` (the datum its coordinates were read
    in) and `given_lon`, `given_lat` (as the list gives them, in degrees or metres). `files` are the
    originals as read, `tables` what was recognised in them (titles and fields, for confirmation).
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    datum: DatumDecision
    files: tuple[RawFile, ...]
    tables: tuple[Table, ...]

    @property
    def accepted(self) -> pd.DataFrame:
        """The accepted facilities: `ACCEPTED_COLUMNS`, WGS-84 degrees, index from 0."""
        kept = self.frame.loc[self.frame["outcome"] == ACCEPTED, list(ACCEPTED_COLUMNS)]
        return kept.reset_index(drop=True)

    @property
    def to_locate(self) -> pd.DataFrame:
        """Facilities with an address and no coordinates; counted as set aside until they are placed."""
        return self.frame.loc[self.frame["outcome"] == TO_LOCATE].reset_index(drop=True)

    @property
    def rows(self) -> int:
        """All rows but empty ones, titles and headers: accepted + refused + set aside."""
        return len(self.frame)

    @property
    def accepted_count(self) -> int:
        return self._count(ACCEPTED)

    @property
    def refused_count(self) -> int:
        return self._count(REFUSED)

    @property
    def set_aside_count(self) -> int:
        return self._count(SET_ASIDE, TO_LOCATE)

    def _count(self, *outcomes: str) -> int:
        return int(self.frame["outcome"].isin(outcomes).sum())

    def table(self, crs: str) -> FacilityTable:
        """The accepted facilities, projected; InputError if there are none."""
        accepted = self.accepted
        if accepted.empty:
            raise InputError(
                "No facility of the lists can be used; {count} rows were refused. See the findings.",
                count=self.refused_count,
            )
        xy = project(accepted["lon"].to_numpy(float), accepted["lat"].to_numpy(float), crs)
        frame = accepted.drop(columns=["lon", "lat"]).assign(x=xy[:, 0], y=xy[:, 1], source=sources(accepted))
        return FacilityTable(frame, crs)


def sources(frame: pd.DataFrame) -> list[str]:
    """“file, sheet, row n” of every row."""
    return [
        ", ".join(part for part in (file, sheet, f"row {row}") if part)
        for file, sheet, row in zip(
            frame["source_file"], frame["source_sheet"], frame["source_row"], strict=True
        )
    ]
