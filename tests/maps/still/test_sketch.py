"""The small maps of a page, as data."""

from __future__ import annotations

import base64
import json

import numpy as np
import pandas as pd
import pytest
import shapely

from core.text import text
from maps.model import Basemap, Lines
from maps.polylines import unpack
from maps.safe_text import Voice
from maps.still.sketch import (
    Dots,
    Frame,
    Sketch,
    ground_of,
    sketch_data,
    sketch_script,
    sketch_style,
    widened,
    window,
)
from tests.maps.hostile_texts import HOSTILE

VOICE = Voice.of("zh")
HERE = (118.7, 32.0, 118.8, 32.1)


def line(lon: float, lat: float, vertices: int = 2) -> Lines:
    return Lines(np.linspace(lon, lon + 0.01, vertices), np.full(vertices, lat), np.array([0, vertices]))


def data_of(sketch: Sketch, basemap: Basemap | None = None, **frame: object) -> dict[str, object]:
    ground = ground_of(basemap or Basemap(), HERE, VOICE)
    return sketch_data(sketch, ground, Frame(text("Map"), **frame), VOICE)  # type: ignore[arg-type]


def test_the_ground_keeps_what_meets_the_box_and_leaves_out_the_rest() -> None:
    near, far = line(118.75, 32.05), line(119.5, 32.05)
    both = Lines(
        np.concatenate([near.lon, far.lon]), np.concatenate([near.lat, far.lat]), np.array([0, 2, 4])
    )
    labels = pd.DataFrame(
        {"name": ["近", "远"], "level": ["street", "street"], "lon": [118.75, 119.5], "lat": [32.05, 32.05]}
    )
    content = ground_of(Basemap(streets={2: both}, labels=labels), HERE, VOICE).content
    kept = unpack(base64.b64decode(content["lines"]["streets_2"]))
    assert kept.lon.tolist() == pytest.approx([118.75, 118.76])
    assert [name for group in content["names"] for name in group["names"]] == ["近"]


def test_a_crowd_of_small_streets_is_left_out_but_never_the_main_ones() -> None:
    crowd = Basemap(streets={0: line(118.75, 32.05, 80_000), 2: line(118.75, 32.06, 20_000)})
    assert set(ground_of(crowd, HERE, VOICE).content["lines"]) == {"streets_2"}
    alone = Basemap(streets={2: line(118.75, 32.06, 200_000)})
    assert set(ground_of(alone, HERE, VOICE).content["lines"]) == {"streets_2"}


def test_two_grounds_of_one_place_have_one_number() -> None:
    basemap = Basemap(streets={2: line(118.75, 32.05)})
    assert ground_of(basemap, HERE, VOICE).id == ground_of(basemap, HERE, VOICE).id
    assert ground_of(basemap, HERE, VOICE).id != ground_of(Basemap(), HERE, VOICE).id


@pytest.mark.parametrize("name", HOSTILE)
def test_words_of_users_are_safe_html(name: str) -> None:
    dots = Dots(np.array([118.75]), np.array([32.05]), "plain", [name])
    title = data_of(Sketch(HERE, (dots,)))["picture"]["points"][0]["titles"][0]  # type: ignore[index]
    assert not set("<>{}`$\\") & set(title)


def test_points_without_a_place_are_left_out_with_their_names() -> None:
    dots = Dots(np.array([118.75, np.nan]), np.array([32.05, 32.05]), "inside", ["甲", "乙"])
    points = data_of(Sketch(HERE, (dots,)))["picture"]["points"][0]  # type: ignore[index]
    assert (points["lon"], points["titles"]) == ([118.75], ["甲"])
    json.dumps(points, allow_nan=False)


def test_only_buildings_near_the_view_are_carried() -> None:
    near, far = shapely.box(118.75, 32.05, 118.751, 32.051), shapely.box(119.5, 32.05, 119.501, 32.051)
    areas = data_of(Sketch(HERE, buildings=(near, far)))["picture"]["areas"]  # type: ignore[index]
    assert len(unpack(base64.b64decode(areas[0]["rings"]))) == 1


def test_the_window_lies_where_most_points_are_close_together() -> None:
    lon = np.array([118.7000, 118.7010, 118.7020, 118.9])
    lat = np.array([32.0, 32.001, 32.0, 32.3])
    west, south, east, north = window(lon, lat, width_m=1_000)
    assert west < 118.7 < 118.702 < east < 118.9
    assert (north - south) * 111_320 == pytest.approx(1_000)
    assert window(np.empty(0), np.empty(0)) == (-180.0, -60.0, 180.0, 60.0)


def test_a_box_is_widened_by_metres_on_every_side() -> None:
    _, south, _, north = widened(HERE, 111.32)
    assert (south, north) == pytest.approx((31.999, 32.101))


def test_script_and_style_ask_no_host_for_anything() -> None:
    script = sketch_script()
    assert "export default" in script
    assert "sourceMappingURL" not in script
    assert "url(images" not in sketch_style()
    for word in ("fetch(", "XMLHttpRequest", "import "):
        assert word not in script
