"""What popups say of suggested sites; how numbers are written."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from maps.cards import metres, people, site_cards
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
