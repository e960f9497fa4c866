"""How unequal a quantity is among people: quantiles, Lorenz curve, Gini, fifths. All weighted by people."""

from __future__ import annotations

import numpy as np

from coverage.model.tables import Floats


def quantile(values: Floats, people: Floats, share: float) -> float:
    """The smallest value that at least `share` of the people do not exceed; NaN without people.

    Values may be inf. With equal weights this is the inverse of the empirical distribution: no
    interpolation, so that somebody really has the value.
    """
    values, people = _by_value(values, people)
    if not len(values):
        return float("nan")
    below = np.cumsum(people)
    # A little less is wanted, so that 0.9 of ten people is the ninth and not the tenth by rounding.
    return float(values[np.searchsorted(below, share * below[-1] * (1 - 1e-12))])


def lorenz(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Shares of people, lowest values first, and the share of the whole that falls on them.

    Both run from 0 to 1. Values are finite and ≥ 0. Where everybody has 0 the curve is the diagonal.
    """
    values, people = _by_value(values, people)
    heads = np.concatenate([[0.0], np.cumsum(people)])
    whole = np.concatenate([[0.0], np.cumsum(values * people)])
    heads = heads / heads[-1] if heads[-1] > 0 else np.linspace(0.0, 1.0, len(heads))
    return heads, whole / whole[-1] if whole[-1] > 0 else heads


def gini(values: Floats, people: Floats) -> float:
    """Twice the area between the diagonal and the Lorenz curve: 0 all equal, towards 1 all on one."""
    heads, whole = lorenz(values, people)
    return float(max(1.0 - np.sum(np.diff(heads) * (whole[1:] + whole[:-1])), 0.0))


def fifths(values: Floats, people: Floats) -> tuple[float, float]:
    """Mean value of the fifth of the people with the lowest values, and of the fifth with the highest.

    A cell on the border of a fifth is split. NaN without people.
    """
    values, people = _by_value(values, people)
    if not len(values):
        return float("nan"), float("nan")
    fifth = people.sum() / 5.0
    return _mean_of_first(values, people, fifth), _mean_of_first(values[::-1], people[::-1], fifth)


def _mean_of_first(values: Floats, people: Floats, wanted: float) -> float:
    before = np.cumsum(people) - people
    taken = np.clip(wanted - before, 0.0, people)
    return float((values[taken > 0] * taken[taken > 0]).sum() / wanted)


def _by_value(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Ascending, only where people are."""
    there = people > 0
    order = np.argsort(values[there], kind="stable")
    return values[there][order], people[there][order]
