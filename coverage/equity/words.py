"""What the distances mean, in sentences a council reads."""

from __future__ import annotations

import math

from core.text import Text, text
from coverage.equity.equity import Equity, EquityRow, is_on_foot
from coverage.model.standard import Standard

# Nearer than this two medians are told as alike: half a city block.
_ALIKE_M = 50.0


def statements(equity: Equity, standard: Standard) -> tuple[Text, ...]:
    """Plain sentences on one rule: how far, who cannot, how unequal, who has farther to go."""
    everybody = equity.rows[0]
    if not everybody.spread.people > 0:
        return ()
    said = [_how_far(equity, everybody, standard), *_unreachable(everybody), *_unequal(everybody)]
    said.extend(_compared(row, everybody) for row in equity.rows if row.kind == "group")
    urban, rural = equity.row("settlement", "urban"), equity.row("settlement", "rural")
    if urban and rural:
        said.append(_compared(rural, urban))
    areas = equity.areas()
    said.extend(_compared(areas[0], other) for other in areas[1:])
    return tuple(said)


def _how_far(equity: Equity, row: EquityRow, standard: Standard) -> Text:
    tier = standard.tier_title(equity.rule.tier)
    spread = row.spread
    if math.isinf(spread.median_m):
        return text("More than half of the residents cannot reach a {tier} on foot.", tier=tier)
    if math.isinf(spread.p90_m):
        return text(
            "Half of the residents have at most {median:,.0f} m to a {tier}; "
            "more than one in ten cannot reach any.",
            median=spread.median_m,
            tier=tier,
        )
    if not is_on_foot(equity.rule):
        return text(
            "Half of the residents live within {median:,.0f} m of a {tier} in a straight line, nine in ten "
            "within {p90:,.0f} m.",
            median=spread.median_m,
            p90=spread.p90_m,
            tier=tier,
        )
    return text(
        "Half of the residents walk at most {median:,.0f} m ({minutes:.0f} min) to a {tier}, "
        "nine in ten at most {p90:,.0f} m ({p90_minutes:.0f} min).",
        median=spread.median_m,
        minutes=row.minutes(spread.median_m),
        p90=spread.p90_m,
        p90_minutes=row.minutes(spread.p90_m),
        tier=tier,
    )


def _unreachable(row: EquityRow) -> list[Text]:
    if not row.spread.unreachable > 0:
        return []
    unreachable = row.spread.unreachable
    return [text("Residents who cannot reach one at all: {residents:,.0f}.", residents=unreachable)]


def _unequal(row: EquityRow) -> list[Text]:
    """Nothing where nobody can reach anything."""
    spread = row.spread
    if spread.worst_to_best is None or math.isnan(spread.worst_to_best):
        return []
    return [
        text(
            "The fifth of the residents with the longest ways has {times:.1f} times as far as "
            "the fifth with the shortest ({farthest:,.0f} m against {nearest:,.0f} m); "
            "Gini coefficient {gini:.2f}, where 0 means equally far for all.",
            times=spread.worst_to_best,
            farthest=spread.farthest_fifth_m,
            nearest=spread.nearest_fifth_m,
            gini=spread.gini,
        )
    ]


def _compared(row: EquityRow, other: EquityRow) -> Text:
    """By the medians, or by who is beyond the rule where a median is out of reach."""
    mine, theirs = row.spread.median_m, other.spread.median_m
    names = {"who": row.title, "others": other.title}
    if math.isinf(mine) or math.isinf(theirs):
        return text(
            "Beyond the rule are {share:.1%} of {who} and {share_of_others:.1%} of {others}.",
            share=row.spread.share_beyond or 0.0,
            share_of_others=other.spread.share_beyond or 0.0,
            **names,
        )
    if abs(mine - theirs) < _ALIKE_M:
        return text("Half of {who} have about as far to go as half of {others}.", **names)
    return text(
        "Half of {who} have at most {median:,.0f} m to go, "
        "half of {others} at most {median_of_others:,.0f} m.",
        median=mine,
        median_of_others=theirs,
        **names,
    )
