"""Plans that serve residential land instead of residents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.errors import SettingError
from core.text import Text, text, text_to_json
from coverage.equity.residential_land import land_by_cell
from coverage.scenario.apply import with_grid
from coverage.siting import Demand, Goal, Plan
from coverage.siting.goals import MOST_PEOPLE
from jobs.assess.folder import Assessed
from jobs.siting.explain import lonlat, unit_names
from jobs.siting.question import question_of
from jobs.siting.refined import among_json, among_words, over_all_places
from jobs.siting.request import RESIDENTIAL_LAND, RESIDENTS, SitingRequest
from jobs.siting.search_monitor import SearchMonitor, chosen

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
    require_askable_by_land(request)
    land, _ = land_by_cell(study)
    if not land.any():
        raise SettingError("No residential land lies near any cell of the population file.")
    grid, measured = study.grid, done.assessment.measured
    people = np.where((grid.residents <= 0) & (land > 0), _NOBODY, grid.residents)
    there = with_grid(study, replace(grid, residents=people))
    assessment = replace(done.assessment, measured=replace(measured, study=there))
    return replace(done, assessment=assessment, inputs=replace(done.inputs, study=there))


def require_askable_by_land(request: SitingRequest) -> None:
    """SettingError for what counts residents: other goals, two tiers, loads, groups that count more."""
    asked = request.conditions
    if request.goal != MOST_PEOPLE:
        raise SettingError(
            "By residential land sites are chosen for the goal most-people; the others count residents."
        )
    if len(request.tiers) > 1 or asked.weights or asked.has_loads:
        raise SettingError(
            "By residential land one tier is planned at a time, without loads and without groups that count "
            "more: these are residents."
        )


def plan_on_land(done: Assessed, request: SitingRequest, monitor: SearchMonitor) -> dict[str, Any]:
    """plan.json of a study without residents: the sites with m² of land, and nothing of residents.

    SettingError where the request is not by residential land, or asks what counts residents.
    """
    if request.conditions.weight != RESIDENTIAL_LAND:
        raise SettingError(
            "Residents are unknown without --population: choose the sites by land, with --weight "
            "residential_land."
        )
    require_askable_by_land(request)
    # Land stands in the residents' place already: it is not weighed a second time.
    as_given = replace(request, conditions=replace(request.conditions, weight=RESIDENTS))
    asked, plan = chosen(lambda: question_of(done, as_given, monitor=monitor), monitor)
    plan = over_all_places(plan, asked)
    land, xy = land_facts(asked.demand, asked.goal, plan), asked.candidates.xy[list(plan.sites)]
    among, names = among_json(asked, plan), done.inputs.study.facilities.frame["name"].to_numpy(str)
    verdict = plan.verdict
    if plan.nobody_reached:
        verdict = text("No possible site reaches residential land that is not within reach yet.")
    places = zip(land["gained"], lonlat(done, xy), unit_names(done, xy), plan.sites, strict=True)
    return {
        "format": 1,
        "weight": RESIDENTIAL_LAND,
        "goal": request.goal,
        "by": request.by,
        "tier": request.tier,
        "rule": asked.rule.id,
        "count": len(plan.sites),
        "wanted": request.count,
        "existing": len(asked.existing),
        "candidates": len(asked.candidates),
        "counted": RESIDENTIAL_LAND,
        "land_m2": land,
        "objective": float(plan.objective),
        "bound": float(plan.bound) if np.isfinite(plan.bound) else None,
        "gap": float(plan.gap),
        "proven": bool(plan.proven),
        "seconds": round(float(plan.seconds), 3),
        "sites": [
            {
                "rank": rank, "lon": lon, "lat": lat, f"{RESIDENTIAL_LAND}_m2_gained": gained,
                "unit": " ".join(units.values()), "name": asked.candidates.names[site],
            }
            for rank, (gained, (lon, lat), units, site) in enumerate(places, start=1)
        ],
        "asked": request.as_json(),
        "closed": [str(names[asked.existing[row - len(asked.candidates)]]) for row in plan.closed],
        "notes": [text_to_json(note) for note in among_words(asked, plan)],
        "verdict": text_to_json(verdict),
        **among,
    }  # fmt: skip


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
