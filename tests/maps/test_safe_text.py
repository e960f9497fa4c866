from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import Bilingual, text
from maps.safe_text import Voice, safe
from tests.maps.hostile_texts import HOSTILE

DANGEROUS = set("<>\"'{}$\\`\n\r\u2028\u2029\x00")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_keeps_no_character_that_starts_anything(hostile: str) -> None:
    assert not DANGEROUS & set(safe(hostile))


@given(st.text())
def test_whatever_goes_in_a_reader_sees_it_and_nothing_else(words: str) -> None:
    made = safe(words)
    assert not DANGEROUS & set(made)
    shown = words.translate(dict.fromkeys((*range(32), 127, 8232, 8233), " "))
    assert html.unescape(made) == shown


def test_ordinary_names_stay_as_they_are() -> None:
    assert safe("玄武门街道便民服务中心（东）") == "玄武门街道便民服务中心（东）"


def test_a_voice_says_sentences_in_its_language_and_users_words_as_written() -> None:
    voice = Voice.of("zh")
    assert voice(text("Streets")) == "道路"
    assert voice("Streets") == "Streets"
    assert voice(Bilingual("甲", "A")) == "甲"


def test_a_users_word_inside_a_sentence_is_safe_too() -> None:
    said = Voice.of("en")(text("Borders: {level}", level="<b>{{7*7}}</b>"))
    assert said == "Borders: &lt;b&gt;&#123;&#123;7*7&#125;&#125;&lt;/b&gt;"
