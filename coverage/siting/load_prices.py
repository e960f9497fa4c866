"""A bound on what sites with limited loads can serve, from prices on serving each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverage.siting.arrays import Floats
from coverage.siting.flow import Flow
from coverage.siting.highs import Limits

_STEPS = 150
_PATIENCE = 12


@dataclass(frozen=True, eq=False)
class LoadPrices:
    """At these prices n new sites serve at most `always` + the n largest of `worth` (new sites)."""

    always: float
    worth: Floats

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


def load_prices(flow: Flow, worth: Floats, count: int, value: float, limits: Limits) -> LoadPrices:
    """Prices on serving each group with a small bound for `count` new sites.

    A site then serves, as far as its limit goes, the groups that leave the most per resident.
    Deflected subgradient steps towards `value`; the lower end of a band and the rules are left out,
    which can only make the bound larger.
    """
    price, direction = 0.5 * worth, np.zeros(len(worth))
    new = np.zeros(flow.n_sites, bool)
    new[: len(flow.rules.rows)] = flow.rules.is_new
    best, best_bound, best_price, scale, stale = LoadPrices(np.inf, np.zeros(0)), np.inf, price, 1.0, 0
    for _ in range(_STEPS):
        take, gained = _fullest(flow, worth - price)
        found = LoadPrices(float(price.sum() + gained[~new].sum()), gained[new])
        bound = found.most(count)
        stale = 0 if bound < best_bound * (1.0 - 1e-6) else stale + 1
        if bound < best_bound:
            best, best_bound, best_price = found, bound, price
        if stale > _PATIENCE:
            scale, stale, price, direction = 0.5 * scale, 0, best_price, np.zeros(len(worth))
            continue
        if bound <= value * (1.0 + 1e-9) or limits.left() <= 0.1 * limits.seconds:
            break
        is_open = ~new
        is_open[np.flatnonzero(new)[np.argsort(-gained[new], kind="stable")[:count]]] = True
        served = np.bincount(flow.group, take * is_open[flow.site], minlength=len(worth))
        direction = (1.0 - served) + 0.3 * direction
        length = scale * (bound - value) / max(float((direction * worth) @ direction), 1e-12)
        price = np.clip(price - length * worth * direction, 0.0, worth)
    return best


def _fullest(flow: Flow, left: Floats) -> tuple[Floats, Floats]:
    """(shares per pair, worth per site) when each site fills up with the groups that leave it the most."""
    rank = np.empty(len(left), np.int64)
    rank[np.argsort(-left / np.maximum(flow.residents, 1e-300), kind="stable")] = np.arange(len(left))
    order = np.argsort(flow.limit * np.int64(len(left)) + rank[flow.group])
    group, limit = flow.group[order], flow.limit[order]
    people = np.where(left[group] > 0.0, flow.residents[group], 0.0)
    filled = np.cumsum(people)
    before = filled - people - np.concatenate(([0.0], filled))[flow.by_limit.indptr[limit]]
    room = np.clip(flow.high[limit] - before, 0.0, people)
    share = np.divide(room, people, out=np.zeros(len(room)), where=people > 0.0)
    gained = np.bincount(limit, share * np.maximum(left[group], 0.0), minlength=len(flow.low))
    shares = np.empty(len(share))
    shares[order] = share
    return shares, flow.by_site(gained.astype(float))
