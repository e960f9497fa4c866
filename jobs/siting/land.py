"""Plans that serve residential land instead of residents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.errors import SettingError
from core.text import Text, text
from coverage.equity.residential_land import land_by_cell
from coverage.model.tables import Floats
from coverage.scenario.apply import with_grid
from coverage.siting import Demand, Goal, Plan
from coverage.siting.goals import MOST_PEOPLE
from jobs.assess.folder import Assessed
from jobs.siting.request import RESIDENTIAL_LAND, SitingRequest

# Land counts in cells where nobody is counted too: there the search sees this much of a resident, which is
# in no figure.
_NOBODY: Final = 1e-6


def by_land(done: Assessed, request: SitingRequest) -> Assessed:
    """The assessment that a plan by residential land is chosen on; as it is for plans by residents.

    SettingError without residential land, for other goals, two tiers, loads, or groups that count more.
    """
    asked, study = request.conditions, done.inputs.study
    if asked.weight != RESIDENTIAL_LAND:
        return done
    if study.grounds.residential is None:
        raise SettingError("A plan by residential land needs the land: give it with --residential.")
    if request.goal != MOST_PEOPLE:
        raise SettingError(
            "By residential land sites are chosen for the goal most-people; the others count residents."
        )
    if len(request.tiers) > 1 or asked.weights or asked.has_loads:
        raise SettingError(
            "By residential land one tier is planned at a time, without loads and without groups that count "
            "more: these are residents."
        )
    land, _ = land_by_cell(study)
    if not land.any():
        raise SettingError("No residential land lies near any cell of the population file.")
    grid, measured = study.grid, done.assessment.measured
    people = np.where((grid.residents <= 0) & (land > 0), _NOBODY, grid.residents)
    there = with_grid(study, replace(grid, residents=people))
    assessment = replace(done.assessment, measured=replace(measured, study=there))
    return replace(done, assessment=assessment, inputs=replace(done.inputs, study=there))


def land_importance(done: Assessed) -> Floats:
    """(cells,) m² of residential land for each resident there: residents times it are the land."""
    grid = done.inputs.study.grid
    land, _ = land_by_cell(done.inputs.study)
    return np.divide(land, grid.residents, out=np.zeros(len(land)), where=grid.residents > 0)


def land_facts(demand: Demand, goal: Goal, plan: Plan) -> dict[str, Any]:
    """What plan.json says of the land: m² in all, within reach before and after, and what each site adds in
    build order."""
    problem = demand.problem(goal)
    stay = np.setdiff1d(problem.open_before, np.array(plan.closed, np.int64))
    before = problem.weight[problem.covered(problem.open_before)].sum()
    covered, gained = problem.covered(stay), []
    for site in plan.sites:
        cells = problem.cells_of(site)
        gained.append(round(float(problem.weight[cells[~covered[cells]]].sum()), 1))
        covered[cells] = True
    return {
        "total": round(float(problem.weight.sum()), 1),
        "before": round(float(before), 1),
        "after": round(float(problem.weight[covered].sum()), 1),
        "gained": gained,
    }


def land_remarks(done: Assessed) -> tuple[Text, ...]:
    """What a plan by land counts, and how much is too far from any cell to be counted."""
    _, left_out = land_by_cell(done.inputs.study)
    said = text(
        "The sites were chosen by m² of residential land within reach, counted at the cells it lies nearest "
        "to; residents are told beside it."
    )
    if left_out < 0.5:
        return (said,)
    lost = text(
        "{area:,.0f} m² of residential land lie farther than two cells from any cell of the population file "
        "and are not counted.",
        area=left_out,
    )
    return said, lost
