"""All the evidence on a set of rows, added up: which hypothesis, how surely, and does one fit all?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from coverage.model.tables import Bools, Floats, UnitTable
from data.intake.datum.buildings import BuildingScores, building_scores
from data.intake.datum.likelihood import (
    HYPOTHESES,
    UNKNOWN,
    anchor_rows,
    anchors,
    declared_units,
    membership,
    no_evidence,
    placed_xy,
)
from data.intake.datum.reference import Reference
from geo.crs import metric_crs, project
from geo.datum import LonLat

# Mistakes of conversion are rarer than the three systems themselves.
LOG_PRIOR: Final = np.array([0.0 if h.system != UNKNOWN else np.log(0.03) for h in HYPOTHESES])
_BOOTSTRAPS: Final = 200
_MIX_SHARES: Final = np.array([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5])
_REFUTED_SHARE: Final = 0.3
# Natural logarithm of twenty: about one list in twenty is mixed without order.
_MIXTURE_SHOWN: Final = 3.0
# Below that a mixture may be mentioned, where it explains the rows better by more than chance does:
# among lists in one system, as bench/datum.py draws them, hardly any gains as much.
_MIXTURE_HINTED: Final = 1.5
_TELLING: Final = 1.0
# The systems a list may be mixed of; mistakes of conversion do not happen to a part of a list.
_SYSTEMS: Final = np.flatnonzero(np.array([h.system != UNKNOWN for h in HYPOTHESES]))


@dataclass(frozen=True)
class Scores:
    """Log-likelihoods of n rows: `anchor` (n, h), `member` and `building` (n, h, k) under k assumptions on
    how rough the list and the map are, `building` None without any; 0 where a row says nothing.
    `*_away_m` (n, h) are the distances behind them, NaN where there are none."""

    member: Floats
    anchor: Floats
    building: Floats | None
    member_away_m: Floats
    anchor_away_m: Floats
    building_away_m: Floats

    def __len__(self) -> int:
        return len(self.member)

    def of(self, rows: NDArray[np.intp]) -> Scores:
        """The same for some of the rows."""
        return Scores(
            self.member[rows],
            self.anchor[rows],
            None if self.building is None else self.building[rows],
            self.member_away_m[rows],
            self.anchor_away_m[rows],
            self.building_away_m[rows],
        )

    def without_units(self) -> Scores:
        """The same without what the declared units say."""
        return replace(self, member=np.zeros_like(self.member), member_away_m=no_evidence(len(self)))

    def by_row(self, best: int, *, buildings: bool = True) -> Floats:
        """(n, h) log-likelihoods of single rows, under the assumptions that suit `best` most; without
        `buildings` by what rows declare and are called alone."""
        rows = self.anchor + _suiting(self.member, best)
        return rows if self.building is None or not buildings else rows + _suiting(self.building, best)

    def fits(self, first: int, second: int) -> tuple[Bools, Bools]:
        """(n,) which rows by themselves speak for hypothesis `first` against `second`, and the reverse;
        under the assumptions that suit `first` most."""
        by_row = self.by_row(first)
        more = by_row[:, first] - by_row[:, second]
        return more > _TELLING, more < -_TELLING

    def totals(self, weights: Floats | None = None) -> dict[str, Floats]:
        """Kind of evidence → (b, h) log-likelihoods of the whole set; `weights` (b, n) count the rows."""
        w = np.ones((1, len(self))) if weights is None else weights
        building = np.zeros((len(w), len(HYPOTHESES)))
        return {
            "member": _summed(self.member, w),
            "anchor": w @ self.anchor,
            "building": building if self.building is None else _summed(self.building, w),
        }


def _suiting(scores: Floats, best: int) -> Floats:
    chosen: Floats = scores[:, :, int(scores[:, best].sum(axis=0).argmax())]
    return chosen


def _summed(scores: Floats, weights: Floats) -> Floats:
    """(b, h): rows (n, h, k) added up, then averaged over the k assumptions."""
    n, h, k = scores.shape
    if not scores.any():
        return np.zeros((len(weights), h))
    added = (weights @ scores.reshape(n, h * k)).reshape(len(weights), h, k)
    return np.asarray(logsumexp(added, axis=2) - np.log(k), float)


@dataclass(frozen=True)
class Belief:
    """`posterior` (h,) after all evidence; `support` (h,): in what share of resampled lists each wins;
    `kinds`: each kind's own log-likelihoods (h,). `telling_rows`: how many rows by themselves speak for
    the best against every other system. `mixture_gain`: the log-likelihood that a mixture with
    `second_system` gains over the best alone; above 0 the list may be mixed. `mixture_refuted`:
    the log-likelihood by which the rows speak against three in ten of them being of any other system;
    `names_refuted` the same without buildings, whose nearness says little of a single row; `rows` how
    many were judged."""

    posterior: Floats
    support: Floats
    kinds: dict[str, Floats]
    telling_rows: int
    mixture_gain: float
    mixture_refuted: float
    names_refuted: float
    rows: int
    second_system: int

    @property
    def best(self) -> int:
        return int(self.posterior.argmax())

    @property
    def uniform(self) -> bool:
        """Whether no mixture explains the rows better than the best alone."""
        return self.mixture_gain <= 0

    @property
    def mixed(self) -> bool:
        """Whether a mixture explains them so much better that it outweighs how rare mixtures are."""
        return self.mixture_gain > _MIXTURE_SHOWN

    @property
    def maybe_mixed(self) -> bool:
        """Whether a mixture explains them better by more than chance: worth a word, not a name."""
        return self.mixture_gain > _MIXTURE_HINTED

    @property
    def confidence(self) -> float:
        """The smaller of the posterior and the support of the best."""
        return float(min(self.posterior[self.best], self.support[self.best]))

    def advantage(self, kind: str) -> float:
        """By how much one kind of evidence prefers the best to every other (negative: it prefers another)."""
        values = self.kinds[kind]
        return float(values[self.best] - np.delete(values, self.best).max())


def score(rows: pd.DataFrame, crs: str, *, units: UnitTable | None, reference: Reference | None) -> Scores:
    """Judge rows (`given_lon`, `given_lat`, `name`, declared units) against what is known; metric `crs`."""
    lon, lat = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    xy = placed_xy(lon, lat, crs)
    member_away = no_evidence(len(rows))
    member = member_away[:, :, None]
    if units is not None:
        table = units if str(units.crs) == crs else UnitTable(units.frame.to_crs(crs))
        member, member_away = membership(declared_units(rows, table), table, xy)
    anchor, anchor_away = no_evidence(len(rows)), no_evidence(len(rows))
    found: BuildingScores | None = None
    if reference is not None:
        anchor_row = anchor_rows(rows["name"].tolist(), reference.names)
        anchor, anchor_away = anchors(anchor_row, _metric(reference.places, crs), xy)
        found = building_scores(xy, _metric(_around(reference.buildings, lon, lat), crs))
    return Scores(
        np.nan_to_num(member),
        np.nan_to_num(anchor),
        found.scores if found else None,
        member_away,
        anchor_away,
        found.away_m if found else no_evidence(len(rows)),
    )


def belief_by_buildings(places: Sequence[LonLat], reference: Reference) -> Floats | None:
    """How much each of several readings of the same rows is believed, by the nearness of buildings alone.

    `places` are the rows' degrees under each reading; (readings,), sums to 1. None if no building is near.
    """
    lon, lat = places[0]
    crs = metric_crs(float(np.median(lon)), float(np.median(lat)))
    xy = np.stack([project(*place, crs) for place in places], axis=1)
    found = building_scores(xy, _metric(_around(reference.buildings, lon, lat), crs))
    if found is None:
        return None
    belief: Floats = softmax(logsumexp(found.scores.sum(axis=0), axis=1))
    return belief


def believe(scores: Scores, log_prior: Floats) -> Belief:
    """Add up the evidence on all rows; resample the rows to see how much hangs on few of them."""
    n = len(scores)
    kinds = {kind: values[0] for kind, values in scores.totals().items()}
    total = log_prior + sum(kinds.values())
    random = np.random.default_rng(20_110_801)
    weights = random.multinomial(n, np.full(n, 1 / n), _BOOTSTRAPS).astype(float)
    resampled = log_prior + sum(scores.totals(weights).values())
    wins = np.bincount(resampled.argmax(axis=1), minlength=len(HYPOTHESES)) / _BOOTSTRAPS
    best = int(total.argmax())
    by_row = scores.by_row(best)
    others = _SYSTEMS[best != _SYSTEMS]
    telling = min(int((by_row[:, best] > by_row[:, other] + _TELLING).sum()) for other in others)
    gains = _mixture_gains(by_row, best, others)
    second = int(others[gains.max(axis=1).argmax()])
    by_names = _mixture_gains(scores.by_row(best, buildings=False), best, others)
    refuted, names_refuted = (-float(g[:, _MIX_SHARES == _REFUTED_SHARE].max()) for g in (gains, by_names))
    return Belief(softmax(total), wins, kinds, telling, float(gains.max()), refuted, names_refuted, n, second)


def _mixture_gains(by_row: Floats, best: int, others: NDArray[np.intp]) -> Floats:
    """(others, shares): how much likelier the rows are if a share of them is of another system."""
    shares = _MIX_SHARES[:, None]
    alone = by_row[:, best]
    mixed = [
        np.logaddexp(alone + np.log1p(-shares), by_row[:, other] + np.log(shares)).sum(axis=1)
        for other in others
    ]
    return np.asarray(np.stack(mixed) - alone.sum(), float)


def _metric(shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    moved = shapely.transform(shapes, lambda lonlat: project(lonlat[:, 0], lonlat[:, 1], crs))
    return np.asarray(moved, object)


def _around(
    shapes: NDArray[np.object_], lon: Floats, lat: Floats, margin_deg: float = 0.06
) -> NDArray[np.object_]:
    """Only what any shift of any point can reach is projected."""
    if not len(shapes):
        return shapes
    west, south, east, north = shapely.bounds(shapes).T
    near = (west <= lon.max() + margin_deg) & (east >= lon.min() - margin_deg)
    near &= (south <= lat.max() + margin_deg) & (north >= lat.min() - margin_deg)
    return np.asarray(shapes[near], object)
