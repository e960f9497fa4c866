"""The overview page, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InputError
from tests.ui.conftest import html_of, no_trouble
from ui.shell.compute import cache_folder

OWN_STANDARD = """
id = "ours"
[title]
zh = "本市标准"
en = "Our standard"
[[rule]]
id = "near"
check = "radius"
tier = "station"
settlement = "any"
figure_m = 300
responsible = ["<b>某局</b>"]
[[rule]]
id = "nearer"
check = "radius"
tier = "station"
settlement = "any"
figure_m = 200
"""


def choose_standard(page: AppTest, content: str, name: str = "own.toml") -> AppTest:
    page.sidebar.file_uploader[0].set_value((name, content.encode(), "application/toml"))
    next(b for b in page.sidebar.button if b.label in ("采用此标准", "Use this standard")).click()
    return page.run()


def test_the_first_view_has_figures_table_map_gaps_and_sites(app: AppTest) -> None:
    app.run()
    no_trouble(app)
    shown = html_of(app)
    assert "小城" in shown
    assert "2,100人" in shown
    assert shown.count('<th scope="row">') == 12
    assert "未达标" in shown
    assert "责任单位：市发改委" in shown
    assert len(app.get("iframe")) == 1
    assert [box.value for box in app.subheader] == ["最大的盲区", "选址建议", "导出成果"]


def test_the_map_is_the_exported_file(app: AppTest) -> None:
    app.run()
    kept = [path.read_text("utf-8") for path in cache_folder().rglob("map-zh-internal.html")]
    assert app.get("iframe")[0].proto.srcdoc in kept


def test_the_language_is_switched(app: AppTest) -> None:
    app.run()
    app.segmented_control(key="choose-language").set_value("en").run()
    no_trouble(app)
    assert "Residents not covered or concerned" in html_of(app)
    assert "未覆盖" not in html_of(app)
    assert 'lang="en"' in app.get("iframe")[0].proto.srcdoc
    app.segmented_control(key="choose-language").set_value("zh").run()
    assert "未覆盖" in html_of(app)


def test_another_preset_judges_anew(app: AppTest) -> None:
    app.run()
    app.selectbox(key="choose-standard").set_value("gb50180-2018").run()
    no_trouble(app)
    assert "城市居住区规划设计标准" in html_of(app)
    assert "核实" in html_of(app)


def test_a_standard_without_rules_is_no_trouble(app: AppTest) -> None:
    app.run()
    app.selectbox(key="choose-standard").set_value("nanjing-2023").run()
    no_trouble(app)
    assert "该标准尚无规则" in html_of(app)


def test_an_own_standard_is_taken_in_and_its_words_stay_words(app: AppTest) -> None:
    choose_standard(app.run(), OWN_STANDARD)
    no_trouble(app)
    shown = html_of(app)
    assert "本市标准" in shown
    assert shown.count('<th scope="row">') == 2
    assert "&lt;b&gt;某局&lt;/b&gt;" in shown
    assert "<b>某局" not in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("figure_m = 300", "figure = 300"), ("own", "figure")),
        (('check = "radius"', 'check = "ring"'), ("own", "check")),
        (("[title]", "[title"), ("own",)),
    ],
)
def test_a_wrong_standard_is_refused_with_its_place_and_the_page_goes_on(
    app: AppTest, change: tuple[str, str], said: tuple[str, ...]
) -> None:
    choose_standard(app.run(), OWN_STANDARD.replace(*change))
    assert not app.exception
    assert len(app.error) == 1
    assert all(word in app.error[0].value for word in said)
    assert "南京市基本公共服务圈" in html_of(app)


def test_sites_are_suggested_as_wished(app: AppTest) -> None:
    choose_standard(app.run(), OWN_STANDARD)
    app.number_input[0].set_value(2)
    next(b for b in app.button if b.label == "给出选址建议").click()
    app.run()
    no_trouble(app)
    assert any("2处" in caption.value for caption in app.caption)


def test_the_gaps_of_another_rule_are_listed(app: AppTest) -> None:
    choose_standard(app.run(), OWN_STANDARD)
    before = html_of(app)
    box = app.selectbox(key="choose-gap_rule")
    box.set_value({"near": "nearer", "nearer": "near"}[box.value]).run()
    no_trouble(app)
    assert html_of(app) != before


def test_the_first_sentence_leads_to_ones_own_city(app: AppTest) -> None:
    choose_standard(app.run(), OWN_STANDARD)
    assert 'data-press="to-own-city"' in html_of(app)
    app.button(key="to-own-city").click().run()
    no_trouble(app)
    assert "接入本市数据" in html_of(app)


@pytest.mark.parametrize(("view", "maps", "tables"), [("map", 1, 0), ("table", 0, 1), ("both", 1, 1)])
def test_table_and_map_share_the_page_as_chosen(app: AppTest, view: str, maps: int, tables: int) -> None:
    app.run()
    app.segmented_control(key="choose-view").set_value(view).run()
    no_trouble(app)
    assert len(app.get("iframe")) == maps
    assert html_of(app).count('class="verdicts"') == tables


def test_a_defect_is_told_calmly_with_a_number_and_logged(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("secret inner words")

    app.run()
    monkeypatch.setattr("ui.shell.compute.case_of", break_down)
    app.run()
    assert not app.exception
    (told,) = [error.value for error in app.error]
    assert "secret" not in told
    number = caplog.records[-1].getMessage().split()[-1]
    assert number in told
    assert "secret inner words" in caplog.text


def test_verdicts_and_map_are_shown_before_sites_are_found(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> None:
        raise InputError("There is no place for it.")

    monkeypatch.setattr("jobs.cache.answers.suggest", nowhere)
    choose_standard(app.run(), OWN_STANDARD.replace("300", "310"))
    shown = html_of(app)
    assert shown.count('<th scope="row">') == 2
    assert len(app.get("iframe")) == 1
    (told,) = app.error
    assert "no place for it" in told.value
