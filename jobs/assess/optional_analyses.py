"""What takes a while and is made only when asked for: isochrones, barriers, bands, years, supply …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.errors import SettingError
from core.progress import Progress, silent
from core.text import Text, listed, text
from coverage.assessment import Assessment
from coverage.equity.barriers import worst_barriers
from coverage.gaps import split_gap
from coverage.model.standard import Check, Rule
from coverage.model.tables import FacilityTable
from coverage.publish.asked import (
    PART_COLUMNS,
    band_tables,
    part_rows,
    parts_table,
    supply_table,
    timeline_table,
)
from coverage.publish.reach_tables import Reach, barrier_layer, reach_layers
from coverage.scenario.apply import with_facilities
from coverage.scenario.timeline import timeline
from coverage.uncertainty import Doubts, certainty
from data.results.extras import PIECES
from geo.isochrone.isochrones import Kind
from jobs.assess.folder import Assessed
from jobs.study.inputs import Inputs

DEFAULT_MINUTES: Final = (10.0, 15.0)


@dataclass(frozen=True)
class Made:
    """Tables and layers by name, as in `Results.extras` and `Results.layers`."""

    tables: Mapping[str, pd.DataFrame]
    layers: Mapping[str, gpd.GeoDataFrame]


def with_also(done: Assessed, wanted: Sequence[str], *, progress: Progress = silent) -> Assessed:
    """The same results with what is `wanted` of `ALSO`. SettingError for anything else."""
    unknown = [name for name in wanted if name not in ALSO]
    if unknown:
        raise SettingError(
            "“{what}” cannot be made in addition; choose from {known}.",
            what=unknown[0],
            known=listed(ALSO),
        )
    names = tuple(dict.fromkeys(wanted))
    for number, name in enumerate(names):
        title, make = ALSO[name]
        progress(number / len(names), title)
        made = make(done)
        results = replace(
            done.results,
            extras={**done.results.extras, **made.tables},
            layers={**done.results.layers, **made.layers},
        )
        done = replace(done, results=results)
    return done


def widest_walk(assessment: Assessment) -> Rule | None:
    """The walk rule whose barriers are looked for: the longest walk to the most kinds of facility."""
    walking = assessment.standard.walking
    walks = [rule for rule in assessment.standard.rules if rule.check is Check.WALK]
    return max(walks, key=lambda rule: (len(rule.serves), rule.limit_m(walking)), default=None)


def walk_minutes(assessment: Assessment) -> tuple[float, ...]:
    """The minutes that isochrones are drawn for unless others are asked for."""
    walking = assessment.standard.walking
    walks = [rule for rule in assessment.standard.rules if rule.check is Check.WALK]
    limits = sorted({round(rule.limit_m(walking) / walking.metres_per_minute, 6) for rule in walks})
    return tuple(limits) or DEFAULT_MINUTES


def isochrones_of(done: Assessed) -> Made:
    """The whole city's, every facility that any rule of the standard accepts."""
    assessment = done.assessment
    rows = np.flatnonzero(
        assessment.study.facilities.frame["tier"].isin(assessment.standard.tiers).to_numpy(bool)
    )
    speed_kmh = assessment.standard.walking.speed_kmh
    distances = assessment.measured.distances
    wish = Reach(rows, walk_minutes(assessment), speed_kmh, Kind.DISSOLVED)
    found = reach_layers(assessment.study, distances.cells, distances.entrances, wish)
    return Made({}, {"isochrones": found.areas, PIECES: found.streets})


def barriers_of(done: Assessed) -> Made:
    """The worst barriers of the widest walk rule; an empty layer where the standard has none."""
    rule = widest_walk(done.assessment)
    found = () if rule is None else worst_barriers(rule, done.assessment.measured)
    return Made({}, {"barriers": barrier_layer(rule.id if rule else "", found, done.assessment)})


def bands_of(done: Assessed, doubts: Doubts | None = None) -> Made:
    """Bands by seeded resampling; see `coverage.uncertainty` for what is drawn."""
    found = certainty(done.assessment.results, done.assessment.measured, doubts=doubts or Doubts())
    return Made(band_tables(found, done.assessment), {})


def timeline_of(done: Assessed) -> Made:
    """Year by year, with the planned facilities of the lists."""
    study = with_facilities(done.inputs.study, _with_planned(done.inputs))
    cells = done.assessment.measured.distances.cells
    return Made({"timeline": timeline_table(timeline(study, done.inputs.standard, cells=cells))}, {})


def supply_of(done: Assessed) -> Made:
    """Reachable places per 1,000, by both methods."""
    return Made({"supply": supply_table(done.assessment)}, {})


def parts_of(done: Assessed) -> Made:
    """The largest gaps split into parts that one facility each would serve."""
    return Made({"gap_parts": parts_table(done.assessment)}, {})


def parts_of_gap(done: Assessed, rule_id: str, rank: int) -> pd.DataFrame:
    """One gap split: columns part, residents, left, lon, lat. SettingError if there is no such gap."""
    gap = next((gap for gap in done.assessment.gaps_of(rule_id) if gap.rank == rank), None)
    if gap is None:
        raise SettingError("The rule “{rule}” has no gap with the rank {rank}.", rule=rule_id, rank=rank)
    rows = part_rows(gap, split_gap(gap, done.assessment.measured), done.assessment)
    return pd.DataFrame(rows, columns=list(PART_COLUMNS))


def _with_planned(inputs: Inputs) -> FacilityTable:
    return inputs.intake.table(inputs.study.grid.crs, planned=True)


ALSO: Final[Mapping[str, tuple[Text, Callable[[Assessed], Made]]]] = {
    "isochrones": (text("Drawing how far one gets on foot"), isochrones_of),
    "barriers": (text("Looking for the worst barriers"), barriers_of),
    "bands": (text("Drawing what is not known well"), bands_of),
    "timeline": (text("Counting year by year"), timeline_of),
    "supply": (text("Sharing places among those who can reach them"), supply_of),
    "split": (text("Splitting the largest gaps"), parts_of),
}
