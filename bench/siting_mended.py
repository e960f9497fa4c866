"""How often the audit had to mend what a solver answered: plans of the demo city and of the large one."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.siting_conditions import city_conditions
from bench.siting_instances import city
from core.errors import UserError
from coverage.siting import Goal, choose_sites
from data.demo import write_demo
from jobs.assess.folder import Assessed, read_and_assess
from jobs.siting.request import PlanConditions, SitingRequest, UnitQuota
from jobs.siting.suggest import suggest
from jobs.study.cases import StudyFiles

CELLS = 660_000
_LOG = "service_circle.siting"
_DEMO = (
    PlanConditions(),
    PlanConditions(spacing_m=800.0),
    PlanConditions(cost=2.0, budget=9.0),
    PlanConditions(quotas=(UnitQuota("street", most=1, only_new=True),)),
    PlanConditions(close=2),
    PlanConditions(backup=0.5),
    PlanConditions(capacity=5_000.0),
    PlanConditions(band=(1_000.0, 5_000.0)),
)


class Mended(logging.Handler):
    """Counts what the log of siting says was mended, or could not be."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.found[record.getMessage().split(":")[0]] += 1

    def said(self) -> str:
        """What was counted since it was last asked."""
        said = ", ".join(f"{what} {n}" for what, n in sorted(self.found.items())) or "nothing mended"
        self.found.clear()
        return said


def mended(seconds: float) -> None:
    """A line for each goal on the demo city, and one for the large city: plans made, and what was mended."""
    log, counting = logging.getLogger(_LOG), Mended()
    log.addHandler(counting)
    log.setLevel(logging.INFO)
    done = _demo_city()
    for goal in ("most-people", "fewest-sites", "least-walking", "least-worst"):
        asked = [
            SitingRequest("centre", 5, goal=goal, time_limit_s=seconds, conditions=conditions)
            for conditions in _DEMO
            if goal == "most-people" or not conditions.backup
        ]
        made = sum(_made(partial(suggest, done, one)) for one in asked)
        print(f"demo city, {goal}: {made} plans, {counting.said()}", flush=True)
    print(f"city of {CELLS:,} cells: {_city_plans(seconds)} plans, {counting.said()}", flush=True)
    log.removeHandler(counting)


def _demo_city() -> Assessed:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_demo(home)
        files = StudyFiles(
            (home / "facilities.xlsx",),
            home / "population.parquet",
            home / "streets.gpkg",
            home / "units.gpkg",
        )
        return read_and_assess(files)


def _city_plans(seconds: float) -> int:
    instance, made = city(CELLS, 2_000, 400, 1_250.0), 0
    for _, wanted, metres in city_conditions(instance, 20):
        reach, goal = instance.reach if metres is None else metres, Goal(**wanted, time_limit_s=seconds)
        made += _made(partial(choose_sites, instance.residents, reach, goal=goal, keep=instance.keep))
    return made


def _made(plan: Callable[[], object]) -> bool:
    """Whether there is a plan: conditions that no plan can meet are no matter here."""
    try:
        plan()
    except UserError:
        return False
    return True
