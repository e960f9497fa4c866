"""Every condition, on a street whose answers can be checked in the head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InfeasibleError, InputError, SettingError
from core.text import text_from_json
from jobs.siting.request import (
    CROSSINGS,
    FACILITIES,
    FROM_LIST,
    AlternativesRequest,
    PlanConditions,
    SitingRequest,
    UnitQuota,
)
from tests.jobs.planned_city import at, city, land, places, plan_for, plan_of, planned

LAND = """
北苑空地 1100 100 300 800
旧粮站   100  50  200 500
东郊仓库 2000 30  100 300
"""


def listed(folder: Path, count: int | None = 3, **conditions: object) -> SitingRequest:
    asked = PlanConditions(**conditions)  # type: ignore[arg-type]
    return SitingRequest("station", count, by="walk", candidates=land(folder, LAND), conditions=asked)


def test_without_conditions_the_five_cells_in_a_row_are_served() -> None:
    plan = plan_for()
    assert (plan["residents_before"], plan["residents_after"], plan["residents"]) == (1000.0, 1500.0, 2100.0)
    assert plan["proven"]


def test_what_is_served_before_is_what_the_assessment_says() -> None:
    result = city().assessment.result("w")
    assert plan_for()["residents_before"] == result.residents_met


def test_a_required_place_is_built_though_others_serve_more() -> None:
    plan = plan_for(required=(at(100),))
    assert places(plan) == [100]
    assert plan["residents_after"] == 1300.0
    assert plan["sites"][0]["required"]
    assert plan["sites"][0]["deciding"][0]["template"] == "it is required"


def test_a_forbidden_coordinate_forbids_what_is_within_100_m() -> None:
    plan = plan_for(forbidden=(at(1100),))
    assert places(plan)[0] in (900, 1300)
    assert plan["residents_after"] == 1400.0


def test_the_spacing_is_kept() -> None:
    assert places(plan_for(spacing_m=599)) == [1100]
    assert places(plan_for(spacing_m=601)) == []


def test_a_required_place_too_near_is_told_with_the_metres_that_are_short() -> None:
    with pytest.raises(InfeasibleError, match=r"100 m.*spacing asked for is 300 m \(200 m more\)"):
        plan_for(required=(at(600),), spacing_m=300)


def test_required_and_forbidden_at_once_is_refused() -> None:
    with pytest.raises(InputError, match="both required and forbidden"):
        plan_for(required=(at(600),), forbidden=(at(600),))


def test_a_budget_buys_what_it_can_of_the_list(tmp_path: Path) -> None:
    plan = plan_of(listed(tmp_path, budget=90.0))
    assert [site["name"] for site in plan["sites"]] == ["旧粮站", "东郊仓库"]
    assert (plan["cost"], plan["budget"], plan["cost_unit"]) == (80.0, 90.0, "万元")
    assert plan["residents_after"] == 1400.0


def test_a_budget_without_a_number_of_sites_takes_as_many_as_it_allows(tmp_path: Path) -> None:
    plan = plan_of(listed(tmp_path, count=None, budget=180.0))
    assert plan["cost"] == 180.0
    assert plan["residents_after"] == 1900.0


def test_a_cost_may_be_stated_for_all_and_for_one(tmp_path: Path) -> None:
    plan = plan_of(listed(tmp_path, budget=60.0, costs=(("北苑空地", 60.0),)))
    assert [site["name"] for site in plan["sites"]] == ["北苑空地"]
    everywhere = plan_for(3, budget=250.0, cost=100.0)
    assert len(everywhere["sites"]) == 2


def test_a_budget_without_costs_says_where_to_write_them() -> None:
    with pytest.raises(InputError, match=r"造价.*--site-cost"):
        plan_for(budget=10.0)


def test_fewest_sites_with_costs_are_the_cheapest(tmp_path: Path) -> None:
    request = replace(listed(tmp_path, cost=1.0), goal="fewest-sites", share=0.9)
    plan = plan_of(request)
    assert plan["counted"] == "cost"
    # Nine tenths of the 1,900 who can be reached are 1,710: the two dearest of the three.
    assert plan["objective"] == 150.0
    said = next(str(text_from_json(note)) for note in plan["notes"] if "share" in note["values"])
    assert said.startswith("The share asked for, 90%, is one of the 1,900 residents") and "200 more" in said


def test_a_row_that_is_no_place_is_named_with_its_reason(tmp_path: Path) -> None:
    path = land(tmp_path, LAND)
    path.write_text(path.read_text("utf-8-sig") + "河边,118.95,32.06,50,200,500\n", "utf-8-sig")
    notes = plan_of(SitingRequest("station", 1, by="walk", candidates=path))["notes"]
    said = str(text_from_json(notes[0]))
    assert said.startswith("land.csv, row 5, cannot be used as a place: The coordinates are rounded")


def test_a_unit_that_has_its_facility_gets_no_other() -> None:
    assert places(plan_for(3, quotas=(UnitQuota("community", most=1),))) == []


def test_a_unit_that_may_keep_more_than_was_asked_for_says_how_many_it_has() -> None:
    plan = plan_for(3, quotas=(UnitQuota("community", most=0),))
    said = [str(text_from_json(condition)) for condition in plan["deciding"]]
    assert any("(it has 1 today): at most 1 site" in condition for condition in said)


def test_counting_new_sites_only_gives_each_unit_one() -> None:
    plan = plan_for(3, quotas=(UnitQuota("community", most=1, only_new=True),))
    assert sorted(site["unit"].split()[-1] for site in plan["sites"]) == ["东庄村", "西苑社区"]
    assert plan["residents_after"] == 1800.0


def test_a_quota_for_named_units_leaves_the_others_free() -> None:
    plan = plan_for(2, quotas=(UnitQuota("community", most=0, units=("东庄村",), only_new=True),))
    assert {site["unit"].split()[-1] for site in plan["sites"]} == {"西苑社区"}


def test_a_quota_that_cannot_be_met_names_the_unit_and_what_is_short() -> None:
    with pytest.raises(InfeasibleError, match=r"new sites: at most 1.*missed by 1"):
        plan_for(1, quotas=(UnitQuota("community", least=2),))


def test_a_quota_for_an_unknown_unit_names_those_that_are_like_it() -> None:
    with pytest.raises(InputError, match="西苑社区"):
        plan_for(1, quotas=(UnitQuota("community", most=1, units=("西园社区",)),))


def test_an_elderly_resident_may_count_three_times() -> None:
    plan = plan_for(weights=(("elderly", 3.0),))
    assert plan["counted"] == "weighted"
    assert plan["objective"] == pytest.approx(1500 * 1.4)
    assert plan["residents_after"] == 1500.0


def test_a_group_that_nobody_counted_is_refused() -> None:
    with pytest.raises(SettingError, match=r"no group “students”; it has: elderly"):
        plan_for(weights=(("students", 2.0),))


def test_a_second_facility_counts_what_it_is_worth() -> None:
    assert plan_for(backup=0.5)["objective"] == 1500.0
    # Worth as much as the first, a site that touches the served cells is as good as any.
    assert plan_for(backup=1.0)["objective"] == 1500.0


def test_relocation_closes_as_many_as_asked() -> None:
    plan = plan_for(2, close=1)
    assert len(plan["closed"]) == 1
    assert plan["residents_lost"] == 500.0
    assert plan["residents_after"] == 1500.0


def test_only_the_named_one_is_closed() -> None:
    plan = plan_for(2, close=1, closable=("东庄村服务站",))
    assert [row["name"] for row in plan["closed"]] == ["东庄村服务站"]


def test_closing_more_than_there_are_is_refused() -> None:
    with pytest.raises(SettingError, match="3 sites are to be closed but 2"):
        plan_for(1, close=3)


def test_a_capacity_limits_whom_a_site_serves(tmp_path: Path) -> None:
    plan = plan_for(capacity=200.0)
    assert plan["residents_after"] == 1200.0
    assert plan["sites"][0]["load"] == pytest.approx(200.0)
    assert plan["curve"][-1] == [len(plan["sites"]), 1200.0]
    stated = plan_of(listed(tmp_path, count=1, capacity=FROM_LIST))
    assert stated["sites"][0]["name"] == "北苑空地"
    assert stated["residents_after"] == 1300.0


def test_a_capacity_that_the_list_does_not_state_is_refused() -> None:
    with pytest.raises(InputError, match="服务能力"):
        plan_for(capacity=FROM_LIST)


def test_the_standards_band_binds_every_new_site() -> None:
    plan = plan_for(2, within_band=True)
    assert plan["band_rule"] == "load"
    assert all(300 - 1e-6 <= site["load"] <= 400 + 1e-6 for site in plan["sites"])


def test_a_band_that_nobody_can_fill_leaves_no_site() -> None:
    assert places(plan_for(1, band=(900.0, 1000.0))) == []


def test_a_tier_without_a_band_says_how_to_state_one() -> None:
    request = SitingRequest("centre", 1, by="walk", conditions=PlanConditions(within_band=True))
    with pytest.raises(SettingError, match=r"band = \[1000, 5000\]"):
        planned(request)


def test_crossings_are_candidates() -> None:
    # The only street has its two ends, at -50 and at 2050.
    plan = plan_of(SitingRequest("station", 2, by="walk", source=CROSSINGS))
    assert places(plan) == [-50, 2050]


def test_facilities_of_other_kinds_are_candidates_with_their_names() -> None:
    plan = plan_of(SitingRequest("centre", 1, by="walk", source=FACILITIES))
    assert [site["name"] for site in plan["sites"]] == ["东庄村服务站"]


def test_places_in_excluded_areas_are_left_out_and_told(tmp_path: Path) -> None:
    west = tmp_path / "water.geojson"
    ring = [[float(v) for v in at(x).split(",")] for x in (0, 1200)]
    (w, south), (e, _) = ring
    box = [[w, south - 0.01], [e, south - 0.01], [e, south + 0.01], [w, south + 0.01], [w, south - 0.01]]
    west.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        f'{{"type":"Polygon","coordinates":[{box}]}}}}]}}'
    )
    plan = plan_of(replace(listed(tmp_path), exclude=(west, west)))
    assert [site["name"] for site in plan["sites"]] == ["东郊仓库"]
    assert plan["notes"][0]["values"] == {"count": 2, "all": 3}


def test_other_plans_are_nearly_as_good_and_differ() -> None:
    request = SitingRequest("station", 2, by="walk", others=AlternativesRequest(most=3, within=0.2, differ=1))
    plan = plan_of(request)
    assert plan["alternatives"]
    for other in plan["alternatives"]:
        assert other["worse_by"] <= 0.2
        assert other["differs_in"] >= 1
        assert sum(not site["in_best"] for site in other["sites"]) == other["differs_in"]


def test_two_tiers_are_planned_together_and_the_first_serves_as_the_second() -> None:
    plan = plan_of(SitingRequest("centre+hall", 1, by="walk", second_count=1))
    assert [site["tier"] for site in plan["sites"]].count("centre") == 1
    centre = next(site for site in plan["sites"] if site["tier"] == "centre")
    assert centre["also_gained"] > 0
    tiers = {tier["tier"]: tier for tier in plan["tiers"]}
    # One centre at 500 serves 0–1000; another reaches all the others up to 2000 from 1500.
    assert (tiers["centre"]["residents_before"], tiers["centre"]["residents_after"]) == (1100.0, 2100.0)
    assert tiers["hall"]["residents_after"] == 1500.0


def test_two_tiers_need_two_numbers() -> None:
    with pytest.raises(SettingError, match=r"--count 2\+8"):
        planned(SitingRequest("centre+hall", 1, by="walk"))


def both_tiers(
    count: int | None = 1, second: int = 1, goal: str = "most-people", **conditions: object
) -> SitingRequest:
    asked = PlanConditions(**conditions)  # type: ignore[arg-type]
    return SitingRequest("centre+hall", count, goal=goal, by="walk", second_count=second, conditions=asked)


def test_of_two_tiers_a_required_place_gets_one_of_either() -> None:
    plan = plan_of(both_tiers(required=(at(100),)))
    assert 100 in places(plan)
    required = plan["sites"][places(plan).index(100)]
    assert required["required"]
    assert required["deciding"][0]["template"] == "it is required"


def test_of_two_tiers_what_closes_is_missed_under_both_rules() -> None:
    plan = plan_of(both_tiers(close=1))
    assert [row["tier"] for row in plan["closed"]] == ["centre"]
    assert plan["closed"][0]["residents_lost"] == max(part["residents_before"] for part in plan["tiers"])
    assert plan["residents_lost"] == plan["residents_before"]


def test_of_two_tiers_loads_are_kept_and_each_rule_tells_who_is_served() -> None:
    plan = plan_of(both_tiers(capacity=200.0))
    assert all(site["load"] <= 200.0 + 1e-6 for site in plan["sites"])
    served = sum(part["residents_after"] for part in plan["tiers"]) / 2.0
    assert served == pytest.approx(plan["objective"]) == pytest.approx(plan["residents_after"])
    assert any("by itself" in note["template"] for note in plan["notes"])


def test_of_two_tiers_a_budget_says_how_many(tmp_path: Path) -> None:
    request = replace(both_tiers(None, 0, budget=130.0), candidates=land(tmp_path, LAND))
    plan = plan_of(request)
    assert plan["cost"] <= 130.0
    assert plan["sites"]


def test_of_two_tiers_least_walking_tells_the_ways_of_each_rule() -> None:
    plan = plan_of(both_tiers(goal="least-walking"))
    assert plan["counted"] == "resident_metres"
    for part in plan["tiers"]:
        assert part["mean_m_after"] < part["mean_m_before"]
    assert plan["objective"] == pytest.approx(
        sum(part["mean_m_after"] * part["residents"] for part in plan["tiers"]) / 2.0
    )


def test_of_two_tiers_the_curve_and_other_plans_are_told() -> None:
    request = replace(both_tiers(1, 2), others=AlternativesRequest(most=2, within=0.5, differ=1))
    plan = plan_of(request)
    assert [point["sites"] for point in plan["curve_bound"]] == list(range(1, len(plan["sites"]) + 1))
    assert plan["curve_bound"][-1]["best"] == pytest.approx(plan["objective"])
    assert plan["alternatives"]
    assert all(other["differs_in"] >= 1 for other in plan["alternatives"])


def test_of_two_tiers_the_longest_way_alone_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingError, match="the second tier would not count"):
        planned(both_tiers(goal="least-worst"))
