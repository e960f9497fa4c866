from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from maps.model import NO_LINES, Lines
from maps.polylines import pack, packed_areas, unpack

BOX = shapely.box(0, 0, 3, 3)
RING = shapely.box(5, 5, 9, 9) - shapely.box(6, 6, 7, 7)
POINT = st.tuples(st.floats(-180, 180), st.floats(-85, 85))


def lines_of(*lines: list[tuple[float, float]]) -> Lines:
    points = np.array([point for line in lines for point in line]).reshape(-1, 2)
    return Lines(points[:, 0], points[:, 1], np.cumsum([0, *map(len, lines)]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(POINT, min_size=1, max_size=5), max_size=6))
def test_lines_come_back_to_the_fifth_decimal(lines: list[list[tuple[float, float]]]) -> None:
    given_lines = lines_of(*lines)
    found = unpack(pack(given_lines))
    assert (found.start == given_lines.start).all()
    np.testing.assert_allclose(found.lon, given_lines.lon, atol=0.500001e-5)
    np.testing.assert_allclose(found.lat, given_lines.lat, atol=0.500001e-5)


def test_no_line_takes_one_byte() -> None:
    assert pack(NO_LINES) == b"\x00"
    assert len(unpack(b"\x00")) == 0


def test_a_step_of_70_metres_takes_two_bytes() -> None:
    line = [(118.78 + 0.0006 * i, 32.06 + 0.0006 * i) for i in range(1001)]
    assert len(pack(lines_of(line))) < 2 * 1000 + 20


@pytest.mark.parametrize("damage", [b"", b"\x80", b"\x05", b"\x01\x02\x01", b"\xff" * 12 + b"\x01"])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        unpack(damage)


@given(st.binary(max_size=60))
def test_no_bytes_whatever_break_the_reader(data: bytes) -> None:
    try:
        found = unpack(data)
    except InputError:
        return
    assert found.start[-1] == len(found.lon) == len(found.lat)


def test_rings_know_their_area_and_where_a_polygon_begins() -> None:
    packed = packed_areas([BOX, shapely.MultiPolygon([RING, shapely.box(10, 10, 11, 11)])])
    assert packed["owner"] == [0, 1, 1, 1]
    assert packed["outer"] == [1, 1, 0, 1]
    assert len(unpack(b64decode(packed["rings"]))) == 4


def test_empty_areas_and_lines_have_no_ring_but_keep_their_place() -> None:
    packed = packed_areas([shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), BOX])
    assert packed["count"] == 3
    assert packed["owner"] == [2]
