from __future__ import annotations

import math

import pytest

from maps.figures import metres, people
from maps.safe_text import Voice


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
