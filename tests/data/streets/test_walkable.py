from __future__ import annotations

import itertools
import re

import pytest
from osmnx._overpass import _get_network_filter

from data.osm_fetch.streets import FILTER
from data.streets.walkable import is_walkable, lets_nobody_through, street_class

CLAUSE = re.compile(r'\["(?P<key>[^"]+)"(?:(?P<op>!~|=)"(?P<words>[^"]*)")?\]')
# Values seen in real extracts, those that routers name, and some that merely contain one of them.
HIGHWAYS = [
    "", "abandoned", "bridleway", "bus_guideway", "bus_stop", "busway", "construction", "corridor",
    "cycleway", "disused", "elevator", "emergency_bay", "escape", "footway", "historic", "living_street",
    "motorway", "motorway_link", "no", "path", "pedestrian", "planned", "platform", "primary",
    "primary_link", "proposed", "raceway", "razed", "residential", "rest_area", "road", "secondary",
    "service", "services", "steps", "tertiary", "track", "trunk", "unclassified", "unknown", "Residential ",
]  # fmt: skip
OTHERS = [
    ("area", ["yes", "no"]),
    ("access", ["private", "permissive", "no", "yes", "customers", "private;delivery", "military"]),
    ("foot", ["no", "yes", "designated", "unknown", "private", "use_sidepath", "no;yes", "No"]),
    ("service", ["private", "driveway", "alley", "parking_aisle"]),
    ("sidewalk", ["separate", "both", "left", "no"]),
    ("motorroad", ["yes"]),
    ("railway", ["platform", "rail"]),
    ("bridge", ["yes"]),
]


def combinations():
    for highway in HIGHWAYS:
        tags = {"highway": highway} if highway else {}
        yield tags
        for (key, values), (second, others) in itertools.combinations(OTHERS, 2):
            for value, other in itertools.product(values, others):
                yield tags | {key: value, second: other}


def let_through(tags, query):
    """What Overpass does with a filter: a tag must be there, equal, or not contain a match."""
    found = [(m["key"], m["op"], m["words"]) for m in CLAUSE.finditer(query)]
    assert found
    return all(
        key in tags if op is None else tags.get(key) == words if op == "=" else
        not re.search(words, tags.get(key, ""))
        for key, op, words in found
    )  # fmt: skip


def test_fetch_asks_for_every_highway_that_the_rule_walks():
    lost = [t for t in combinations() if t.get("highway") and is_walkable(t) and not let_through(t, FILTER)]
    assert lost == []


def test_what_osmnx_walks_and_ours_does_not_is_known_one_by_one():
    walk = _get_network_filter("walk")
    closed_by_ours = {
        (key, value)
        for tags in combinations()
        if let_through(tags, walk) and not is_walkable(tags)
        for key, value in tags.items()
        if not is_walkable({"highway": "residential"} | {key: value})
    }
    assert closed_by_ours <= {
        ("highway", "busway"), ("highway", "disused"), ("highway", "emergency_bay"), ("highway", "escape"),
        ("highway", "historic"), ("access", "no"), ("access", "military"), ("motorroad", "yes"),
        ("foot", "No"), ("foot", "private"),
    }  # fmt: skip


def test_values_are_compared_and_never_parts_of_words():
    assert is_walkable({"highway": "residential", "foot": "unknown"})
    assert is_walkable({"highway": "residential", "service": "private"})
    assert is_walkable({"highway": "residential", "access": "noble"})
    assert not is_walkable({"highway": "residential", "foot": " No "})


@pytest.mark.parametrize(
    "closed",
    [
        {"highway": "cycleway"},
        {"highway": "motorway"},
        {"highway": "busway"},
        {"highway": "service", "access": "private"},
        {"highway": "residential", "access": "no"},
        {"highway": "trunk", "motorroad": "yes"},
    ],
)
def test_what_is_closed_only_to_others_is_opened_by_its_foot_tag(closed):
    assert not is_walkable(closed)
    assert is_walkable(closed | {"foot": "yes"})
    assert is_walkable(closed | {"foot": "designated"})
    assert is_walkable(closed | {"foot": "no;yes"})
    assert not is_walkable(closed | {"foot": "no"})


@pytest.mark.parametrize("highway", ["construction", "proposed", "emergency_bay", "escape", "services"])
def test_what_is_not_there_or_no_street_stays_closed_whatever_foot_says(highway):
    assert not is_walkable({"highway": highway, "foot": "yes"})


@pytest.mark.parametrize("highway", ["pedestrian", "footway", "path", "platform"])
def test_a_square_is_walked_along_its_outline(highway):
    assert is_walkable({"highway": highway, "area": "yes"})
    assert not is_walkable({"highway": highway, "area": "yes", "access": "private"})


@pytest.mark.parametrize("highway", ["service", "residential", "track"])
def test_the_outline_of_a_yard_for_cars_is_not_walked(highway):
    assert not is_walkable({"highway": highway, "area": "yes"})
    assert not is_walkable({"highway": highway, "area": "yes", "foot": "yes"})


def test_a_point_without_a_barrier_never_parts_a_way():
    assert not lets_nobody_through({"access": "no", "foot": "no"})
    assert not lets_nobody_through({"highway": "crossing", "access": "private"})


@pytest.mark.parametrize(
    ("highway", "klass"),
    [("primary", 2), ("trunk_link", 2), ("secondary", 1), ("tertiary_link", 1), ("residential", 0), ("", 0),
     ("PRIMARY", 2)],
)  # fmt: skip
def test_a_map_shows_main_roads_from_afar(highway, klass):
    assert street_class(highway) == klass
