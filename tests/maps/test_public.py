"""A public map: what is not for the public is out of the file."""

from __future__ import annotations

from dataclasses import replace

import shapely

from maps import render_map
from maps.model import OverlayLayer
from maps.public import public_model
from tests.maps.sample_maps import tiny_model


def test_no_unit_is_named_in_the_file_and_no_border_is_in_it() -> None:
    model = tiny_model()
    names = {str(name) for name in model.basemap.labels["name"]} | {str(unit) for unit in model.gaps["unit"]}
    page = render_map(model, language="zh", profile="public")
    # A facility may be called by its unit.
    called = " ".join(model.facilities["name"])
    assert names and not {name for name in names if name and name not in called and name in page}
    assert 'id="lines-outlines' not in page


def test_places_are_rounded_to_the_stated_metres() -> None:
    bare = public_model(tiny_model())
    for table in (bare.facilities, bare.gaps):
        for key in ("lon", "lat"):
            assert (table[key].round(3) == table[key]).all()
    shape = OverlayLayer("a", "", "reach_0", [shapely.Point(118.123456, 32.1).buffer(0.01)], [""], [[]])
    extent = replace(shape, look="extent")
    model = public_model(tiny_model(areas=(shape, extent)))
    (area,) = model.areas
    corners = shapely.get_coordinates(area.shapes)
    assert (corners.round(4) == corners).all() and model.extents is None
    assert "约100米" in render_map(tiny_model(), language="zh", profile="public")


def test_an_internal_map_is_as_it_was() -> None:
    page = render_map(tiny_model(), language="zh")
    assert 'id="lines-outlines' in page
    assert "script-src 'nonce-" in page
