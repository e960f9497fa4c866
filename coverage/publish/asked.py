"""What an assessment can say beyond its verdicts when it is asked to: tables that take a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from coverage.assessment import Assessment
from coverage.equity.floating_catchment import ENHANCED, PLAIN, WALKING, Zone, reachable_supply
from coverage.gaps import Gap, GapSite, split_gap
from coverage.model.standard import Check, Rule
from coverage.publish.measures import named
from coverage.scenario.timeline import Timeline
from coverage.uncertainty import Certainty
from geo.crs import unproject

# Ways of sharing places among those who can reach them: both published ones, and one with zones of a walk.
METHODS: Final = {"2sfca": PLAIN, "e2sfca": ENHANCED, "e2sfca_walk": WALKING}
PART_COLUMNS: Final = ("rule", "rank", "part", "residents", "remaining", "lon", "lat")
# So many of a rule's largest gaps are split.
_GAPS_SPLIT: Final = 10


def band_tables(found: Certainty, assessment: Assessment) -> dict[str, pd.DataFrame]:
    """`bands`: every share with its band, how often each verdict was, and what was drawn: the speeds, the
    standard error of a place, the variation of residents, how often; `bands_units`: the units whose verdict
    flips, most doubtful first."""
    doubts = found.doubts
    slowest, fastest = doubts.speed_kmh
    drawn = {
        "speed_low": slowest,
        "speed_high": fastest,
        "position_m": doubts.position_m,
        "variation": doubts.redistribution,
        "draws": doubts.draws,
    }
    rows = [
        {"rule": band.rule_id, "share": band.share, "low": band.low, "high": band.high, **drawn}
        | {verdict: band.verdicts.get(verdict, 0.0) for verdict in ("meets", "nearly", "not")}
        for band in found.bands
    ]
    columns = ["rule", "share", "low", "high", *drawn, "meets", "nearly", "not"]
    units = named(found.units, assessment.study).drop(columns="unit_row")
    order = ["rule", "level", "unit_id", "name", "verdict", "share", "low", "high", "agree"]
    units = units[order].sort_values(["agree", "rule", "unit_id"], kind="stable", ignore_index=True)
    return {"bands": pd.DataFrame(rows, columns=columns), "bands_units": units}


def timeline_table(found: Timeline) -> pd.DataFrame:
    """One row a rule and year; see `coverage.scenario.timeline.YearResult`. `met_planned` are those met
    with the planned facilities too."""
    columns = [
        "rule", "year", "facilities", "planned", "residents", "residents_met", "share", "met_planned",
        "share_planned", "verdict", "verdict_planned",
    ]  # fmt: skip
    rows = [
        {
            "rule": result.rule_id,
            "verdict": result.verdict.value if result.verdict else "",
            "verdict_planned": result.verdict_planned.value if result.verdict_planned else "",
        }
        | {
            name: getattr(result, name)
            for name in columns
            if name not in ("rule", "verdict", "verdict_planned")
        }
        for result in found.results
    ]
    return pd.DataFrame(rows, columns=columns)


def supply_table(assessment: Assessment) -> pd.DataFrame:
    """Reachable places per 1,000 of the group for every ratio rule, method and unit.

    `unit_id` "" is the city. `per_1000` is the mean of the cells' figures over the group's people;
    `people_met` have the rule's figure within reach.
    """
    columns = ["rule", "method", "level", "unit_id", "name", "people", "people_met", "share", "per_1000"]
    rules = [rule for rule in assessment.standard.rules if rule.check is Check.RATIO]
    parts = [_supply(rule, method, zones, assessment) for rule in rules for method, zones in METHODS.items()]
    tables = [part for part in parts if part is not None]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _supply(rule: Rule, method: str, zones: Sequence[Zone], assessment: Assessment) -> pd.DataFrame | None:
    study = assessment.study
    found = reachable_supply(rule, assessment.measured, zones=zones)
    group = study.grid.groups.get(rule.group)
    if found is None or group is None:
        return None
    met = found.cell_per_1000 >= rule.figure * (1.0 - 1e-12)
    cells = pd.DataFrame({"people": group, "people_met": group * met, "held": group * found.cell_per_1000})
    parts = [cells.sum().to_frame().T.assign(unit_row=-1, level="")]
    for level, rows in study.cells_in.rows.items():
        sums = cells[rows >= 0].groupby(rows[rows >= 0]).sum()
        parts.append(sums.rename_axis("unit_row").reset_index().assign(level=level))
    table = pd.concat(parts, ignore_index=True)
    people = table["people"].where(table["people"] > 0)
    table = table.assign(
        rule=rule.id, method=method, share=table["people_met"] / people, per_1000=table["held"] / people
    )
    return _city_unnamed(table, assessment)


def _city_unnamed(table: pd.DataFrame, assessment: Assessment) -> pd.DataFrame:
    city, units = table[table["unit_row"] < 0], table[table["unit_row"] >= 0]
    blank = city.assign(unit_id="", name="")
    return pd.concat([blank, named(units, assessment.study)]) if len(units) else blank


def parts_table(assessment: Assessment) -> pd.DataFrame:
    """How many facilities the largest gaps of every rule take, and where they serve most.

    Only gaps that one facility cannot serve whole; `part` counts from the one that serves most.
    """
    rows: list[tuple[object, ...]] = []
    for gap in assessment.gaps:
        whole = gap.site is not None and gap.site.residents >= gap.residents * (1 - 1e-9)
        if gap.rank <= _GAPS_SPLIT and not whole:
            rows.extend(part_rows(gap, split_gap(gap, assessment.measured), assessment))
    return pd.DataFrame(rows, columns=list(PART_COLUMNS))


def part_rows(gap: Gap, parts: Sequence[GapSite], assessment: Assessment) -> list[tuple[object, ...]]:
    """rule, rank, part, residents, remaining, lon, lat of every part of one gap."""
    xy = np.array([part.xy for part in parts], float).reshape(-1, 2)
    lon, lat = (values.round(7).tolist() for values in unproject(xy, assessment.study.grid.crs))
    left = gap.residents - np.cumsum([part.residents for part in parts])
    return [
        (gap.rule_id, gap.rank, i + 1, part.residents, max(float(left[i]), 0.0), lon[i], lat[i])
        for i, part in enumerate(parts)
    ]
