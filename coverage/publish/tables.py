"""An assessment as plain tables: what the folder holds, and what maps, reports and pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from core.text import Text
from coverage.model.figures import plain_table
from coverage.model.standard import Check, Rule, Standard

_REACH: Final = (Check.RADIUS.value, Check.WALK.value)


@dataclass(frozen=True)
class PlanTables:
    """`plan` is plan.json; `sites` has rank, residents_gained, unit and points in WGS-84.

    `candidates` are the places that were weighed: lon, lat, name, and rank of those chosen (0: not).
    """

    plan: Mapping[str, Any]
    sites: gpd.GeoDataFrame
    candidates: pd.DataFrame | None = None


@dataclass(frozen=True)
class About:
    """What results say of the files behind them: are they synthetic, what to know, what limits the trust
    in every figure, where from. `scenario` is the name of the scenario they are of, "" as things are."""

    synthetic: bool = False
    notes: tuple[Text, ...] = ()
    limits: tuple[Text, ...] = ()
    scenario: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """One assessment.

    `document` is assessment.json. `units`: one row a unit and rule. `cells`: cell_id, lon, lat,
    residents, groups, `<tier>_m` and `<tier>_walk_m` (metres, inf where unreachable), unit ids,
    settlement, and `meets_<rule>` (True, False, or <NA> where the rule does not speak of the
    cell). `facilities`: with snap_m and load. `gaps`: `make.GAP_COLUMNS` (metres inf where
    unreachable) and outlines in WGS-84. `extras`: further tables by name (see `publish.measures` and
    `publish.asked`), `layers`: further map layers in WGS-84 (see `publish.reach_tables`).
    """

    document: Mapping[str, Any]
    standard: Standard
    units: pd.DataFrame
    cells: pd.DataFrame
    facilities: pd.DataFrame
    gaps: gpd.GeoDataFrame
    provenance: Mapping[str, Any] = field(default_factory=dict)
    plan: PlanTables | None = None
    extras: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """In memory stand the figures that the files have, so that both give the same products."""
        tables = {name: plain_table(table) for name, table in self.extras.items()}
        object.__setattr__(self, "extras", tables)
        object.__setattr__(self, "units", plain_table(self.units))

    @property
    def main_rule(self) -> Rule | None:
        """The rule that is spoken of first: the plan's, else the radius rule (else the walk rule) that leaves
        most residents out; beside an earlier result the one by which most have changed. None where no rule of
        either kind speaks of anybody."""
        if self.plan is not None:
            return self.standard.rule(str(self.plan.plan["rule"]))
        reach = [row for row in self.document["rules"] if row["check"] in _REACH and row["residents"] > 0]
        if not reach:
            return None
        if self.document.get("history"):
            then = {row["id"]: row["residents_missed"] for row in self.document["before"]["rules"]
                    if row["check"] in _REACH}  # fmt: skip
            moved = {row["id"]: abs(row["residents_missed"] - then.get(row["id"], row["residents_missed"]))
                     for row in reach}  # fmt: skip
            most = max(moved, key=lambda rule: moved[rule])
            if moved[most] > 0:
                return self.standard.rule(most)
        worst = max(
            reach, key=lambda row: (row["check"] == _REACH[0], row["residents"] - row["residents_met"])
        )
        return self.standard.rule(str(worst["id"]))

    @property
    def places(self) -> list[list[Any]]:
        """Tier, longitude and latitude of every facility, as JSON values."""
        table = self.facilities[["tier", "lon", "lat"]].astype(object)
        found: list[list[Any]] = table.to_numpy().tolist()
        return found

    def row(self, rule_id: str) -> Mapping[str, Any]:
        """The row of assessment.json of a rule; KeyError if there is none."""
        for row in self.document["rules"]:
            if row["id"] == rule_id:
                return dict(row)
        raise KeyError(rule_id)
