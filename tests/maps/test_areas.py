from __future__ import annotations

from base64 import b64decode

import shapely

from maps.areas import packed_areas
from maps.polylines import unpack

BOX = shapely.box(0, 0, 3, 3)
RING = shapely.box(5, 5, 9, 9) - shapely.box(6, 6, 7, 7)


def test_rings_know_their_area_and_where_a_polygon_begins() -> None:
    packed = packed_areas([BOX, shapely.MultiPolygon([RING, shapely.box(10, 10, 11, 11)])])
    assert packed["owner"] == [0, 1, 1, 1]
    assert packed["outer"] == [1, 1, 0, 1]
    assert len(unpack(b64decode(packed["rings"]))) == 4


def test_empty_areas_and_lines_have_no_ring_but_keep_their_place() -> None:
    packed = packed_areas([shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), BOX])
    assert packed["count"] == 3
    assert packed["owner"] == [2]
