"""A changed standard reads back as it was judged."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from coverage.model.edits import Scenario, SetFigure, SetSpeed
from coverage.model.standard_edits import as_own, with_figure, with_speed
from coverage.scenario.apply import apply
from data.parse_standard import parse_standard
from data.standards import open_standard
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
    read = parse_standard(changed.toml, source="x")
    assert read.rules == changed.rules
    assert read.rule(rule) != published.rule(rule)


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
    assert "计入的设施：公共服务站，公共服务中心→公共服务站" in said
    assert "指标：500→600" in said and "适用居民：城镇→全部" in said
    assert not re.search("[a-z]", said) and own.document == ""
