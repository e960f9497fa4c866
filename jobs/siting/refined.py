"""Candidates as fine as the question: every cell is considered, those that matter are weighed.

What was weighed, how far apart, and what places that were not could add at most is said with the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from core.text import Text, rounded_up, text, text_to_json
from coverage.measuring.focal_sums import disc_sums
from coverage.model.tables import Floats, Ints
from coverage.siting import Plan
from coverage.siting.candidates import Places, refine, thinned
from coverage.siting.goals import MOST_PEOPLE, gap_of
from coverage.siting.model.highs import Limits
from geo.crs import unproject
from geo.distance.reach import bounded_reach, reach_straight
from geo.network.snapping import take
from jobs.assess.folder import Assessed
from jobs.siting.candidates import Candidates
from jobs.siting.request import CELLS, SitingRequest
from jobs.siting.search_monitor import SearchMonitor

if TYPE_CHECKING:
    from jobs.siting.question import Question

# So few are weighed as they are.
_FEW: Final = 2_000
# The places to begin with, and those to end with: as many as have so many cells within reach together.
_COARSE: Final = 6_000
_MOST: Final = 20_000
_MOST_ENTRIES: Final = 8_000_000
# A search for the best places uses so much of the time at most; the rest is for proving.
_PART_OF_TIME: Final = 0.4
# Where nothing can be proved of all places, a plan so near the best of those that are weighed will do.
_NEAR: Final = 0.0005
# Places farther apart than this part of the reach miss better ones between them.
_FINE_ENOUGH: Final = 1 / 3


def can_refine(request: SitingRequest) -> bool:
    """Whether prices say which places matter: most people, no condition but required places."""
    asked = request.conditions
    tied = asked.has_loads or asked.ties_sites or bool(asked.backup)
    generated = request.candidates is None and request.source == CELLS
    return (
        request.goal == MOST_PEOPLE
        and generated
        and not tied
        and bool(request.count)
        and len(request.tiers) == 1
    )


def near_enough(request: SitingRequest, found: Candidates) -> float:
    """The gap at which the search among the places that are weighed ends: the one asked for. Where none is,
    and the bound over all places leaves more open than a longer search could close, half a thousandth."""
    among = found.among
    open_anyway = among is not None and np.isfinite(among.bound) and not among.everywhere
    return request.gap or (_NEAR if open_anyway else 0.0)


def refined(
    done: Assessed,
    request: SitingRequest,
    found: Candidates,
    weight: Floats,
    limit_m: float,
    monitor: SearchMonitor,
) -> Candidates:
    """Of all places those that a best plan could contain; `weight` (cells,) would be served anew."""
    named = np.array(found.required, np.int64)
    count = (request.count or 0) - len(named)
    free = np.setdiff1d(np.flatnonzero(found.cell >= 0), np.union1d(named, found.forbidden))
    if found.among is None or count <= 0 or len(free) <= max(_FEW, 2 * count):
        return found
    monitor.progress(0.0, text("Looking through {count:,} places where a site could be", count=len(free)))
    reach = _reach(done, request.by, found.cell[free], limit_m)
    weight = weight.copy()
    if len(named):
        weight[_reached(done, request.by, found, named, limit_m)] = 0.0
    grid = done.inputs.study.grid

    def at_most(values: Floats) -> Floats:
        sums = disc_sums(grid.xy, values, radius_m=limit_m, spacing_m=grid.spacing_m, lattice=grid.lattice)
        return np.asarray(sums[found.cell[free]])

    promise = at_most(weight)
    xy = grid.xy[found.cell[free]]
    coarse = thinned(xy, promise, max(limit_m * _FINE_ENOUGH, 0.9 * grid.spacing_m))
    coarse = coarse[np.argsort(-promise[coarse], kind="stable")][:_COARSE]
    if len(coarse) <= count:
        return found
    within = float(np.pi * limit_m**2 / np.median(grid.area_m2))
    most = int(np.clip(_MOST_ENTRIES / max(within, 1.0), 2 * count, _MOST))
    limits = Limits(request.time_limit_s * _PART_OF_TIME, request.gap, watch=monitor.watch)
    best = refine(Places(weight, reach, at_most), coarse, count, limits, most=most, progress=monitor.progress)
    among = replace(
        found.among, everywhere=best.complete, value=best.value, bound=max(best.bound, best.value)
    )
    rows = np.union1d(free[best.rows], named)
    required = tuple(np.searchsorted(rows, named).tolist())
    # of required places more than those served anew was left out
    anew = None if len(named) else best.reach
    return replace(found.only(rows), required=required, forbidden=(), among=among, anew=anew)


def _reach(done: Assessed, by: str, cells: Ints, limit_m: float) -> Callable[[Ints], sparse.csr_array]:
    study, doors = done.inputs.study, done.assessment.measured.distances.cells
    if by == "radius":
        tree = cKDTree(study.grid.xy)
        return lambda rows: reach_straight(
            study.grid.xy[cells[rows]], study.grid.xy, limit_m=limit_m, tree=tree
        )
    return lambda rows: bounded_reach(study.network, take(doors, cells[rows]), doors, limit_m=limit_m)


def _reached(done: Assessed, by: str, found: Candidates, rows: Ints, limit_m: float) -> Ints:
    from jobs.siting.question import reach_of

    return np.unique(reach_of(done.assessment, found.xy[rows], by, limit_m).indices)


def over_all_places(plan: Plan, asked: Question) -> Plan:
    """The plan with a bound that holds for every place there is, as far as one is known.

    Proved is then said of all places: a plan that is best among those weighed only is not.
    """
    among = asked.candidates.among
    if among is None or not np.isfinite(among.bound) or plan.goal.name != MOST_PEOPLE:
        return plan
    problem = asked.demand.problem(asked.goal)
    open_already = problem.covered(np.union1d(problem.fixed, problem.required))
    base = float(problem.weight[open_already].sum())
    bound = max(plan.bound, base + among.value) if among.everywhere else base + among.bound
    bound = max(bound, plan.objective)
    proven = bound <= plan.objective * (1 + 1e-9) and (plan.proven or not among.everywhere)
    bound = plan.objective if proven else bound
    return replace(plan, bound=bound, proven=proven, gap=gap_of(plan.objective, bound, maximises=True))


def among_json(asked: Question, plan: Plan) -> dict[str, Any]:
    """Among which places the plan was looked for, for plan.json; `given`: a list of the user's own, or
    other facilities. What is proved of some places only is not said of all."""
    among, weighed = asked.candidates.among, len(asked.candidates)
    if among is None:
        said: dict[str, Any] = {"every": weighed, "weighed": weighed, "everywhere": False, "given": True}
    else:
        known = plan.goal.maximises and (np.isfinite(among.bound) or among.everywhere)
        said = {
            "every": among.every,
            "weighed": weighed,
            "spacing_m": round(among.spacing_m, 1),
            "everywhere": among.everywhere,
            "given": False,
            "more_at_most": max(plan.bound - plan.objective, 0.0) if known else None,
        }
    if said["everywhere"] or (not plan.proven and said.get("more_at_most") is not None):
        return {"among": said}
    if not plan.proven:
        found = text("Among the {weighed:,} places weighed: {verdict}", weighed=weighed, verdict=plan.verdict)
        return {"among": said, "verdict": text_to_json(found)}
    verdict = text("Proved: no better plan exists among the {weighed:,} places weighed.", weighed=weighed)
    return {"among": said, "verdict": text_to_json(verdict)}


def candidate_table(candidates: Candidates, crs: str, sites: Sequence[int]) -> pd.DataFrame:
    """The places that were weighed, in degrees, with the rank of those that were chosen (0: not)."""
    lon, lat = unproject(candidates.xy.reshape(-1, 2), crs)
    rank = np.zeros(len(candidates), np.int32)
    rank[np.asarray(sites, np.int64)] = np.arange(1, len(sites) + 1)
    columns = {"lon": np.round(lon, 7), "lat": np.round(lat, 7), "name": candidates.names, "rank": rank}
    return pd.DataFrame(columns)


def among_words(asked: Question, plan: Plan) -> Iterator[Text]:
    """The same as sentences; only what is the case."""
    among = asked.candidates.among
    if among is None or not len(asked.candidates):
        return
    weighed = len(asked.candidates)
    if among.everywhere and weighed == among.every:
        return
    if among.everywhere:
        yield text(
            "All {every:,} places, about {metres:,.0f} m apart, were considered; a best plan can hold only "
            "the {weighed:,} of them that were weighed. Curve and other plans are looked for among these.",
            every=among.every,
            weighed=weighed,
            metres=among.spacing_m,
        )
    elif np.isfinite(among.bound):
        yield text(
            "Of {every:,} places, about {metres:,.0f} m apart, the {weighed:,} most promising ones were "
            "weighed. The bound holds for all of them: no plan can be more than {share:.2%} better.",
            every=among.every,
            weighed=weighed,
            metres=among.spacing_m,
            share=rounded_up(max(plan.bound / plan.objective - 1.0, 0.0), 1e-4)
            if plan.objective > 0
            else 1.0,
        )
    else:
        yield text(
            "The plan was looked for among {weighed:,} places at least {metres:,.0f} m apart; what places "
            "between them could add was not examined.",
            weighed=weighed,
            metres=among.spacing_m,
        )
        if among.spacing_m > asked.reach_m * _FINE_ENOUGH:
            yield text(
                "They are farther apart than a third of the {reach:,.0f} m that a site reaches: better ones "
                "may lie between them. A list of your own is taken as fine as it is.",
                reach=asked.reach_m,
            )
