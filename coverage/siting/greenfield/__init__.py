"""Covering where little exists and HiGHS cannot take the whole; `greenfield_cover` is the only way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from coverage.siting.covering.lp_bound import Dual
from coverage.siting.greenfield.bound_and_improve import BoundAndImprove
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import Choice

__all__ = ["greenfield_cover"]


def greenfield_cover(
    model: CoverModel, dual: Dual, known: Choice, limits: Limits, enough: Callable[[float, float], bool]
) -> Choice:
    """A choice never worse than `known`, with a bound never weaker, after all the time of `limits`.

    `dual` are prices of the model for as many sites; the search ends before the time is over once
    `enough` is true of (value, bound), both without the model's `base`.
    """
    search = BoundAndImprove(model, dual, known.chosen, limits.seed)
    search.run(limits, enough)
    value, bound = search.value + model.base, min(known.bound, search.bound + model.base)
    if value > known.value:
        return Choice(search.chosen, value, bound)
    return replace(known, bound=max(bound, known.value))
