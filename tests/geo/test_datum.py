"""Shifted Chinese coordinates."""

import numpy as np
import prcoords
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.datum import SYSTEMS, convert, in_china_box

METRES_PER_DEGREE = 111_320.0
PUBLISHED = [
    ("wgs84", "gcj02", (118.7969, 32.0603), (118.80208356, 32.05822430)),
    ("wgs84", "bd09", (118.7969, 32.0603), (118.80850371, 32.06458284)),
    ("gcj02", "bd09", (118.80208356, 32.05822430), (118.80850371, 32.06458284)),
]


@pytest.mark.parametrize(("source", "target", "given_deg", "wanted_deg"), PUBLISHED)
def test_published_vectors(source, target, given_deg, wanted_deg):
    assert np.ravel(convert(*given_deg, source, target)) == pytest.approx(wanted_deg, abs=6e-9)
    assert np.ravel(convert(*wanted_deg, target, source)) == pytest.approx(given_deg, abs=6e-9)


def test_the_example_of_amap():
    assert np.ravel(convert(116.481499, 39.990475, "wgs84", "gcj02")) == pytest.approx(
        (116.487586, 39.991754), abs=1e-6
    )


def test_the_shifts_of_nanjing_are_half_a_kilometre_and_more():
    lon, lat = np.meshgrid(np.linspace(118.4, 119.2, 9), np.linspace(31.3, 32.6, 9))
    for system, least_m, most_m in (("gcj02", 520, 565), ("bd09", 1140, 1240)):
        there = convert(lon.ravel(), lat.ravel(), "wgs84", system)
        east_m = (there[0] - lon.ravel()) * METRES_PER_DEGREE * np.cos(np.radians(lat.ravel()))
        north_m = (there[1] - lat.ravel()) * METRES_PER_DEGREE
        assert np.hypot(east_m, north_m).min() > least_m
        assert np.hypot(east_m, north_m).max() < most_m


@settings(max_examples=200, derandomize=True, deadline=None)
@given(lon=st.floats(72.1, 137.7), lat=st.floats(1.0, 55.7))
def test_prcoords_agrees(lon, lat):
    gcj = prcoords.wgs_gcj(prcoords.Coords(lat, lon))
    bd = prcoords.wgs_bd(prcoords.Coords(lat, lon))
    assert np.ravel(convert(lon, lat, "wgs84", "gcj02")) == pytest.approx((gcj.lon, gcj.lat), abs=1e-9)
    assert np.ravel(convert(lon, lat, "wgs84", "bd09")) == pytest.approx((bd.lon, bd.lat), abs=1e-9)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    lon=st.floats(72.004, 137.8347),
    lat=st.floats(0.8293, 55.8271),
    target=st.sampled_from(["gcj02", "bd09"]),
)
def test_there_and_back_is_a_millimetre_at_most(lon, lat, target):
    back_lon, back_lat = convert(*convert(lon, lat, "wgs84", target), target, "wgs84")
    east_m = (back_lon[0] - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat))
    assert np.hypot(east_m, (back_lat[0] - lat) * METRES_PER_DEGREE) < 1e-3


@settings(max_examples=100, derandomize=True, deadline=None)
@given(lon=st.floats(73.0, 137.0), lat=st.floats(2.0, 55.0))
def test_back_and_there_is_a_millimetre_at_most(lon, lat):
    for source in ("gcj02", "bd09"):
        again = convert(*convert(lon, lat, source, "wgs84"), "wgs84", source)
        assert np.ravel(again) == pytest.approx((lon, lat), abs=5e-9)


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_nothing_moves_outside_the_box(system):
    assert np.ravel(convert(-51.2, -30.05, "wgs84", system)).tolist() == [-51.2, -30.05]
    assert np.ravel(convert(24.9, 60.2, system, "wgs84")).tolist() == [24.9, 60.2]


def test_the_rim_of_the_box_counts_as_inside():
    assert in_china_box([72.004, 72.0039, 137.8347], [0.8293, 30.0, 55.8271]).tolist() == [True, False, True]


def test_missing_values_stay_missing_and_arguments_are_not_changed():
    lon, lat = np.array([118.7969, np.nan]), np.array([32.0603, 32.0])
    there = convert(lon, lat, "gcj02", "wgs84")
    assert np.isnan(there[0][1]) and there[1][1] == 32.0
    assert lon[0] == 118.7969 and lat[0] == 32.0603


def test_scalars_broadcast_with_arrays():
    lon, lat = convert(118.8, [32.0, 32.1], "gcj02", "bd09")
    assert lon.shape == lat.shape == (2,)


def test_every_pair_of_systems_has_a_route():
    for source in SYSTEMS:
        for target in SYSTEMS:
            there = convert(118.8, 32.0, source, target)
            assert np.ravel(convert(*there, target, source)) == pytest.approx((118.8, 32.0), abs=1e-9)
    with pytest.raises(KeyError):
        convert(118.8, 32.0, "wgs84", "wgs72")


def test_the_inverse_of_many_points_is_quick_and_exact():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(118.3, 119.2, 20_000), rng.uniform(31.2, 32.6, 20_000)
    back = convert(*convert(lon, lat, "wgs84", "bd09"), "bd09", "wgs84")
    assert np.abs(back[0] - lon).max() < 1e-9 and np.abs(back[1] - lat).max() < 1e-9
