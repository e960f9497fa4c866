"""Where the next centres should go: location-allocation with a proof or a bound."""

from coverage.siting.choose import choose_sites
from coverage.siting.conditions import Quota
from coverage.siting.goals import Goal, Plan, Progress, Step, Watch

__all__ = ["Goal", "Plan", "Progress", "Quota", "Step", "Watch", "choose_sites"]
