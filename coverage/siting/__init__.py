"""Where the next centres should go: location-allocation with a proof or a bound."""

from coverage.siting.choose import CurvePoint, Demand, alternatives, choose_sites, curve
from coverage.siting.explain import (
    ShorterWay,
    SiteReason,
    Surroundings,
    deciding,
    reasons,
    removal_losses,
    shorter_ways,
)
from coverage.siting.goals import Goal, Plan, Progress, Quota, Step, Watch
from coverage.siting.tiers import TierPlan, TwoTiers, as_tiers, both, choose_both

__all__ = [
    "CurvePoint",
    "Goal",
    "Demand",
    "Plan",
    "Progress",
    "Quota",
    "ShorterWay",
    "SiteReason",
    "Step",
    "Surroundings",
    "TierPlan",
    "TwoTiers",
    "Watch",
    "alternatives",
    "as_tiers",
    "both",
    "choose_both",
    "choose_sites",
    "curve",
    "deciding",
    "reasons",
    "removal_losses",
    "shorter_ways",
]
