"""How sure a plan is said to be: never more than was proved, and among which places."""

import pytest

from core.text import text_to_json
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
            "Built in this order, every number of sites serves as many as the best plan of that number "
            "among the 40 places weighed.",
        ),
        (
            curve((60.0, 97.0), (63.0, 98.0), (60.0, 97.0)),
            "Built in this order, every number of sites serves as many as the best plan found of that "
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
