"""The page that checks lists, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.maps.hostile_texts import HOSTILE
from tests.small_city import degrees
from tests.ui.conftest import ShownMaps, html_of, no_trouble
from ui.shell.safe import in_html

CHECK = "ui/check/page.py"
HEAD = "名称,类型,经度,纬度\n"


def line(name: str, x: float) -> str:
    lon, lat = degrees(x)
    return f'"{name.replace(chr(34), chr(34) * 2)}",公共服务站,{lon},{lat}\n'


def upload(page: AppTest, content: str, name: str = "清单.csv") -> AppTest:
    """The check page after an upload."""
    page.run()
    page.switch_page(CHECK).run()
    page.file_uploader(key="lists").set_value((name, content.encode("utf-8-sig"), "text/csv"))
    return page.run()


def step(page: AppTest, name: str) -> AppTest:
    """The page with one of its steps opened."""
    return page.segmented_control(key="check-step").set_value(name).run()


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return page.run()


def show_result(page: AppTest) -> AppTest:
    return press(page, "用此清单查看结果")


def test_the_page_says_what_a_list_should_hold(app: AppTest) -> None:
    app.run()
    app.switch_page(CHECK).run()
    no_trouble(app)
    assert "经度 + 纬度" in html_of(app)


def test_a_good_list_is_accepted_and_its_result_shown(app: AppTest) -> None:
    before = app.run()
    assert "采用您的清单" not in html_of(before)
    upload(app, HEAD + line("甲社区服务站", 300) + line("乙社区服务站", 1200))
    no_trouble(app)
    step(app, "accepted")
    assert app.dataframe[0].value["名称"].tolist() == ["甲社区服务站", "乙社区服务站"]
    show_result(app)
    no_trouble(app)
    assert "采用您的清单：清单.csv" in html_of(app)
    assert "甲社区服务站" in app.get("iframe")[0].proto.srcdoc
    assert "西苑社区服务站" not in app.get("iframe")[0].proto.srcdoc


def test_a_list_can_be_laid_beside_the_citys_own_and_taken_away_again(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    app.radio(key="in-addition").set_value("beside")
    show_result(app)
    no_trouble(app)
    assert "甲社区服务站" in app.get("iframe")[0].proto.srcdoc
    assert "西苑社区服务站" in app.get("iframe")[0].proto.srcdoc
    app.switch_page("ui/overview/page.py").run()
    next(b for b in app.sidebar.button if b.label == "返回本市原有清单").click()
    app.run()
    assert "甲社区服务站" not in app.get("iframe")[0].proto.srcdoc


def test_a_row_that_cannot_be_used_goes_back_with_its_place(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300) + "乙社区服务站,公共服务站,abc,32\n")
    step(app, "findings")
    no_trouble(app)
    shown = html_of(app)
    assert "“abc”" in shown
    assert '<td class="number">3</td>' in shown
    assert "需修改" in shown


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空.csv", ""),
        ("无表.csv", "今天天气很好\n"),
        ("坏.xlsx", "PK\x03\x04 not a workbook"),
        ("假.gpkg", "<OGRVRTDataSource/>"),
    ],
)
def test_a_list_that_is_none_gets_a_clear_message(app: AppTest, name: str, content: str) -> None:
    upload(app, content, name)
    assert not app.exception
    assert "需修改" in html_of(app)
    assert name in html_of(app)
    assert next(b for b in app.button if b.label == "用此清单查看结果").disabled


def test_an_undecided_coordinate_system_is_shown_side_by_side_and_chosen(
    app: AppTest, shown_maps: ShownMaps
) -> None:
    upload(app, HEAD + line("甲社区服务站", 300) + line("乙社区服务站", 1200))
    assert any("坐标系" in warning.value for warning in app.warning)
    assert set(shown_maps.data) == {"system-wgs84", "system-gcj02", "system-bd09"}
    moved = shown_maps.data["system-gcj02"]["picture"]["points"][0]["lon"][0]
    assert degrees(300)[0] - moved == pytest.approx(0.0052, abs=0.0003)
    assert "米</li>" in html_of(app)
    app.button(key="choose-system-gcj02").click().run()
    no_trouble(app)
    assert not [w for w in app.warning if "坐标系" in w.value]
    assert any("GCJ" in success.value for success in app.success)
    assert app.selectbox(key="datum").value == "gcj02"
    step(app, "accepted")
    assert app.dataframe[0].value["经度"].iloc[0] == pytest.approx(moved, abs=1e-5)
    step(app, "record")
    assert "读作GCJ-02" in html_of(app)


def test_a_system_chosen_for_one_list_is_not_put_on_the_next(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    app.button(key="choose-system-bd09").click().run()
    app.file_uploader(key="lists").set_value(
        ("另一清单.csv", (HEAD + line("乙社区服务站", 900)).encode(), "text/csv")
    )
    app.run()
    assert app.selectbox(key="datum").value == "auto"


def test_hostile_names_of_facilities_are_words(app: AppTest) -> None:
    rows = "".join(line(f"{name}社区服务站", 100.0 * number) for number, name in enumerate(HOSTILE))
    upload(app, HEAD + rows)
    for name in ("system", "columns", "findings", "accepted", "record"):
        _runs_nothing(step(app, name))
    show_result(app)
    _runs_nothing(app)


@pytest.mark.parametrize("name", HOSTILE[2:8])
def test_hostile_names_of_files_are_words(app: AppTest, name: str) -> None:
    upload(app, HEAD + "甲社区服务站,公共服务站,abc,1\n", f"{name}.csv")
    _runs_nothing(app)
    assert in_html(f"{name}.csv") in html_of(app)


def _runs_nothing(page: AppTest) -> None:
    assert not page.exception
    for markup in ("<script>window", "<img src=x", "<svg onload"):
        assert markup not in html_of(page)


def test_a_list_elsewhere_is_warned_of(app: AppTest) -> None:
    upload(app, HEAD + "某社区服务站,公共服务站,116.397128,39.916527\n")
    app.checkbox(key="against-units").uncheck().run()
    assert any("均不在小城范围内" in warning.value for warning in app.warning)
