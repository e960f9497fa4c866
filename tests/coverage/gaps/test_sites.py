"""One facility in a gap, and several, on the tiny town and by trying every cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import Assessment, assess
from coverage.gaps.gaps import find_gaps
from coverage.gaps.sites import best_sites, split_gap, split_large, with_sites
from tests.coverage.test_laws import random_city, with_facility
from tests.coverage.tiny_town import EAST, NORTH, RADIUS_500, WALK_5, standard, study


def gaps_of(rows: list[tuple[str, float]], rule: str) -> Assessment:
    return assess(study(rows), standard(rule))


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_a_small_gap_is_served_whole_from_its_middle(rule: str) -> None:
    # Left are x = 1400 … 2000: from 1700 all seven are within 500 m, straight or on foot.
    done = gaps_of([("station", 800)], rule)
    site = best_sites(done.gaps[:1], done.measured)[0]
    assert site is not None
    assert (site.xy[0] - EAST, site.residents) == (1700.0, 700.0)


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_in_a_long_gap_one_facility_serves_what_it_reaches(rule: str) -> None:
    done = gaps_of([("clinic", 0)], rule)
    site = best_sites(done.gaps, done.measured)[0]
    assert site is not None
    # 500 m to both sides: 11 of the 21 cells.
    assert site.residents == 1100.0


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_a_long_gap_splits_into_parts_that_one_facility_each_serves(rule: str) -> None:
    done = gaps_of([("clinic", 0)], rule)
    parts = split_gap(done.gaps[0], done.measured)
    assert parts[0].residents == 1100.0
    assert sum(part.residents for part in parts) == 2100.0
    assert sorted(np.concatenate([part.cells for part in parts]).tolist()) == list(range(21))


@pytest.mark.parametrize("rule", [RADIUS_500, WALK_5])
def test_large_gaps_are_split_as_one_gap_is(rule: str) -> None:
    near = rule.replace("500", "200").replace("figure_min = 5", "figure_min = 2")
    done = gaps_of([("clinic", 0)], near)
    gaps = with_sites(done.gaps, done.measured)
    assert gaps[0].site is not None
    assert gaps[0].site.residents < gaps[0].residents / 2
    parts = split_large(gaps, done.measured, most=3)
    whole = split_gap(gaps[0], done.measured)[:3]
    assert [(part.cell, part.residents) for part in parts[0]] == [(p.cell, p.residents) for p in whole]


def test_a_gap_that_one_facility_serves_by_half_is_not_split() -> None:
    done = gaps_of([("clinic", 0)], RADIUS_500)
    assert split_large(with_sites(done.gaps, done.measured), done.measured) == {}


def test_where_no_street_is_near_nobody_can_be_served_on_foot() -> None:
    city = study([("clinic", 0)])
    city.grid.xy[:, 1] += 700.0
    done = assess(city, standard(WALK_5))
    assert best_sites(done.gaps, done.measured) == [None]
    assert split_gap(done.gaps[0], done.measured) == ()


def test_the_largest_gaps_of_each_rule_get_a_site() -> None:
    done = gaps_of([("station", 800)], RADIUS_500)
    gaps = with_sites(find_gaps(done.results, done.measured), done.measured, most=1)
    assert [gap.site.residents if gap.site else None for gap in gaps] == [700.0, None]


@given(st.integers(0, 2**32 - 1))
def test_straight_the_best_cell_is_that_of_trying_every_cell(seed: int) -> None:
    done = assess(random_city(seed), standard(RADIUS_500))
    grid = done.study.grid
    for gap, site in zip(done.gaps, best_sites(done.gaps, done.measured), strict=True):
        xy, residents = grid.xy[gap.cells], grid.residents[gap.cells]
        metres = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
        assert site is not None
        assert site.residents == pytest.approx((metres <= 500.0).astype(float).dot(residents).max())


@given(st.integers(0, 2**32 - 1), st.sampled_from([RADIUS_500, WALK_5]))
def test_a_facility_at_the_site_serves_as_many_as_was_said(seed: int, rule: str) -> None:
    city = random_city(seed)
    done = assess(city, standard(rule))
    for gap, site in zip(done.gaps[:2], best_sites(done.gaps[:2], done.measured), strict=True):
        if site is None:
            continue
        built = with_facility(city, site.xy[0] - EAST, site.xy[1] - NORTH)
        met = assess(built, standard(rule)).results[0].cells_met
        assert met is not None
        assert city.grid.residents[gap.cells][met[gap.cells]].sum() == pytest.approx(site.residents)
