"""The page that collects lists, without a browser: from keeping a city to an accepted list."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.store import Store, open_store
from data.store.check import check_store
from data.store.records import cities, current_lists, remarks, submissions
from tests.small_city import degrees
from tests.ui.conftest import html_of, no_trouble

PAGE = "ui/collect/page.py"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("ui.shell.who.is_this_computer", lambda: True)
    return tmp_path / "store"


def click(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return page.run()


def opened(page: AppTest) -> AppTest:
    page.run()
    return page.switch_page(PAGE).run()


def section(page: AppTest, key: str) -> AppTest:
    page.session_state["collect-section"] = key
    return page.run()


def list_of(*xs: float) -> bytes:
    body = "".join(f"站{x:.0f},公共服务站,{degrees(x)[0]},{degrees(x)[1]}\n" for x in xs)
    return f"名称,类型,经度,纬度\n{body}".encode("utf-8-sig")


def test_a_list_is_sent_seen_in_its_consequences_accepted_and_taken_back(app: AppTest, place: Path) -> None:
    opened(app)
    app.selectbox(key="collect-level").set_value("community")
    click(app, "存入此城市")
    no_trouble(app)
    assert "西苑社区" in html_of(app) and "东庄村" in html_of(app)
    app.selectbox(key="collect-office").set_value("西苑社区")
    app.run()
    uploader = next(box for box in app.main.file_uploader if box.key == "collect-lists")
    uploader.set_value(("清单.csv", list_of(500, 900), "text/csv"))
    app.run()
    click(app, "核验并报送")
    no_trouble(app)
    assert "已报送" in app.success[0].value
    section(app, "review")
    no_trouble(app)
    assert "新增2处，减少2处" in html_of(app) or "新增1处，减少1处" in html_of(app)
    assert "请先核对" in html_of(app)  # 站500 was recognised by its place alone
    left = next(box for box in app.multiselect if box.label == "以下设施保持原状")
    left.set_value([option for option in left.options if "减少" in option or "南街道" in option])
    click(app, "重新计算")
    no_trouble(app)
    app.text_input(key="collect-remark").set_value("同意")
    app.text_area(key="collect-cells").set_value("2=请补床位数")
    click(app, "采纳")
    no_trouble(app)
    assert "已采纳：西苑社区" in app.success[0].value
    with open_store(place).read() as connection:
        (city,) = cities(connection)
        (one,) = submissions(connection)
        assert current_lists(connection, city)[one.office_id].facilities == 3  # the centre stayed
        assert [(said.row, said.said) for said in remarks(connection, one.id)] == [(2, "请补床位数")]
    section(app, "history")
    app.selectbox(key="collect-version").set_value(("西苑社区", 1))
    click(app, "恢复此版本")
    no_trouble(app)
    assert "恢复第1版" in html_of(app)
    assert check_store(open_store(place)) == ()


def test_a_round_shows_who_has_not_answered_and_long_work_is_asked_for_and_taken_back(
    app: AppTest, place: Path
) -> None:
    opened(app)
    app.selectbox(key="collect-level").set_value("community")
    click(app, "存入此城市")
    next(box for box in app.text_input if box.label == "批次名称").set_value("一季度")
    click(app, "请各单位报送")
    no_trouble(app)
    assert html_of(app).count("未开始") == 2
    section(app, "results")
    click(app, "按现有清单测算全市")
    no_trouble(app)
    assert "等待处理" in html_of(app)
    click(app, "撤回")
    assert "已撤回" in html_of(app) and "等待处理" not in html_of(app)


def test_the_demo_city_is_taken_in_when_it_is_first_chosen(
    app: AppTest, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.collect.cities import NewCity, add_city
    from tests.small_city import write_small_city

    def small(store: Store, name: str, **_: object) -> None:
        add_city(store, NewCity(name, write_small_city(place.parent / "in"), "community"))

    monkeypatch.setattr("ui.collect.kept.require_demo", small)
    open_store(place, make=True)
    opened(app)
    no_trouble(app)
    assert app.selectbox(key="collect-city").value == "云川市" and "西苑社区" in html_of(app)


def test_the_page_is_for_the_computer_that_runs_it(
    app: AppTest, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.shell.who.is_this_computer", lambda: False)
    opened(app)
    no_trouble(app)
    assert "未启用登录" in app.info[0].value
    assert not place.exists()
