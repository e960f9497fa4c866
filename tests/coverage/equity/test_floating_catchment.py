"""Reachable supply, by hand and against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from core.errors import SettingError
from coverage.assessment import assess
from coverage.equity.floating_catchment import (
    PLAIN,
    Supply,
    Zone,
    floating_catchment,
    reachable_supply,
    zone_weights,
)
from tests.coverage.tiny_town import standard, study

BEDS = """id = "b"
check = "ratio"
tier = "any"
serves = ["station", "centre"]
group = "elderly"
figure_per_1000 = 40"""


def supply(rows: list[tuple[str, float]], beds: list[float], *zones: Zone) -> Supply:
    done = assess(study(rows, places=beds), standard(BEDS))
    found = reachable_supply(done.standard.rule("b"), done.measured, zones=zones or PLAIN)
    assert found is not None
    return found


def test_everybody_in_the_catchment_has_an_equal_part_of_the_places() -> None:
    # Five minutes are 500 m: 11 cells of 20 elderly, 220 people, share 11 beds: 50 per 1,000.
    found = supply([("station", 500)], [11], Zone(5, 1.0))
    assert found.cell_per_1000.tolist() == pytest.approx([50.0] * 11 + [0.0] * 10)
    assert found.facility_per_1000.tolist() == pytest.approx([50.0])
    assert (found.people, found.people_met) == (420.0, 220.0)


def test_what_two_facilities_offer_adds_up_where_both_are_within_reach() -> None:
    found = supply([("station", 500), ("station", 1000)], [11, 22], Zone(5, 1.0))
    assert found.cell_per_1000[[0, 5, 11]] == pytest.approx([50.0, 150.0, 100.0])


def test_farther_zones_count_less() -> None:
    # 3 cells up to 100 m count whole, 2 more up to 200 m half: 60 + 20 weighted people, 8 beds.
    found = supply([("station", 1000)], [8], Zone(1, 1.0), Zone(2, 0.5))
    assert found.cell_per_1000[[10, 11, 12, 13]] == pytest.approx([100.0, 100.0, 50.0, 0.0])


def test_places_that_nobody_can_reach_are_told() -> None:
    table = study([("station", 500), ("station", 900)], places=[10, 5])
    table.facilities.frame.loc[1, "y"] += 700.0
    done = assess(table, standard(BEDS))
    found = reachable_supply(done.standard.rule("b"), done.measured)
    assert found is not None
    assert found.places_unreached == 5.0


def test_without_beds_or_group_there_is_no_supply() -> None:
    done = assess(
        study([("station", 0)]), standard(BEDS, BEDS.replace('"b"', '"c"').replace("elderly", "pets"))
    )
    assert reachable_supply(done.standard.rule("b"), done.measured) is None
    assert reachable_supply(done.standard.rule("c"), done.measured) is None


@pytest.mark.parametrize("zones", [(Zone(10, 1.0), Zone(10, 0.5)), (Zone(0, 1.0),), (Zone(10, -1.0),)])
def test_zones_that_do_not_widen_are_refused(zones: tuple[Zone, ...]) -> None:
    with pytest.raises(SettingError, match="widen"):
        supply([("station", 500)], [10], *zones)


def naive(
    places: list[float], people: list[float], metres: np.ndarray, zones: list[tuple[float, float]]
) -> list[float]:
    """The two steps as they are told: loops over facilities, then over people."""

    def weight(m: float) -> float:
        return next((w for limit, w in zones if m <= limit), 0.0)

    offered = []
    for j, held in enumerate(places):
        demand = sum(weight(metres[j, i]) * people[i] for i in range(len(people)))
        offered.append(held / demand if demand > 0 else 0.0)
    return [sum(weight(metres[j, i]) * offered[j] for j in range(len(places))) for i in range(len(people))]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 8))
def test_two_steps_equal_the_loops_and_no_place_is_lost(seed: int, facilities: int, cells: int) -> None:
    dice = np.random.default_rng(seed)
    metres = dice.integers(0, 12, (facilities, cells)).astype(float)
    places, people = dice.integers(0, 9, facilities).astype(float), dice.integers(0, 9, cells).astype(float)
    zones = [(3.0, 1.0), (6.0, 0.68), (9.0, 0.22)]
    near = metres <= 9
    row, column = np.nonzero(near)
    reach = csr_array(
        (metres[near], column, np.searchsorted(row, np.arange(facilities + 1))), shape=metres.shape
    )
    weights = zone_weights(reach, *map(list, zip(*zones, strict=True)))
    offered, per_person = floating_catchment(places, people, weights)
    assert per_person.tolist() == pytest.approx(naive(places.tolist(), people.tolist(), metres, zones))
    assert (people * per_person).sum() == pytest.approx(places[offered > 0].sum())
