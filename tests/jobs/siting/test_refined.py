"""When a search among the places that are weighed ends."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobs.siting.candidates import Among, Candidates
from jobs.siting.refined import near_enough
from jobs.siting.request import SitingRequest

OPEN = Among(every=900_000, spacing_m=80.0, everywhere=False, value=590.0, bound=600.0)


@pytest.mark.parametrize(
    ("asked", "among", "gap"),
    [
        (0.0, OPEN, 0.0005),  # nothing can be proved of all places
        (0.0001, OPEN, 0.0001),  # what is asked for is kept
        (0.0, Among(5_000, 80.0, everywhere=True, value=590.0, bound=600.0), 0.0),  # a proof holds everywhere
        (0.0, Among(5_000, 80.0, everywhere=False, value=0.0, bound=math.inf), 0.0),  # no bound is known
        (0.0, None, 0.0),  # a list of the user's own
    ],
)
def test_the_search_ends_early_only_where_a_longer_one_could_prove_nothing(
    asked: float, among: Among | None, gap: float
) -> None:
    found = cast(Candidates, cast(Any, SimpleNamespace(among=among)))
    assert near_enough(SitingRequest("station", 50, gap=asked), found) == gap
