"""suggest: where the next facilities of a tier should go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from scipy import sparse

from coverage.assessment import Assessment
from coverage.checks.reach import BOUNDARY_M, cells_within, limit_m, reach_m
from coverage.membership import locate
from coverage.publish import PlanTables, plan_tables
from coverage.siting import Goal, Plan, Step, choose_sites
from coverage.siting.candidates import cell_candidates
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST
from coverage.standard import ANY_TIER, Check, Rule
from coverage.tables import Bools, Floats
from data.intake.read import read_facilities
from data.vector import read_vector
from geo.crs import WGS84
from geo.errors import SettingError
from geo.progress import Progress, part, silent
from geo.reach import bounded_reach, reach_straight
from geo.snapping import snap
from geo.text import text
from jobs.assess import Assessed, assess_inputs, write_folder
from jobs.cases import StudyFiles
from jobs.cases import Wish as Wish
from jobs.inputs import open_inputs

# More candidates than this seldom change the answer and cost time; cells are thinned out to it.
MOST_CANDIDATES: Final = 5000
# Where everybody walks to their nearest site, every candidate reaches far: fewer, and up to here.
MOST_WALKED_TO: Final = 800
LONGEST_WALK_M: Final = 5000.0


def suggest_files(
    files: StudyFiles,
    wish: Wish,
    *,
    out: Path | None,
    language: str = "zh",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Assessed:
    """Assess, then plan; writes the assessment folder with the plan in it where `out` is given."""
    inputs = open_inputs(files, cache=cache, progress=part(progress, 0.0, 0.5))
    done = assess_inputs(inputs, progress=part(progress, 0.5, 0.6))
    progress(0.6, text("Choosing sites"))
    planned = suggest(done, wish)
    if out is not None:
        progress(0.9, text("Writing the results"))
        write_folder(out, planned, language=language)
    progress(1.0, text("Done"))
    return planned


def suggest(done: Assessed, wish: Wish) -> Assessed:
    """The same assessment with the best sites for `wish` in its results.

    Existing facilities stay. Counted are the residents of the rule that speaks of the tier: for
    most-people and fewest-sites those it is not met for yet, for least-walking and least-worst all,
    each at their metres to the nearest facility, old or new (nobody walks over LONGEST_WALK_M).
    """
    rule = rule_for(done, wish)
    measured = done.assessment.measured
    subject = done.assessment.study.subject_to(rule.settlement)
    covered = cells_within(rule, measured)
    by_metres = wish.goal in (LEAST_WALKING, LEAST_WORST)
    limit = LONGEST_WALK_M if by_metres else limit_m(rule, done.assessment.standard) + BOUNDARY_M
    xy = _candidates(done, wish, rule, wanted=subject if by_metres else subject & ~covered)
    reach = _reach(done.assessment, xy, wish, limit)
    goal = Goal(
        wish.goal,
        count=None if wish.goal == FEWEST_SITES else wish.count,
        share=wish.share,
        time_limit_s=wish.time_limit_s,
        gap=wish.gap,
    )
    already = reach_m(rule, measured)[0] if by_metres else covered
    plan = choose_sites(measured.residents * subject, reach, goal=goal, already=already)
    if by_metres:
        plan = _with_served(
            plan, reach, measured.residents * subject, covered, limit_m(rule, measured.standard)
        )
    tables = _tables(done, wish, rule, plan, xy[list(plan.sites)])
    return replace(done, results=replace(done.results, plan=tables))


def _with_served(
    plan: Plan, reach: sparse.csr_array, residents: Floats, covered: Bools, limit: float
) -> Plan:
    """The plan with whom it brings within the rule, site by site: its own goal is about metres."""
    served, gained = covered.copy(), []
    for site in plan.sites:
        row = slice(reach.indptr[site], reach.indptr[site + 1])
        near = reach.indices[row][reach.data[row] <= limit + BOUNDARY_M]
        fresh = near[~served[near]]
        served[fresh] = True
        gained.append(float(residents[fresh].sum()))
    before = float(residents[covered].sum())
    after = before + np.cumsum([0.0, *gained])
    curve = tuple(Step(number, float(total)) for number, total in enumerate(after))
    return replace(plan, residents_before=before, gained=tuple(gained), curve=curve)


def rule_for(done: Assessed, wish: Wish) -> Rule:
    """The rule of the standard that speaks of the tier in the wanted measure.

    One for exactly that tier comes before one for any tier that it serves; SettingError if none.
    """
    check = {"radius": Check.RADIUS, "walk": Check.WALK}.get(wish.by)
    rules = [rule for rule in done.inputs.standard.rules if rule.check is check]
    exact = [rule for rule in rules if rule.tier == wish.tier]
    general = [rule for rule in rules if rule.tier == ANY_TIER and wish.tier in rule.serves]
    if not exact + general:
        raise SettingError(
            "The standard has no rule by {by} for the tier “{tier}”. It speaks of: {tiers}.",
            by=wish.by,
            tier=wish.tier,
            tiers=", ".join(done.inputs.standard.tiers),
        )
    return (exact + general)[0]


def _candidates(done: Assessed, wish: Wish, rule: Rule, *, wanted: Bools) -> Floats:
    study = done.inputs.study
    if wish.candidates is not None:
        xy = (
            read_facilities([wish.candidates], datum=done.inputs.datum, units=study.units)
            .table(study.grid.crs)
            .xy
        )
    else:
        most = MOST_WALKED_TO if wish.goal in (LEAST_WALKING, LEAST_WORST) else MOST_CANDIDATES
        xy = _cell_places(done, rule, wanted, most)
    return xy if wish.exclude is None else xy[~_inside(wish.exclude, xy, study.grid.crs)]


def _cell_places(done: Assessed, rule: Rule, wanted: Bools, most: int) -> Floats:
    """Cell centres from which an unserved resident could be reached, thinned out evenly."""
    grid = done.inputs.study.grid
    near_m = limit_m(rule, done.inputs.standard)
    spacing_m = grid.spacing_m * 0.9
    rows = cell_candidates(grid, wanted=wanted, near_m=near_m, spacing_m=spacing_m)
    while len(rows) > most:
        spacing_m *= max(1.1, float(np.sqrt(len(rows) / most)))
        rows = cell_candidates(grid, wanted=wanted, near_m=near_m, spacing_m=spacing_m)
    places: Floats = grid.xy[rows]
    return places


def _inside(path: Path, xy: Floats, crs: str) -> Bools:
    areas = read_vector(path)
    areas = (areas.set_crs(WGS84) if areas.crs is None else areas).to_crs(crs)
    point, _ = shapely.STRtree(areas.geometry.to_numpy()).query(shapely.points(xy), predicate="intersects")
    inside = np.zeros(len(xy), dtype=bool)
    inside[point] = True
    return inside


def _reach(assessment: Assessment, xy: Floats, wish: Wish, limit: float) -> sparse.csr_array:
    study, distances = assessment.study, assessment.measured.distances
    if wish.by == "radius":
        return reach_straight(xy, study.grid.xy, limit_m=limit)
    places = snap(study.network, xy, limit_m=assessment.standard.walking.snap_limit_m)
    return bounded_reach(study.network, places, distances.cells, limit_m=limit)


def _tables(done: Assessed, wish: Wish, rule: Rule, plan: Plan, xy: Floats) -> PlanTables:
    study = done.inputs.study
    serving = int(study.facilities.frame["tier"].isin(rule.serves).sum())
    facts: Mapping[str, Any] = {
        "goal": wish.goal,
        "by": wish.by,
        "tier": wish.tier,
        "rule": rule.id,
        "count": len(plan.sites),
        "existing": serving,
    }
    return plan_tables(plan, xy, _unit_names(done, xy), crs=study.grid.crs, facts=facts)


def _unit_names(done: Assessed, xy: Floats) -> list[str]:
    units = done.inputs.study.units
    if units is None:
        return [""] * len(xy)
    names = units.frame["name"].to_numpy(str)
    rows = locate(units, xy).rows
    return [" ".join(str(names[row[i]]) for row in rows.values() if row[i] >= 0) for i in range(len(xy))]
