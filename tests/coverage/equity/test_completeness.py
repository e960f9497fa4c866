"""Kinds of service by community on the tiny town."""

from __future__ import annotations

import pytest

from coverage.equity.completeness import SEVEN_KINDS, completeness, offers, tier_kinds
from tests.coverage.tiny_town import RADIUS_500, facilities, standard, study

ALL_SEVEN = "就业社保、教育卫生、文化体育、人口计生、居家养老、扶贫济困、综治平安"


def test_a_community_with_all_seven_kinds_is_complete() -> None:
    found = completeness(
        study([("station", 500), ("station", 1500)], services=[ALL_SEVEN, "养老服务；文体活动"])
    )
    # Rows 2 and 3 of the unit table are the communities W (10 cells) and E.
    assert found.unit_rows.tolist() == [2, 3]
    assert found.complete.tolist() == [True, False]
    assert (found.share, found.residents_complete) == (0.5, 1000.0)
    assert found.units_with.tolist() == [1, 1, 2, 1, 2, 1, 1]
    assert [kind.id for kind in found.missing(1)] == ["employment", "education", "family", "relief", "safety"]


def test_kinds_of_several_facilities_in_one_community_add_up() -> None:
    halves = ALL_SEVEN[:14], ALL_SEVEN[15:]
    found = completeness(study([("station", 100), ("centre", 800)], services=list(halves)))
    assert found.complete.tolist() == [True, False]


@pytest.mark.parametrize(
    "listed", ["就业,养老", "就业；养老", "就业/养老", "就业 养老", "社区就业、居家养老服务"]
)
def test_services_are_read_however_they_are_separated(listed: str) -> None:
    offered = offers(facilities([("station", 0)], services=[listed]), SEVEN_KINDS)
    assert offered[0].tolist() == [True, False, False, False, True, False, False]


def test_tiers_are_kinds_where_lists_name_no_services() -> None:
    kinds = tier_kinds(standard(RADIUS_500))
    found = completeness(study([("station", 500), ("centre", 500), ("station", 1500)]), kinds)
    assert found.has.tolist() == [[True, True], [True, False]]


def test_only_communities_of_the_settlement_are_asked() -> None:
    found = completeness(study([("station", 500)], services=[ALL_SEVEN]), settlement="urban")
    assert (found.unit_rows.tolist(), found.share) == ([2], 1.0)


def test_without_units_there_is_no_share() -> None:
    found = completeness(study([("station", 500)], with_units=False, services=[ALL_SEVEN]))
    assert (len(found.unit_rows), found.share) == (0, None)
