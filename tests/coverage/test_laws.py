"""What must hold for every city: laws, tried on random small ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import assess
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, PopulationGrid
from geo.network.build import build_from_lines
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard

RULES = (RADIUS_500, WALK_5)
SEEDS = st.integers(0, 2**32 - 1)


def random_city(seed: int) -> Study:
    """A grid of streets every 250 m with some missing, 60 scattered cells and a few facilities."""
    dice = np.random.default_rng(seed)
    ticks = np.arange(0, 1501, 250)
    lines = [
        shapely.LineString([(EAST + a, NORTH + b), (EAST + a + dx, NORTH + b + dy)])
        for a in ticks
        for b in ticks
        for dx, dy in ((250, 0), (0, 250))
        if dice.random() > 0.2
    ]
    cells = np.asarray([EAST, NORTH]) + dice.uniform(0, 1500, (60, 2))
    grid = PopulationGrid(
        np.arange(60), cells, dice.integers(0, 500, 60).astype(float), np.full(60, 1e4), 100.0, CRS
    )
    n = int(dice.integers(1, 6))
    frame = pd.DataFrame(
        {
            "facility_id": [str(i) for i in range(n)],
            "name": "facility",
            "tier": dice.choice(["station", "centre"], n),
            "x": dice.uniform(0, 1500, n) + EAST,
            "y": dice.uniform(0, 1500, n) + NORTH,
        }
    )
    return Study(
        "random", grid, FacilityTable(frame, CRS), build_from_lines(lines, [0] * len(lines), crs=CRS)
    )


def with_facility(city: Study, x: float, y: float) -> Study:
    row = pd.DataFrame(
        {"facility_id": ["new"], "name": ["new"], "tier": ["station"], "x": [EAST + x], "y": [NORTH + y]}
    )
    frame = pd.concat([city.facilities.frame, row], ignore_index=True)
    return replace(city, facilities=FacilityTable(frame, CRS))


@given(SEEDS, st.floats(0, 1500), st.floats(0, 1500))
def test_one_facility_more_never_covers_fewer(seed: int, x: float, y: float) -> None:
    city = random_city(seed)
    before, after = (assess(c, standard(*RULES)) for c in (city, with_facility(city, x, y)))
    for rule in ("r", "w"):
        assert (after.result(rule).cells_met >= before.result(rule).cells_met).all()


@given(SEEDS)
def test_a_wider_reach_never_covers_fewer(seed: int) -> None:
    city = random_city(seed)
    narrow = assess(city, standard(*RULES))
    wide = assess(city, standard(RADIUS_500.replace("500", "600"), WALK_5.replace("5", "6")))
    for rule in ("r", "w"):
        assert (wide.result(rule).cells_met >= narrow.result(rule).cells_met).all()


@given(SEEDS)
def test_the_order_of_cells_and_facilities_changes_nothing(seed: int) -> None:
    city = random_city(seed)
    dice = np.random.default_rng(seed + 1)
    turn, shuffle = dice.permutation(len(city.grid)), dice.permutation(len(city.facilities))
    grid = replace(
        city.grid,
        cell_id=city.grid.cell_id[turn],
        xy=city.grid.xy[turn],
        residents=city.grid.residents[turn],
    )
    facilities = FacilityTable(city.facilities.frame.iloc[shuffle].reset_index(drop=True), CRS)
    one, other = (
        assess(c, standard(*RULES)) for c in (city, replace(city, grid=grid, facilities=facilities))
    )
    for rule in ("r", "w"):
        assert other.result(rule).residents_met == pytest.approx(one.result(rule).residents_met)
        assert [gap.residents for gap in other.gaps_of(rule)] == pytest.approx(
            [gap.residents for gap in one.gaps_of(rule)]
        )


@given(SEEDS)
def test_gaps_hold_exactly_the_residents_who_are_missed(seed: int) -> None:
    done = assess(random_city(seed), standard(*RULES))
    for rule in ("r", "w"):
        in_gaps = sum(gap.residents for gap in done.gaps_of(rule))
        assert in_gaps == pytest.approx(done.result(rule).residents_missed)


@given(SEEDS)
def test_on_foot_is_never_nearer_than_in_a_straight_line(seed: int) -> None:
    distances = assess(random_city(seed), standard(*RULES)).measured.distances
    for tier in distances.walk_m:
        assert (distances.walk_m[tier] >= distances.straight_m[tier] - 1e-6).all()


@given(SEEDS)
def test_loads_hold_every_resident_who_can_walk_to_the_tier(seed: int) -> None:
    done = assess(random_city(seed), standard(*RULES))
    for tier in ("station", "centre"):
        walk_m = done.measured.distances.walk_m[tier]
        reached = done.study.grid.residents[np.isfinite(walk_m)].sum()
        of_tier = done.study.facilities.of_tier(tier)
        assert done.facility_loads[of_tier].sum() == pytest.approx(reached)
