"""Who goes where, on the tiny town and against plain searches."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from core.errors import SettingError
from coverage.assessment import assess
from coverage.checks.loads import (
    Allocation,
    ByCapacity,
    ByDistance,
    Manner,
    ToNearest,
    allocate,
    check_load,
    least_walking,
    shared_by_distance,
)
from tests.coverage.tiny_town import standard, study

LOAD = """id = "l"
check = "load"
tier = "station"
serves = ["station", "centre"]
figure_residents = [300, 1000]"""


def allocated(
    rows: list[tuple[str, float]], manner: Manner, rule: str = LOAD, **columns: list[object]
) -> Allocation:
    done = assess(study(rows, **columns), standard(rule))
    return allocate(done.standard.rule("l"), done.measured, manner)


def test_equally_near_stations_share_equally() -> None:
    # x = 0 … 900 to the first (10 cells), 1100 … 2000 to the second, and x = 1000 half to each.
    found = allocated([("station", 500), ("station", 1500)], ToNearest())
    assert found.loads.tolist() == [1050.0, 1050.0]
    assert found.residents_without == 0.0


def test_stations_at_one_door_share_everybody() -> None:
    assert allocated([("station", 500)] * 3, ToNearest()).loads.tolist() == [700.0] * 3


def test_the_station_goes_before_a_centre_just_as_near() -> None:
    assert allocated([("centre", 500), ("station", 500)], ToNearest()).loads.tolist() == [0.0, 2100.0]


def test_metres_walked_are_counted() -> None:
    # 100 residents in each cell walk 100 · (1 + … + 10) m to either side of x = 1000.
    found = allocated([("station", 1000)], ToNearest())
    assert found.resident_m == pytest.approx(100 * 2 * 5500)
    assert found.mean_m == pytest.approx(11000 / 21)


def test_a_full_station_sends_the_farthest_on_to_the_next_with_room() -> None:
    # Nearest would be 1100 (x = 0 … 1000) and 1000; 300 of the first go on,
    # those least out of their way.
    found = allocated(
        [("station", 500), ("centre", 1510)], ByCapacity(limit_m=3000), capacity=[800.0, np.nan]
    )
    assert found.loads == pytest.approx([800.0, 1300.0])
    assert found.residents_without == pytest.approx(0.0)


def test_the_band_is_the_capacity_where_none_is_stated_and_the_rest_goes_without() -> None:
    found = allocated([("station", 500), ("station", 1500)], ByCapacity(limit_m=3000))
    assert found.loads == pytest.approx([1000.0, 1000.0])
    assert found.residents_without == pytest.approx(100.0)


def test_by_capacity_nobody_walks_farther_than_the_limit() -> None:
    found = allocated([("station", 1000)], ByCapacity(limit_m=300))
    assert (found.loads.tolist(), found.residents_without) == ([700.0], 1400.0)


def test_every_half_distance_halves_the_share() -> None:
    # The cell at x = 0 has its facilities 0 m and 200 m away: with 200 m to the half, 2 : 1.
    metres = csr_array(([0.0, 200.0], [0, 1], [0, 2]), shape=(1, 2))
    assert shared_by_distance(np.array([300.0]), metres, half_m=200).data.tolist() == [200.0, 100.0]


def test_with_a_short_half_distance_everybody_goes_to_the_nearest() -> None:
    stations = [("station", 400.0), ("station", 1500.0)]
    near = allocated(stations, ToNearest()).loads
    assert allocated(stations, ByDistance(half_m=1, limit_m=3000)).loads == pytest.approx(near)


@pytest.mark.parametrize("manner", [ByCapacity(0), ByDistance(0, 100), ByDistance(100, 0)])
def test_a_distance_of_nothing_is_refused(manner: Manner) -> None:
    with pytest.raises(SettingError, match="more than 0 m"):
        allocated([("station", 500)], manner)


def test_a_load_rule_can_be_judged_by_capacity() -> None:
    done = assess(study([("station", 500), ("station", 1600)]), standard(LOAD))
    rule = done.standard.rule("l")
    assert done.result("l").load is not None
    assert done.result("l").load.over == 1
    load = check_load(rule, done.measured, manner=ByCapacity(limit_m=3000)).load
    assert load is not None
    assert (load.over, load.within, load.residents_without) == (0, 2, pytest.approx(100.0))


@st.composite
def transports(draw: st.DrawFn) -> tuple[np.ndarray, csr_array, np.ndarray]:
    """Whole residents, metres and capacities of a few cells and facilities, some pairs out of reach."""
    cells, facilities = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    residents = draw(st.lists(st.integers(0, 9), min_size=cells, max_size=cells))
    capacity = draw(st.lists(st.integers(0, 20), min_size=facilities, max_size=facilities))
    pairs = draw(st.lists(st.integers(-3, 12), min_size=cells * facilities, max_size=cells * facilities))
    row, column = np.divmod(np.flatnonzero(np.array(pairs) >= 0), facilities)
    metres = np.array([m for m in pairs if m >= 0], float)
    indptr = np.searchsorted(row, np.arange(cells + 1))
    return (
        np.array(residents, float),
        csr_array((metres, column, indptr), shape=(cells, facilities)),
        np.array(capacity, float),
    )


def least_by_flow(residents: np.ndarray, metres: csr_array, capacity: np.ndarray) -> tuple[int, int]:
    """Residents placed and metres walked by networkx's minimum-cost maximum flow."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for i, people in enumerate(residents):
        graph.add_edge("from", ("cell", i), capacity=int(people), weight=0)
    for j, room in enumerate(capacity):
        graph.add_edge(("facility", j), "to", capacity=int(room), weight=0)
    coo = metres.tocoo()
    for i, j, m in zip(*coo.coords, coo.data, strict=True):
        graph.add_edge(("cell", int(i)), ("facility", int(j)), weight=int(m))
    flow = nx.max_flow_min_cost(graph, "from", "to")
    return sum(flow["from"].values()), nx.cost_of_flow(graph, flow)


@given(transports())
def test_by_capacity_is_the_cheapest_of_the_fullest_plans(
    task: tuple[np.ndarray, csr_array, np.ndarray],
) -> None:
    residents, metres, capacity = task
    flows = least_walking(residents, metres, capacity)
    placed, walked = least_by_flow(residents, metres, capacity)
    assert flows.data.sum() == pytest.approx(placed, abs=1e-6)
    assert (flows.data * metres.data).sum() == pytest.approx(walked, abs=1e-3)
    assert (flows.sum(axis=0) <= capacity + 1e-6).all()
    assert (flows.sum(axis=1) <= residents + 1e-6).all()
    assert (flows.data >= -1e-9).all()


@given(transports(), st.floats(0.5, 50))
def test_sharing_by_distance_loses_nobody_who_reaches_a_facility(
    task: tuple[np.ndarray, csr_array, np.ndarray], half_m: float
) -> None:
    residents, metres, _ = task
    flows = shared_by_distance(residents, metres, half_m=half_m)
    reached = np.diff(metres.indptr) > 0
    assert flows.sum(axis=1)[reached] == pytest.approx(residents[reached])
    assert flows.data.sum() == pytest.approx(residents[reached].sum())
