"""What popups say of suggested sites; how numbers are written."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from maps.cards import common_terms, gap_cards, metres, people, site_cards
from maps.safe_text import Voice

SITE = {"rank": 1, "lon": 118.8, "lat": 32.1, "residents_gained": 0.0, "unit": "锁金村"}


def card(**more: object) -> str:
    return site_cards(Voice.of("en"), pd.DataFrame([SITE | more]))[0]


def test_a_site_that_shortens_ways_tells_them_instead_of_a_gain_of_nobody() -> None:
    said = card(residents_nearer=1234.0, saved_m=360.4)
    assert "<dt>Shorter way for</dt><dd>1,234" in said
    assert "<dt>saving on average</dt><dd>360 m</dd>" in said
    assert "Residents gained" not in said


@pytest.mark.parametrize("more", [{}, {"residents_nearer": float("nan"), "saved_m": None}])
def test_a_site_of_another_goal_tells_its_gain_even_where_it_is_nobody(more: dict[str, object]) -> None:
    said = card(**more)
    assert "<dt>Residents gained</dt><dd>0" in said
    assert "Shorter way" not in said


@pytest.mark.parametrize(
    ("language", "residents", "said"),
    [
        ("en", 12_345.4, "12,345"),
        ("zh", 9_999.4, "9,999"),
        ("zh", 12_345.0, '<span title="12,345">1.23万</span>'),
        ("zh", 0.0, "0"),
    ],
)
def test_residents_are_written_as_the_language_does(language: str, residents: float, said: str) -> None:
    assert people(Voice.of(language), residents) == said


def test_a_distance_without_end_is_said_in_words() -> None:
    assert Voice.of("en")(metres(math.inf)) == "cannot be reached"
    assert Voice.of("en")(metres(1234.4)) == "1,234 m"


def test_a_gap_names_its_rule_and_says_that_its_place_is_not_the_whole_of_it() -> None:
    gap = {"rank": 3, "residents": 500.0, "unit": "锁金村", "units_touched": 4, "nearest_m": 700.0,
           "units": [{"unit": "锁金村", "share": 0.3}], "site_residents": 200.0}  # fmt: skip
    said = gap_cards(Voice.of("en"), pd.DataFrame([gap]), "Within 500 m")[0]
    assert "<dt>By the rule</dt><dd>Within 500 m" in said
    assert "<dt>Where</dt><dd>锁金村 (most residents) and 3 more units</dd>" in said
    assert "Best point found in the gap: one facility here would serve</dt><dd>200" in said


def test_a_site_names_its_kind_its_rule_and_how_the_nearest_is_measured() -> None:
    more = {"tier_title": "station", "rule_title": "Within 500 m", "nearest": "锁金站", "nearest_m": 812.0}
    assert "<dt>Nearest existing, straight</dt><dd>锁金站, 812 m</dd>" in card(**more, by="radius")
    said = card(**more, by="walk")
    assert "<dt>Nearest existing, on foot</dt>" in said
    assert "<dt>Kind</dt><dd>station</dd><dt>By the rule</dt><dd>Within 500 m</dd>" in said


def test_terms_that_cards_share_are_written_once_and_nothing_else_changes() -> None:
    sites = pd.DataFrame([SITE | {"name": "$0; {{1}}"}, SITE | {"rank": 2}])
    cards = site_cards(Voice.of("zh"), sites)
    short, terms = common_terms(cards)
    assert [re.sub(r"\$(\d+);", lambda found: terms[int(found[1])], card) for card in short] == cards
    assert len(set(terms)) == len(terms)
    assert sum(map(len, short)) < sum(map(len, cards)) / 2
