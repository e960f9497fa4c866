"""Parts of a plan opened again and solved exactly while the rest of it stays.

Where recombining and swapping end, some neighbouring sites can often still be arranged better. With the
others fixed, most of what is near is covered, so that prices and branch and cut settle such a part in
about a second (partial optimisation under special intensification conditions, Taillard and Voss 2002).
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from coverage.siting.covering.lp_bound import DualSearch
from coverage.siting.covering.variable_fixing import covered_by, fix_variables, restricted
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.programs import at_most, most_program, most_values

# Sites to be opened at once. Twice as many took fifteen times as long for hardly anything.
SIZE = 7
_STEPS = 800
_MOST_ENTRIES = 60_000
_LONGEST_SHARE = 0.2


class Regions:
    """A choice of sites that gets better; `best` are its sites, `value` its weight (without `base`).

    `place` (anything, sites) says where sites lie: those with like columns are near each other.
    """

    def __init__(self, model: CoverModel, chosen: Ints, place: Floats) -> None:
        self.model, self.place = model, place
        self.best, self.value = np.sort(chosen), model.value(chosen)

    def run(self, size: int, limits: Limits) -> None:
        """Open `size` sites around every site of the choice, until none helps.

        Where something has changed, what is near is opened again.
        """
        waiting = deque(self.best.tolist())
        settled: set[frozenset[int]] = set()
        while waiting and limits.left() > 0.0:
            centre = waiting.popleft()
            if centre not in self.best:
                continue
            opened = self._around(self.best, centre, size)
            if frozenset(opened.tolist()) in settled:
                continue
            if not self._solved(opened, limits):
                settled.add(frozenset(opened.tolist()))
                continue
            changed = set(self._around(self.best, centre, 2 * size).tolist())
            settled = {region for region in settled if not region & changed}
            waiting.extend(site for site in sorted(changed) if site not in waiting)

    def _around(self, sites: Ints, centre: int, size: int) -> Ints:
        away = np.linalg.norm(self.place[:, sites] - self.place[:, [centre]], axis=0)
        return np.sort(sites[np.argsort(away, kind="stable")[:size]])

    def _solved(self, opened: Ints, limits: Limits) -> bool:
        """Whether the opened sites could be placed better; then they are."""
        fixed = np.setdiff1d(self.best, opened)
        sites = np.setdiff1d(np.arange(self.model.n_sites), fixed)
        part = restricted(self.model, sites, covered_by(self.model, fixed))
        found = _better(part, np.flatnonzero(np.isin(sites, opened)), limits)
        if found is None:
            return False
        better = np.sort(np.concatenate((fixed, sites[found])))
        value = self.model.value(better)
        if value <= self.value * (1.0 + 1e-12):
            return False
        self.best, self.value = better, value
        return True


def _better(part: CoverModel, chosen: Ints, limits: Limits) -> Ints | None:
    """As many sites as `chosen` that cover more, or None where none are found."""
    value = part.value(chosen)
    dual = DualSearch(part, len(chosen), chosen).run(_STEPS, limits, value)
    left = fix_variables(part, dual, value)
    if left.is_decided:
        return left.only
    if left.rest.cover.nnz > _MOST_ENTRIES or limits.left() <= 0.0:
        return None
    program = most_program(left.rest, at_most(left.count, left.rest.n_sites))
    limits = replace(limits.part(_LONGEST_SHARE), gap=0.0)
    answer = solve(program, limits, most_values(left.rest, left.start(chosen)), aside=True)
    return left.whole(np.flatnonzero(answer.sites_open(left.rest.n_sites)))
