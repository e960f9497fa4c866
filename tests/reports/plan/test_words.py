"""How sure a plan is said to be: never more than was proved, and among which places."""

import pytest

from core.text import text_to_json
from data.parse_standard import parse_standard
from reports.plan import words as plan_words

GIVEN = {"every": 40, "weighed": 40, "everywhere": False, "given": True}
THINNED = {"every": 900, "weighed": 40, "everywhere": False, "given": False, "more_at_most": None}
BOUND_OVER_ALL = THINNED | {"more_at_most": 30.0}
EVERYWHERE = THINNED | {"everywhere": True, "more_at_most": 0.0}


def plan(proven=True, among=EVERYWHERE, counted="residents", **more):
    found = {
        "proven": proven, "counted": counted, "count": 2, "objective": 970.0, "bound": 1000.0, "gap": 0.03,
        "sites": [{}, {}], "among": among, "asked": {"conditions": {}},
    }  # fmt: skip
    return found | more


@pytest.mark.parametrize(
    ("said_of", "sentence"),
    [
        (plan(), "Of all 900 places considered: Proved best: no other choice of 2 serves more."),
        (plan(among=THINNED), "Among the 40 places weighed: Proved best: no other choice of 2 serves more."),
        (plan(among=GIVEN), "Among the 40 places given: Proved best: no other choice of 2 serves more."),
        (
            plan(asked={"conditions": {"spacing_m": 800.0, "weights": []}}),
            "Of all 900 places considered: Proved best: no other choice of 2 that keeps the conditions "
            "serves more.",
        ),
        (
            plan(asked={"conditions": {"cost": 3.0, "backup": 0.0}}),
            "Of all 900 places considered: Proved best: no other choice of 2 serves more.",
        ),
        (
            plan(proven=False),
            "Of all 900 places considered: Best found: at most 3.00% below the best possible "
            "(none can serve more than 1,000).",
        ),
        (
            plan(proven=False, among=BOUND_OVER_ALL),
            "Of all 900 places considered: Best found: at most 3.00% below the best possible "
            "(none can serve more than 1,000).",
        ),
        (
            plan(proven=False, among=THINNED, counted="resident_metres"),
            "Among the 40 places weighed: Best found: at most 3.00% above the best possible.",
        ),
        (
            plan(proven=False, among=GIVEN, counted="sites", objective=3.0, bound=1.2),
            "Among the 40 places given: Best found: at least 2 sites are needed, perhaps fewer than these.",
        ),
    ],
)
def test_how_good_a_plan_is_is_said_of_the_places_it_was_shown_for(said_of, sentence):
    assert str(plan_words.quality(said_of)) == sentence


def curve(best, bound, in_order):
    return [
        {"sites": n, "best": best[n - 1], "bound": bound[n - 1], "in_order": in_order[n - 1]} for n in (1, 2)
    ]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (
            curve((60.0, 97.0), (60.0, 97.0), (60.0, 97.0)),
            "Built in this order, every number of sites is as good as the best plan of that number "
            "among the 40 places weighed.",
        ),
        (
            curve((60.0, 97.0), (63.0, 98.0), (60.0, 97.0)),
            "Built in this order, every number of sites is as good as the best plan found of that "
            "number; at most 5.00% more is possible among the places compared (with 1).",
        ),
        (
            curve((60.0, 97.0), (63.0, 98.0), (57.0, 97.0)),
            "Built in this order, the plan falls behind the best found of the same number by at most "
            "3 residents (with the first 1: 5.00%).",
        ),
    ],
)
def test_building_in_order_is_compared_with_what_was_found_unless_more_was_proved(points, sentence):
    assert str(plan_words.price_of_order(plan(curve_bound=points))) == sentence


def test_what_limits_a_plan_is_named_as_it_was_asked():
    said = plan_words.deciding(plan(deciding=[text_to_json(plan_words.GOAL_TITLES["least-worst"])]))
    assert str(said) == "The plan is limited by: the shortest longest way."


STANDARD = parse_standard(
    """
id = "t"
[[rule]]
id = "r"
check = "radius"
tier = "station"
serves = ["station"]
settlement = "urban"
figure_m = 500
[[rule]]
id = "b"
check = "load"
tier = "station"
serves = ["station"]
settlement = "rural"
figure_residents = [300, 1000]
""",
    source="t.toml",
)


def built(before, after, **more):
    """What is said first of a plan of two stations in a city of 1,000."""
    facts = {
        "rule": "r", "tier": "station", "residents": 1000.0, "residents_before": before,
        "residents_after": after, "residents_lost": 40.0,
    }  # fmt: skip
    return [str(one) for one in plan_words.results(plan(**facts | more), STANDARD)]


def test_served_residents_rise_only_where_they_do():
    assert "rise from 500 to 600 of 1,000 urban residents: from 50.0% to 60.0%" in built(500.0, 600.0)[0]
    for after in (500.0, 460.0):  # a plan by the ways, or one that closes more than it builds
        assert f"do not rise: 500 before, {after:.0f} after" in built(500.0, after)[0]


def test_under_limits_of_load_served_is_not_within_reach_and_the_band_says_whose():
    said = built(500.0, 600.0, sites=[{"load": 50.0}, {"load": 50.0}], band_rule="b")[0]
    assert "Within the limits of load" in said and "1,000 rural residents" in said


def test_what_closing_loses_is_said_by_tier():
    closed = [{"name": "A"}]
    assert "service station: 40 residents" in built(500.0, 600.0, closed=closed)[1]
    tier = {"tier": "station", "rule": "r", "count": 1, "residents": 10.0, "residents_before": 1.0}
    tiers = [tier | {"residents_after": 2.0, "residents_lost": lost} for lost in (0.0, 80.0)]
    both = built(500.0, 600.0, closed=closed, tiers=tiers)
    assert "service station: 80 residents" in both[2] and "Both tiers count alike" in both[3]


@pytest.mark.parametrize(
    ("counted", "bound", "gap", "sentence"),
    [
        ("residents", 1000.2, 0.03001, "3.01% below the best possible (none can serve more than 1,001)"),
        ("residents", 1000.0000001, 1e-7, "0.01% below the best possible (none can serve more than 1,000)"),
        ("resident_metres", 7.0, 0.12344, "at most 12.35% above"),
        ("metres", 812.9, 0.1, "shorter than 812 m"),
        ("cost", 99.9, 0.1, "at least 99,"),
        ("sites", 5.0000001, 0.1, "at least 5 sites"),
    ],
)  # fmt: skip
def test_a_bound_is_never_rounded_to_more_than_was_shown(counted, bound, gap, sentence):
    said = plan_words.quality(plan(proven=False, counted=counted, bound=bound, gap=gap))
    assert sentence in str(said)


def test_numbers_of_a_curve_that_are_not_residents_are_named():
    assert plan_words.curve_counts(plan()) is None
    assert "weights" in str(plan_words.curve_counts(plan(counted="weighted")))
    assert "mean" in str(plan_words.curve_counts(plan(tiers=[{}, {}])))


def test_rules_whose_closings_were_not_tried_are_named():
    rows = [{"name": "A", "tier": "station", "residents_lost": 0.0, "rules": []}]
    first, then = plan_words.redundancy(plan(redundancy=rows, not_tried=["b"]), STANDARD)
    assert "any rule of the standard that was tried" in str(first) and "per service station" in str(then)


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [
        ("least-worst", "A way for them comes first"),
        ("least-walking", "In the sum of the ways each of them counts as 5,000 m."),
    ],
)
def test_who_has_no_way_is_told_beside_the_longest_way(goal, sentence):
    """A longest way that does not fall beside "proved best" is no contradiction: others had no way at all."""
    ways = {"mean_m_before": 600.0, "mean_m_after": 600.0, "longest_m_before": 2000.0,
            "longest_m_after": 2000.0, "residents_without_before": 152.0, "residents_without_after": 0.0,
            "unreached_m": 5000.0}  # fmt: skip
    said = " ".join(map(str, built(401.0, 402.0, goal=goal, counted="metres", **ways)))
    assert "152 residents before, 0 after. " + sentence in said
