from __future__ import annotations

import itertools
import re

import pytest
from osmnx._overpass import _get_network_filter

from data.streets.walkable import NOT_WALKED, is_walkable, street_class

CLAUSE = re.compile(r'\["(?P<key>[^"]+)"(?:!~"(?P<words>[^"]*)")?\]')
# Values seen in real extracts, those the filter names, and some that merely contain one of its words.
HIGHWAYS = [
    "", "abandoned", "bridleway", "bus_guideway", "bus_stop", "busway", "construction", "corridor",
    "cycleway", "elevator", "escape", "footway", "living_street", "motorway", "motorway_link", "no",
    "path", "pedestrian", "planned", "platform", "primary", "primary_link", "proposed", "raceway",
    "razed", "residential", "rest_area", "road", "secondary", "service", "services", "steps",
    "tertiary", "track", "trunk", "unclassified", "unknown",
]  # fmt: skip
OTHERS = [
    ("area", ["yes", "no", "yes;no"]),
    ("access", ["private", "permissive", "no", "yes", "customers", "private;delivery"]),
    ("foot", ["no", "yes", "designated", "unknown", "private", "use_sidepath"]),
    ("service", ["private", "driveway", "alley", "parking_aisle"]),
    ("sidewalk", ["separate", "both", "left", "no"]),
    ("sidewalk:both", ["separate", "yes"]),
    ("sidewalk:left", ["separate", "no"]),
    ("sidewalk:right", ["separate", "no"]),
    ("motor_vehicle", ["no"]),
    ("bridge", ["yes"]),
]


def osmnx_clauses():
    return [(m["key"], m["words"]) for m in CLAUSE.finditer(_get_network_filter("walk"))]


def osmnx_walks(tags):
    """What Overpass does with the filter: a tag must be there, or its value must not contain a match."""
    return all(
        key in tags if words is None else not re.search(words, tags.get(key, ""))
        for key, words in osmnx_clauses()
    )


def combinations():
    for highway in HIGHWAYS:
        tags = {"highway": highway} if highway else {}
        yield tags
        for (key, values), (second, others) in itertools.combinations(OTHERS, 2):
            for value, other in itertools.product(values, others):
                yield tags | {key: value, second: other}
                yield tags | {key: value}


def corrected(tags):
    """Whether one of our corrections speaks of these tags; without one, OSMnx's filter decides."""
    foot, highway = tags.get("foot", ""), tags.get("highway", "")
    opened = foot in {"yes", "designated"}
    square = tags.get("area") == "yes" and highway in {"pedestrian", "footway", "path"}
    return opened or square or foot in {"private", "use_sidepath"} or tags.get("access") == "no"


def test_the_walk_filter_of_the_installed_osmnx_and_ours_agree_where_nothing_is_corrected():
    disagreements = [
        tags for tags in combinations() if is_walkable(tags) != osmnx_walks(tags) and not corrected(tags)
    ]
    assert disagreements == []


def test_the_table_names_just_the_words_of_the_osmnx_filter():
    stated = {}
    for key, words in osmnx_clauses():
        if words is not None:
            stated.setdefault(key, set()).update(words.split("|"))
    assert {key: set(words) for key, words in NOT_WALKED.items()} == stated


def test_a_ferry_is_not_walked_even_with_a_highway_tag():
    assert not is_walkable({"highway": "footway", "route": "ferry"})
    assert not is_walkable({"highway": "footway", "route": "ferry", "foot": "yes"})


@pytest.mark.parametrize("highway", ["steps", "footway", "pedestrian", "corridor", "track", "service"])
def test_stairs_bridges_and_underpasses_are_walked(highway):
    assert is_walkable({"highway": highway, "bridge": "yes", "layer": "1"})
    assert is_walkable({"highway": highway, "tunnel": "yes", "layer": "-1"})


@pytest.mark.parametrize(
    "closed",
    [
        {"highway": "cycleway"},
        {"highway": "service", "access": "private"},
        {"highway": "residential", "access": "no"},
        {"highway": "service", "service": "private"},
        {"highway": "trunk", "motorroad": "yes"},
        {"highway": "primary", "sidewalk": "separate"},
    ],
)
def test_what_is_closed_only_to_others_is_opened_by_its_foot_tag(closed):
    assert not is_walkable(closed)
    assert is_walkable(closed | {"foot": "yes"})
    assert is_walkable(closed | {"foot": "designated"})
    assert not is_walkable(closed | {"foot": "no"})


@pytest.mark.parametrize("highway", ["motorway", "motorway_link", "construction", "proposed", "platform"])
def test_motorways_and_what_is_not_built_stay_closed_whatever_foot_says(highway):
    assert not is_walkable({"highway": highway, "foot": "yes"})


@pytest.mark.parametrize("foot", ["private", "use_sidepath", "no"])
def test_a_street_whose_foot_tag_sends_people_away_is_not_walked(foot):
    assert not is_walkable({"highway": "residential", "foot": foot})


@pytest.mark.parametrize("highway", ["pedestrian", "footway", "path"])
def test_a_square_is_walked_along_its_outline(highway):
    assert is_walkable({"highway": highway, "area": "yes"})
    assert not is_walkable({"highway": highway, "area": "yes", "access": "private"})


@pytest.mark.parametrize("highway", ["service", "residential", "track"])
def test_the_outline_of_a_yard_for_cars_is_not_walked(highway):
    assert not is_walkable({"highway": highway, "area": "yes"})
    assert not is_walkable({"highway": highway, "area": "yes", "foot": "yes"})


@pytest.mark.parametrize(
    ("highway", "klass"),
    [("primary", 2), ("trunk_link", 2), ("secondary", 1), ("tertiary_link", 1), ("residential", 0), ("", 0)],
)
def test_a_map_shows_main_roads_from_afar(highway, klass):
    assert street_class(highway) == klass
