"""Between degrees and metres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Transformer

from geo.crs import WGS84, metric_crs, project, unproject

PLACES = ((118.79, 32.06), (75.1, 39.5), (134.9, 48.2), (103.8, 1.35), (-51.2, -30.05), (2.35, 48.86))


def around(lon: float, lat: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    drawn = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 500))
    return lon + drawn[0], lat + drawn[1]


@pytest.mark.parametrize("place", PLACES)
def test_places_are_those_of_the_named_systems_to_the_last_bit(place: tuple[float, float]) -> None:
    crs = metric_crs(*place)
    lon, lat = around(*place)
    by_name = Transformer.from_crs(WGS84, crs, always_xy=True)
    back_by_name = Transformer.from_crs(crs, WGS84, always_xy=True)
    xy = project(lon, lat, crs)
    assert np.array_equal(xy, np.column_stack(by_name.transform(lon, lat)))
    assert np.array_equal(unproject(xy, crs), back_by_name.transform(xy[:, 0], xy[:, 1]))


def test_a_system_with_several_ways_is_left_to_proj() -> None:
    xy = project([-1.5], [52.4], "EPSG:27700")
    by_name = Transformer.from_crs(WGS84, "EPSG:27700", always_xy=True)
    assert np.array_equal(xy, np.column_stack(by_name.transform([-1.5], [52.4])))


def test_every_thread_sees_the_same_places() -> None:
    lon, lat = around(118.79, 32.06)
    here = project(lon, lat, "EPSG:4549")
    with ThreadPoolExecutor(2) as threads:
        for there in threads.map(lambda _: project(lon, lat, "EPSG:4549"), range(4)):
            assert np.array_equal(here, there)


def test_there_and_back_is_the_same_place() -> None:
    lon, lat = around(118.79, 32.06)
    back = unproject(project(lon, lat, "EPSG:4549"), "EPSG:4549")
    assert np.allclose(back, (lon, lat), rtol=0, atol=1e-9)
