"""How far residents have to the nearest facility, in bands of minutes on foot and of metres.

A band holds who is farther than `low` and no farther than `high`: the end belongs to the nearer band, as the
boundary of a rule does. The ends of the standard's own rules are ends of bands, so that the bands up to a
rule's figure add up to the residents it is met for. Minutes are those of the standard's walking speed, for
every group: how old people fare at their own speed is in `readings.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from coverage.checks.measured import Measured
from coverage.equity.areas import area_levels, people_of
from coverage.measuring.measure import BOUNDARY_M
from coverage.model.standard import Check
from coverage.model.tables import Floats, Ints

WALK_MINUTES: Final = (5.0, 10.0, 15.0, 20.0, 30.0)
RADIUS_M: Final = (250.0, 500.0, 750.0, 1000.0, 1250.0, 1500.0, 2000.0)
# The nearest facility of whatever tier.
ANY: Final = "any"
UNITS: Final = {"walk": "min", "radius": "m"}
COLUMNS: Final = (
    "tier", "by", "level", "unit_id", "name", "group", "unit", "band", "low", "high", "residents",
)  # fmt: skip


def travel_bands(measured: Measured) -> pd.DataFrame:
    """Columns `tier, by, level, unit_id, name, group, unit, band, low, high, residents`.

    `by` is `walk` or `radius`, `unit` that of the ends (`min`, `m`). `band` is `up_to` an end, `beyond` the
    last one (`high` is empty), or `unreachable` (both ends are empty). Bands in which nobody lives are left
    out, except the city's. The bands of an area and group add up to its residents.
    """
    parts = [_of_distances(measured, tier, by, metres) for tier, by, metres in _ways(measured)]
    return pd.concat(parts or [pd.DataFrame(columns=list(COLUMNS))], ignore_index=True)


def travel_quantiles(measured: Measured) -> pd.DataFrame:
    """Columns `tier, by, level, unit_id, name, group, unit, residents, median, p90`; `unit` is `min` (by
    `walk`) or `m`.

    The smallest figure that at least half, nine tenths of the people do not exceed: inf where that many
    reach none. A row for the city and every unit in which people of the group live.
    """
    parts = [pd.DataFrame(columns=[*COLUMNS[:7], "residents", "median", "p90"])]
    per_minute = measured.standard.walking.metres_per_minute
    for tier, by, metres in _ways(measured):
        order = np.argsort(metres, kind="stable")
        figure = metres[order] / (per_minute if by == "walk" else 1.0)
        for level in area_levels(measured.study):
            # Small numbers are sorted digit by digit, many times as fast.
            small = np.int16 if len(level.ids) < np.iinfo(np.int16).max else np.int64
            of_cell = level.of_cell.astype(small)[order]
            by_area = np.argsort(of_cell, kind="stable")
            cells, area = order[by_area], of_cell[by_area]
            ends = np.searchsorted(area, np.arange(len(level.ids) + 1))
            for group, people in people_of(measured.study).items():
                run = np.concatenate([[0.0], np.cumsum(people[cells])])
                before, whole = run[ends[:-1]], run[ends[1:]] - run[ends[:-1]]
                there = np.flatnonzero(whole > 0)
                at = {
                    # A little less is wanted, so that 0.9 of ten people is the ninth.
                    name: np.searchsorted(run, (before + share * whole * (1 - 1e-12))[there]) - 1
                    for name, share in (("median", 0.5), ("p90", 0.9))
                }
                parts.append(
                    pd.DataFrame(
                        {
                            "tier": tier,
                            "by": by,
                            "level": level.level,
                            "unit_id": [level.ids[i] for i in there],
                            "name": [level.names[i] for i in there],
                            "group": group,
                            "unit": UNITS[by],
                            "residents": whole[there],
                            **{name: np.round(figure[by_area[rows]], 3) for name, rows in at.items()},
                        }
                    )
                )
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _ways(measured: Measured) -> Iterator[tuple[str, str, Floats]]:
    """Tier (at last that of any), `walk` or `radius`, and every cell's metres."""
    distances = measured.distances
    tiers = list(distances.straight_m)
    for tier, accepted in [*((tier, [tier]) for tier in tiers), (ANY, tiers)]:
        if accepted:
            yield tier, "walk", distances.walk_to(accepted)[0]
            yield tier, "radius", distances.straight_to(accepted)[0]


def band_ends(measured: Measured, by: str) -> Floats:
    """The ends of the bands, ascending: the usual ones and those of the standard's rules with tolerance."""
    standard = measured.standard
    if by == "radius":
        own = [rule.limit_m(standard.walking) for rule in standard.rules if rule.check is Check.RADIUS]
        return np.unique([*RADIUS_M, *own])
    per_minute = standard.walking.metres_per_minute
    own = [
        round(rule.limit_m(standard.walking) / per_minute, 6)
        for rule in standard.rules
        if rule.check is Check.WALK
    ]
    return np.unique([*WALK_MINUTES, *own])


def _of_distances(measured: Measured, tier: str, by: str, metres: Floats) -> pd.DataFrame:
    ends = band_ends(measured, by)
    ends_m = ends if by == "radius" else ends * measured.standard.walking.metres_per_minute
    band: Ints = np.searchsorted(ends_m + BOUNDARY_M, metres, side="left")
    kinds = len(ends) + 2
    band = np.where(np.isfinite(metres), band, kinds - 1)
    low = [0.0, *ends, np.nan]
    high = [*ends, np.nan, np.nan]
    parts = []
    for level in area_levels(measured.study):
        for group, people in people_of(measured.study).items():
            sums = level.histogram(band, people, kinds)
            area, kind = np.nonzero((sums > 0) | (level.level == "city"))
            parts.append(
                pd.DataFrame(
                    {
                        "tier": tier,
                        "by": by,
                        "level": level.level,
                        "unit_id": [level.ids[i] for i in area],
                        "name": [level.names[i] for i in area],
                        "group": group,
                        "unit": UNITS[by],
                        "band": np.asarray([*["up_to"] * len(ends), "beyond", "unreachable"])[kind],
                        "low": np.asarray(low)[kind],
                        "high": np.asarray(high)[kind],
                        "residents": sums[area, kind],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
