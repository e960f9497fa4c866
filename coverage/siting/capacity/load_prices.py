"""A bound on what sites with limited loads can serve, from prices on serving each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverage.siting.capacity.flow import Flow
from coverage.siting.model.arrays import Floats
from coverage.siting.model.highs import Limits

_STEPS = 150
_PATIENCE = 12


@dataclass(frozen=True, eq=False)
class LoadPrices:
    """At these prices n new sites serve at most `always` + the n largest of `worth` (new sites).

    `price` (groups,) is what serving each costs.
    """

    always: float
    worth: Floats
    price: Floats

    def most(self, count: int) -> float:
        """The bound on the worth that `count` new sites serve with all that are open today."""
        top = min(count, len(self.worth))
        largest = (
            np.partition(self.worth, len(self.worth) - top)[len(self.worth) - top :] if top else np.zeros(0)
        )
        return self.always + float(largest.sum())

    def fewest(self, target: float) -> int:
        """So many new sites are needed at least to serve `target`."""
        reached = self.always + np.concatenate(([0.0], np.cumsum(np.sort(self.worth)[::-1])))
        enough = np.flatnonzero(reached >= target * (1.0 - 1e-9))
        return int(enough[0]) if len(enough) else len(self.worth)


def load_prices(
    flow: Flow, worth: Floats, count: int, value: float, limits: Limits, known: LoadPrices | None = None
) -> LoadPrices:
    """Prices on serving each group with a small bound for `count` new sites, from `known` on.

    `worth` (pairs,) is what serving the whole of the group from there is worth. A site then serves, as
    far as its limit goes, the groups that leave the most per resident.
    Deflected subgradient steps towards `value`; the lower end of a band and the rules are left out,
    which can only make the bound larger.
    """
    most = np.zeros(len(flow.residents))
    np.maximum.at(most, flow.group, worth)
    price, direction = 0.5 * most if known is None else known.price, np.zeros(len(most))
    new = np.zeros(flow.n_sites, bool)
    new[: len(flow.rules.rows)] = flow.rules.is_new
    best, best_bound, scale, stale = LoadPrices(np.inf, np.zeros(0), price), np.inf, 1.0, 0
    for _ in range(_STEPS):
        take, gained = _fullest(flow, worth - price[flow.group])
        found = LoadPrices(float(price.sum() + gained[~new].sum()), gained[new], price)
        bound = found.most(count)
        stale = 0 if bound < best_bound * (1.0 - 1e-6) else stale + 1
        if bound < best_bound:
            best, best_bound = found, bound
        if stale > _PATIENCE:
            scale, stale, price, direction = 0.5 * scale, 0, best.price, np.zeros(len(most))
            continue
        if bound <= value * (1.0 + 1e-9) or limits.left() <= 0.1 * limits.seconds:
            break
        is_open = ~new
        is_open[np.flatnonzero(new)[np.argsort(-gained[new], kind="stable")[:count]]] = True
        served = np.bincount(flow.group, take * is_open[flow.site], minlength=len(most))
        direction = (1.0 - served) + 0.3 * direction
        length = scale * (bound - value) / max(float((direction * most) @ direction), 1e-12)
        price = np.clip(price - length * most * direction, 0.0, most)
    return best


def _fullest(flow: Flow, left: Floats) -> tuple[Floats, Floats]:
    """(shares per pair, worth per site) when each site fills up with the groups that leave it the most.

    Only where a limit is reached does the order matter.
    """
    share = (left > 0.0).astype(float)
    people = share * flow.residents[flow.group]
    full = np.bincount(flow.limit, people, minlength=len(flow.low)) > flow.high
    at = np.flatnonzero(full[flow.limit] & (share > 0.0))
    rate = left[at] / np.maximum(flow.residents[flow.group[at]], 1e-300)
    at = at[np.lexsort((-rate, flow.limit[at]))]
    limit, there = flow.limit[at], people[at]
    filled = np.cumsum(there)
    first = np.searchsorted(limit, limit)
    before = filled - there - (filled - there)[first]
    room = np.clip(flow.high[limit] - before, 0.0, there)
    share[at] = np.divide(room, there, out=np.zeros(len(at)), where=there > 0.0)
    gained = np.bincount(flow.limit, share * np.maximum(left, 0.0), minlength=len(flow.low))
    return share, flow.by_site(gained.astype(float))
