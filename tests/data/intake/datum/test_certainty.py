"""Evidence that agrees never lowers certainty; units of unknown origin decide nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.intake.datum.coordinates import decide, named_systems
from data.intake.datum.likelihood import HYPOTHESES, SYSTEM_OF, UNKNOWN, no_evidence
from data.intake.datum.scores import Scores

WORDS = {"wgs84": "WGS84经度", "gcj02": "高德坐标", "bd09": "百度经纬度"}


def scores_of(member, anchor):
    nothing = no_evidence(len(member))
    return Scores(
        np.asarray(member, float)[:, :, None], np.asarray(anchor, float), None, nothing, nothing, nothing
    )


def for_one(system, rows, strength):
    """(rows, hypotheses): every row speaks for one system by `strength` against all others."""
    values = np.zeros((rows, len(HYPOTHESES)))
    values[:, SYSTEM_OF.index(system)] = strength
    return values


@st.composite
def lists(draw):
    rows, system = draw(st.integers(3, 40)), draw(st.sampled_from(sorted(WORDS)))
    seed, spread = draw(st.integers(0, 2**31)), draw(st.floats(0.0, 4.0))
    member = np.random.default_rng(seed).normal(0.0, spread, (rows, len(HYPOTHESES)))
    member += for_one(system, rows, draw(st.floats(0.0, 4.0)))
    more = for_one(system, rows, draw(st.floats(0.01, 5.0)))
    return system, member, more


@settings(max_examples=150, deadline=None)
@given(lists(), st.booleans())
def test_evidence_that_agrees_never_lowers_certainty(case, says_so):
    system, member, more = case
    words = WORDS[system] if says_so else ""
    before = decide(words, scores_of(member, np.zeros_like(member)))
    after = decide(words, scores_of(member, more))
    if before.decided and before.system == system:
        assert after.decided and after.system == system
        assert after.confidence >= before.confidence - 1e-9


@settings(max_examples=150, deadline=None)
@given(lists())
def test_a_list_that_names_its_system_is_not_made_doubtful_by_rows_that_agree(case):
    system, _, more = case
    alone, with_rows = decide(WORDS[system], None), decide(WORDS[system], scores_of(more, 0 * more))
    assert alone.decided and with_rows.decided and with_rows.system == system
    assert with_rows.confidence >= alone.confidence


@settings(max_examples=100, deadline=None)
@given(lists())
def test_saying_what_the_rows_say_never_makes_a_decision_doubtful(case):
    system, member, _ = case
    silent = decide("", scores_of(member, 0 * member))
    if silent.decided and silent.system == system:
        spoken = decide(WORDS[system], scores_of(member, 0 * member))
        assert (spoken.decided, spoken.system) == (True, system)
        assert spoken.confidence >= silent.confidence - 1e-9


@settings(max_examples=100, deadline=None)
@given(lists())
def test_units_whose_system_is_not_known_decide_nothing(case):
    _, _, more = case
    found = decide("", scores_of(more * 10, 0 * more), units_known=False)
    assert (found.decided, found.system) == (False, UNKNOWN)


def test_beside_such_units_the_lists_own_word_and_named_places_still_decide():
    member, anchor = for_one("gcj02", 30, 5.0), for_one("gcj02", 30, 4.0)
    by_word = decide("高德", scores_of(member, 0 * anchor), units_known=False)
    by_places = decide("", scores_of(member, anchor), units_known=False)
    assert (by_word.decided, by_word.system) == (True, "gcj02")
    assert (by_places.decided, by_places.system) == (True, "gcj02")


def test_rows_that_speak_for_another_system_than_the_list_are_asked_about():
    found = decide("WGS84经度", scores_of(for_one("bd09", 30, 5.0), np.zeros((30, len(HYPOTHESES)))))
    assert not found.decided


@pytest.mark.parametrize(
    ("words", "systems"),
    [
        ("百度经度", {"bd09"}),
        ("高德拾取", {"gcj02"}),
        ("GCJ-02", {"gcj02"}),
        ("腾讯地图坐标", {"gcj02"}),
        ("CGCS2000", {"wgs84"}),
        ("国家2000", {"wgs84"}),
        ("GPS坐标", {"wgs84"}),
        ("百度坐标转WGS84", {"wgs84"}),
        ("由GCJ-02转换为国家2000", {"wgs84"}),
        ("非百度坐标，高德坐标", {"gcj02"}),
        ("高德经度 + WGS84经度", {"gcj02", "wgs84"}),
        ("经度", set()),
    ],
)
def test_words_name_systems(words, systems):
    assert set(named_systems(words)) == systems
