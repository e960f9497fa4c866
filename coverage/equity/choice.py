"""How many facilities a resident can choose from, and where catchments overlap.

For every radius and walk rule: the facilities that it accepts within its figure, counted at each cell. A
resident with one or more is a resident for whom the rule is met, so `share_1 + share_2 + share_3plus` is the
rule's share; the counts are taken from the same distances, boundary included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from coverage.checks.by_unit import units_of
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, accepted, cells_within, limit_m, reach_matrix
from coverage.equity.areas import area_levels, people_of
from coverage.equity.reached_ground import circles, indexed, pieces_of
from coverage.model.results import RuleResult
from coverage.model.standard import Check, Rule, SizeClass
from coverage.model.tables import Bools, Floats, Ints

# Above this a resident's number of facilities is one class of the table.
_MANY: Final = 3


@dataclass(frozen=True)
class Choice:
    """One rule. `count` (n,): facilities within its figure of each cell it speaks of (`subject`), else 0.

    `facilities` are the rows of those it accepts; `residents` and `residents_only` (one each) the rule's
    residents within their figure, and those of them who have no other.
    """

    rule: Rule
    subject: Bools
    count: Ints
    facilities: Ints
    residents: Floats
    residents_only: Floats


def choices(measured: Measured, results: tuple[RuleResult, ...]) -> Iterator[Choice]:
    """The choice under every radius and walk rule, in the standard's order.

    Rules that share tiers, measure and figure share one search.
    """
    asked = [r for r in results if r.rule.check in (Check.RADIUS, Check.WALK) and r.cells_subject is not None]
    found: dict[_Key, tuple[Ints, csr_array]] = {}

    def width(rule: Rule) -> tuple[float, int]:
        counted = accepted(rule, measured.study.facilities, measured.standard)
        return limit_m(rule, measured.standard), len(counted.rows)

    # The widest first: what a narrower rule asks for may be part of it.
    for rule in sorted((result.rule for result in asked), key=width, reverse=True):
        key = _key(rule, measured)
        if key not in found:
            found[key] = _narrowed(rule, found, measured) or reach_matrix(rule, measured)
    for result in asked:
        rule = result.rule
        rows, reach = found[_key(rule, measured)]
        subject = np.asarray(result.cells_subject)
        residents = np.where(subject, measured.residents, 0.0)
        count = np.where(subject, np.bincount(reach.indices, minlength=len(subject)), 0)
        # The two searches add the same metres in another order: at the very limit the rule's own decides.
        met = subject & cells_within(rule, measured)
        count = np.where(met, np.maximum(count, 1), 0)
        facility = np.repeat(np.arange(len(rows)), np.diff(reach.indptr))
        within = np.bincount(facility, weights=residents[reach.indices], minlength=len(rows))
        alone = residents[reach.indices] * (count[reach.indices] == 1)
        only = np.bincount(facility, weights=alone, minlength=len(rows))
        yield Choice(rule, subject, count.astype(np.int64), rows, within.astype(float), only.astype(float))


_Key = tuple[Check, tuple[str, ...], float, tuple[SizeClass, ...]]


def _key(rule: Rule, measured: Measured) -> _Key:
    return rule.check, rule.serves, limit_m(rule, measured.standard), rule.classes


def _narrowed(
    rule: Rule, found: Mapping[_Key, tuple[Ints, csr_array]], measured: Measured
) -> tuple[Ints, csr_array] | None:
    """What `reach_matrix` gives, taken from a search that went as far for all of the rule's facilities."""
    limit = limit_m(rule, measured.standard)
    rows = accepted(rule, measured.study.facilities, measured.standard).rows
    for (check, _, _, classes), (wider_rows, wider) in found.items():
        if check is rule.check and not classes and not rule.classes and np.isin(rows, wider_rows).all():
            part = wider[np.searchsorted(wider_rows, rows)]
            within = part.data <= limit + BOUNDARY_M
            indptr = np.append(0, np.cumsum(within))[part.indptr]
            return rows, csr_array((part.data[within], part.indices[within], indptr), shape=part.shape)
    return None


def overlaps(measured: Measured) -> dict[str, float]:
    """Radius rule → how far the circles of the facilities it accepts overlap: (their sum − their union) ÷
    their union, on the ground of the lowest units the rule speaks of (everywhere, without units).

    0 where none touch, 1 where all ground lies in two. Rules whose circles reach no such ground are left out.
    """
    study, found = measured.study, {}
    for rule in measured.standard.rules:
        counted = accepted(rule, study.facilities, measured.standard)
        if rule.check is not Check.RADIUS or not len(counted.rows):
            continue
        drawn = circles(study.facilities.entrances.places_of(counted.rows), counted.limit_m)
        union = pieces_of(np.array([shapely.union_all(drawn)]))
        if study.units is None:
            every, once = float(shapely.area(drawn).sum()), float(shapely.area(union.shape).sum())
        else:
            judged = units_of(study, study.units.levels[-1], rule.settlement)
            ground = study.units.frame.geometry.to_numpy()[judged]
            every = float(indexed(drawn).area_in(ground).sum())
            once = float(union.area_in(ground).sum())
        if once > 0:
            found[rule.id] = max(every / once - 1.0, 0.0)
    return found


def choice_table(found: list[Choice], measured: Measured) -> pd.DataFrame:
    """`rule, level, unit_id, name, group, mean, median, share_0, share_1, share_2, share_3plus`.

    A row for the city and for every unit, for everybody (`all`) and for each group. The median is the least
    number that half the residents do not exceed. Where nobody the rule speaks of lives, figures are empty.
    """
    parts = []
    levels = list(area_levels(measured.study))
    for choice in found:
        kinds = int(choice.count.max(initial=0)) + 1
        kind = np.where(choice.subject, choice.count, -1)
        numbers = np.arange(kinds)
        for level in levels:
            for group, people in people_of(measured.study).items():
                by_count = level.histogram(kind, people, max(kinds, _MANY + 1))
                whole = by_count.sum(axis=1)
                share = np.full_like(by_count, np.nan)
                np.divide(by_count, whole[:, None], out=share, where=whole[:, None] > 0)
                half = np.argmax(np.cumsum(share, axis=1) >= 0.5 - 1e-12, axis=1).astype(float)
                parts.append(
                    pd.DataFrame(
                        {
                            "rule": choice.rule.id,
                            "level": level.level,
                            "unit_id": level.ids,
                            "name": level.names,
                            "group": group,
                            "mean": np.round(share[:, :kinds] @ numbers, 6),
                            "median": np.where(whole > 0, half, np.nan),
                            "share_0": share[:, 0],
                            "share_1": share[:, 1],
                            "share_2": share[:, 2],
                            "share_3plus": share[:, _MANY:].sum(axis=1),
                        }
                    )
                )
    columns = ["rule", "level", "unit_id", "name", "group", "mean", "median", "share_0", "share_1", "share_2"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns, "share_3plus"])


def choice_facilities_table(found: list[Choice], measured: Measured) -> pd.DataFrame:
    """`rule, facility_id, name, residents, residents_only`: whom each reaches, and whom alone."""
    frame = measured.study.facilities.frame
    parts = [
        pd.DataFrame(
            {
                "rule": choice.rule.id,
                "facility_id": frame["facility_id"].to_numpy()[choice.facilities],
                "name": frame["name"].to_numpy()[choice.facilities],
                "residents": np.round(choice.residents, 6),
                "residents_only": np.round(choice.residents_only, 6),
            }
        )
        for choice in found
    ]
    columns = ["rule", "facility_id", "name", "residents", "residents_only"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
