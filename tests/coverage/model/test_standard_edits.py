"""A changed standard reads back as it was judged."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from coverage.model.edits import Scenario, SetFigure, SetSpeed
from coverage.model.standard import Check, Evidence, Rule, SizeClass, Standard
from coverage.model.standard_edits import as_own, with_figure, with_speed
from coverage.scenario.apply import apply
from data.parse_standard import parse_standard
from data.standards import open_standard, own_standard, preset_ids
from locales import translator
from tests.coverage.tiny_town import CRS, study


@pytest.mark.parametrize(
    ("rule", "edit"),
    [
        ("station-radius", SetFigure("station-radius", figure=600.0)),
        ("circle-walk-15", SetFigure("circle-walk-15", figure=12.5)),
        ("rural-centre-load", SetFigure("rural-centre-load", band=(500.0, 4000.0))),
        ("grid-full-coverage", SetFigure("grid-full-coverage", figure=0.9)),
        ("elderly-beds", SetFigure("elderly-beds", figure=35.0)),
    ],
)
def test_another_figure_is_in_the_text_too(rule: str, edit: SetFigure) -> None:
    published = open_standard("nanjing-2011")
    changed = apply(Scenario("x", CRS, (edit,)), study([("station", 500)]), published).standard
    read = own_standard(parse_standard(changed.toml, source="x"))
    assert read.rules == changed.rules
    assert read.rule(rule) != published.rule(rule)
    # What was read in the document is its own figure, not this one.
    assert (read.rule(rule).evidence, read.rule(rule).source) == (None, "")


def test_another_speed_is_in_the_text_too() -> None:
    changed = apply(
        Scenario("x", CRS, (SetSpeed(4.0),)), study([("station", 500)]), open_standard("nanjing-2011")
    ).standard
    assert parse_standard(changed.toml, source="x").walking == changed.walking


@pytest.mark.parametrize(
    "toml",
    ['id = "a"\nstatus = "template"\n', 'id = "a"\nstatus = "template"\n[walking]\nsnap_limit_m = 300\n'],
)
def test_a_speed_is_added_where_none_is_stated(toml: str) -> None:
    assert parse_standard(with_speed(toml, 4.0), source="x").walking.speed_kmh == 4.0


def test_a_rule_that_is_not_there_changes_nothing() -> None:
    path = Path(__file__).parents[3] / "coverage" / "standards" / "nanjing-2011.toml"
    text = path.read_text("utf-8")
    assert with_figure(text, "nothing", 1.0) == text


def test_differences_are_said_in_words_and_no_document_is_named_for_them() -> None:
    base = open_standard("nanjing-2011")
    rule = replace(base.rules[1], serves=("station",), figure=600.0, settlement="any")
    own = as_own(replace(base, rules=(base.rules[0], rule, *base.rules[2:])), base)
    said = " / ".join(translator("zh")(one) for one in own.differences)
    assert "计入的设施：公共服务站、公共服务中心→公共服务站" in said
    assert "指标：≤500米→≤600米" in said and "适用居民：城镇→全部" in said
    assert not re.search("[a-z]", said) and own.document == ""


OTHER = {
    "check": Check.WALK, "tier": "any", "serves": ("station",), "settlement": "rural", "figure": 1.5,
    "band": (1.0, 2.0), "tolerance": 0.1, "unit": "street", "group": "children", "within": ("centre-radius",),
    "in_metres": True, "speed_kmh": 3.0, "least_m2": 5.0, "least_functions": 2, "household_size": 3.0,
    "denominator": "compounds", "basis": "wholly", "classes": (SizeClass(1.0, 2.0),), "clause": "9",
    "wording": "w", "evidence": Evidence.PRESS, "source": "s", "responsible": ("r",),
}  # fmt: skip
NOT_ALONE = {"band": {"check": Check.LOAD}, "in_metres": {"check": Check.WALK}}


@pytest.mark.parametrize("name", [one.name for one in fields(Rule) if one.name not in ("id", "basis_share")])
def test_no_edit_of_a_rule_goes_unsaid(name: str) -> None:
    whole = open_standard("nanjing-2011")
    rule = replace(whole.rules[0], **NOT_ALONE.get(name, {}))
    base = replace(whole, rules=(rule, *whole.rules[1:]))
    edited = as_own(replace(whole, rules=(replace(rule, **{name: OTHER[name]}), *whole.rules[1:])), base)
    assert 1 <= len(edited.differences) <= 2 and edited.title.zh.startswith("自有标准（改自南京市")
    assert not re.search("[a-z_]{2}", "".join(translator("zh")(one) for one in edited.differences))


def _of_text(preset: str, old: str, new: str) -> Standard:
    path = Path(__file__).parents[3] / "coverage" / "standards" / f"{preset}.toml"
    whole = path.read_text("utf-8")
    assert old in whole
    return own_standard(parse_standard(whole.replace(old, new), source="x"))


@pytest.mark.parametrize(
    ("preset", "old", "new", "said"),
    [
        ("complete-community-2020", "figure_m = 500", "figure_m = 700", "步行≤500米→"),
        ("complete-community-2020", "least_m2 = 800", "least_m2 = 80", "≥800平方米→社区内≥80平方米"),
        ("nanjing-2011", 'zh = "公共服务站"', 'zh = "驿站"', "“公共服务站”的名称：公共服务站→驿站"),
        ("nanjing-2011", '"in_force"', '"superseded"', "状态：现行→已废止"),
        ("nanjing-2011", "52号", "53号", "文件：宁委办发〔2011〕52号→宁委办发〔2011〕53号"),
        ("nanjing-2011", "figure_min = 10", "figure_m = 800", "指标：≤10分钟→≤800米"),
        ("nanjing-2011", "meets_share = 1.0", "meets_share = 0.95", "达标线：100%→95%"),
        ("nanjing-2011", "南京市基本公共服务圈(2011)", "南京市基本公共服务圈 （2011）", ""),
    ],
)  # fmt: skip
def test_an_edited_text_says_what_was_edited(preset: str, old: str, new: str, said: str) -> None:
    edited = _of_text(preset, old, new)
    found = " / ".join(translator("zh")(one) for one in edited.differences)
    assert said in found
    assert edited.title.zh.startswith("自有标准") == bool(said)


def test_rules_of_a_document_under_another_name_are_compared_with_it() -> None:
    """Its id and titles are the user's; the figures say they are the document's, and one is not."""
    whole = (Path(__file__).parents[3] / "coverage/standards/nanjing-2011.toml").read_text("utf-8")
    renamed = re.sub('(?m)^(id|zh|en) = "(nanjing|南京|Nanjing).*"', r'\1 = "own"', whole)
    edited = own_standard(parse_standard(renamed.replace("figure_m = 500", "figure_m = 900"), source="x"))
    assert edited.title.zh == "自有标准（改自南京市基本公共服务圈(2011)，1处不同）"
    assert edited.rule("station-radius").evidence is None
    assert edited.rule("centre-radius").evidence is Evidence.PRIMARY


def test_no_two_presets_share_a_title() -> None:
    titles = [open_standard(one).title for one in preset_ids()]
    assert len({title.zh for title in titles}) == len({title.en for title in titles}) == len(titles)
