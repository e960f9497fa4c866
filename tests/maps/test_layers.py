"""Circles and what lies over the cells, on the exported map and on small maps."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import project
from maps import palette, render_map
from maps.layers import radius_union
from maps.model import CellChange, MapModel, OverlayLayer
from maps.safe_text import Voice
from maps.still.picture import Marks, Over, Paths, Shapes, over_data
from tests.maps.hostile_texts import HOSTILE
from tests.maps.sample_maps import CRS, tiny_model

SQUARE = shapely.box(118.78, 32.03, 118.79, 32.04)
LINE = shapely.LineString([(118.78, 32.03), (118.79, 32.04)])


def with_everything(name: str = "某处") -> MapModel:
    model = tiny_model()
    facts = [[("人数", name)]]
    change = np.arange(len(model.cells)) % len(palette.CHANGES)
    return replace(
        model,
        areas=(OverlayLayer("a", "十分钟", "reach_0", [SQUARE], [name], facts),),
        paths=(OverlayLayer("p", "阻隔", "barrier", [LINE], [name], facts),),
        changes=(CellChange("r", "变化的规则", change.astype(np.int8)),),
    )


def test_areas_lines_and_changes_are_on_the_map_and_in_its_legend() -> None:
    page = render_map(with_everything(), language="zh")
    for word in ("十分钟", "阻隔", "change_image_0", "新覆盖", "失去覆盖", "叠加图层"):
        assert word in page


def test_names_of_users_stay_words() -> None:
    for name in HOSTILE:
        page = render_map(with_everything(name), language="zh")
        assert name not in page or not set("<{") & set(name)


def test_a_small_map_is_told_plain_values_and_safe_words() -> None:
    voice = Voice.of("zh")
    parts: list[Over] = [
        Shapes([SQUARE], "reach_0", ["<b>x</b>"]),
        Paths([[(118.78, 32.03), (118.79, 32.04)]], "street", numbered=True),
        Marks([(118.78, 32.03)], ["1"]),
    ]
    areas, lines, marks = over_data(parts, voice)
    assert areas["titles"] == ["&lt;b&gt;x&lt;/b&gt;"]
    assert lines["lines"] == [[[32.03, 118.78], [32.04, 118.79]]]
    assert (marks["places"], marks["words"]) == ([[32.03, 118.78]], ["1"])


def test_every_look_has_a_colour() -> None:
    assert all("color" in look for look in palette.OVERLAYS.values())
    assert len(set(palette.CHANGES)) == len(palette.CHANGES)


def test_two_circles_that_meet_become_one_shape_within_their_radius() -> None:
    model = tiny_model()
    shape = radius_union(model, model.radius_rules[0])
    assert isinstance(shape, shapely.Polygon)
    rim = project(*shapely.get_coordinates(shape).T, CRS)
    centres = project(model.facilities["lon"], model.facilities["lat"], CRS)
    nearest = np.min([np.hypot(*(rim - c).T) for c in centres], axis=0)
    assert nearest.max() <= 500.01
    assert nearest.min() >= 497.0


def test_circles_apart_stay_apart() -> None:
    model = tiny_model()
    apart = replace(model.radius_rules[0], figure_m=200.0)
    assert len(shapely.get_parts(radius_union(model, apart))) == 2


def test_a_circle_is_drawn_around_the_outline_or_the_doors_each_as_far_as_its_own_figure() -> None:
    model = tiny_model()
    facilities = model.facilities.assign(facility_id=["a", "b"])
    ((x, y),) = project(facilities["lon"][:1], facilities["lat"][:1], CRS)
    outline = shapely.box(x - 40, y - 40, x + 40, y + 40)
    frame = {"facility_id": ["a"], "name": ["公园"]}
    extents = gpd.GeoDataFrame(frame, geometry=[outline], crs=CRS).to_crs("EPSG:4326")
    rule = replace(model.radius_rules[0], each_m=np.array([200.0, 100.0]))
    shape = radius_union(replace(model, facilities=facilities, extents=extents), rule)
    parts = [project(*shapely.get_coordinates(part).T, CRS) for part in shapely.get_parts(shape)]
    assert sorted(round(float(np.ptp(part[:, 0]))) for part in parts) == [200, 480]
