"""Where the next centres should go: location-allocation with a proof or a bound."""

from coverage.siting.alternatives import CurvePoint, alternatives, curve
from coverage.siting.choose import Demand, choose_sites
from coverage.siting.conditions import Quota
from coverage.siting.explain import (
    ShorterWay,
    SiteReason,
    Surroundings,
    deciding,
    reasons,
    removal_losses,
    shorter_ways,
)
from coverage.siting.goals import Goal, Plan, Progress, Step, Watch
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
