"""An office's page without a browser: from what is asked to a list that was mended and sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.store import Store, open_store
from data.store.records import submissions
from jobs.collect.cities import NewCity, add_city
from jobs.collect.review import Decision, open_round, review
from jobs.collect.words import remark_at
from jobs.desk.check import rows_to_mend
from jobs.desk.mend import mendable
from tests.small_city import degrees, write_small_city
from tests.ui.conftest import ShownMaps, html_of, no_trouble

PAGE = "ui/office/page.py"
HEAD = "名称,类型,经度,纬度\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with the small city and a round that asks its offices; the page is opened on its computer."""
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("ui.shell.who.is_this_computer", lambda: True)
    made = open_store(tmp_path / "store", make=True)
    add_city(made, NewCity("小城", write_small_city(tmp_path / "in"), "community"))
    open_round(made, "一季度", city="小城", due="2099-03-31")
    return made


def click(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return page.run()


def section(page: AppTest, key: str) -> AppTest:
    page.session_state["desk-section"] = key
    return page.run()


def edit(page: AppTest, row: int, cells: dict[str, str]) -> None:
    """Type into the editor, as the browser reports it."""
    done = page.session_state["check-now"]
    (table,) = mendable(done.report.intake, done.lists.paths)
    rows = [at for at in table.rows if (table.file, table.sheet, at) in rows_to_mend(done.report)]
    rows = rows or [row]  # one that was only remarked
    key = f"desk-rows-{done.lists.paths}-{table.file}-{table.sheet}-{hash(tuple(rows))}"
    said = {"edited_rows": {rows.index(row): cells}, "added_rows": [], "deleted_rows": []}
    page.session_state[key] = said


def bad_list() -> bytes:
    """Five good stations, and one whose longitude and latitude are exchanged."""
    rows = [
        f"好{k}社区服务站,公共服务站,{degrees(100.0 * k)[0]},{degrees(100.0 * k)[1]}\n" for k in range(1, 6)
    ]
    lon, lat = degrees(900)
    return (HEAD + "".join(rows) + f"甲社区服务站,公共服务站,{lat},{lon}\n").encode("utf-8-sig")


def test_a_bad_list_is_mended_row_by_row_sent_returned_and_settled(
    app: AppTest, kept: Store, shown_maps: ShownMaps
) -> None:
    app.run()
    app.switch_page(PAGE).run()
    no_trouble(app)
    assert app.selectbox(key="desk-office").value == "西苑社区"
    assert "一季度" in html_of(app) and "未开始" in html_of(app)
    section(app, "list")
    no_trouble(app)
    (shown,) = (data for key, data in shown_maps.data.items() if key.startswith("desk-map-"))
    assert len(shown["picture"]["points"]) == 1 and shown["picture"]["areas"]
    section(app, "send")
    box = next(one for one in app.file_uploader if str(one.key).startswith("desk-lists"))
    box.set_value(("清单.csv", bad_list(), "text/csv"))
    app.run()
    no_trouble(app)
    lon, lat = degrees(900)
    edit(app, 7, {"经度": str(lon), "纬度": str(lat)})
    app.run()
    click(app, "写入清单并重新核验")
    no_trouble(app)
    click(app, "报送规划部门")
    no_trouble(app)
    assert "已报送" in app.success[0].value
    with kept.read() as connection:
        (sent,) = submissions(connection)
    assert (sent.state, sent.round, sent.accepted) == ("sent", "一季度", 6)
    review(kept, sent.id, Decision(False, "请核实名称", (remark_at("2=名称有误"),)))
    section(app, "asked")
    no_trouble(app)
    assert "请核实名称" in app.text[0].value and "名称有误" in html_of(app)
    section(app, "history")
    no_trouble(app)
    assert html_of(app).count("已退回") >= 1
    click(app, "生成含全部核验结果和意见的工作簿")
    no_trouble(app)
    # The same file would be read as it is; the returned list shows the row that was remarked.
    assert app.session_state["desk-mended"] == {}
    section(app, "send")
    click(app, next(one.label for one in app.button if one.label.startswith("继续处理")))
    no_trouble(app)
    assert "名称有误" in html_of(app)
    assert "在此逐行修改（1行待修改）" in [one.label for one in app.expander]
    # What was remarked on a row is answered once the row is changed.
    edit(app, 2, {"名称": "西苑二号服务站"})
    app.run()
    click(app, "写入清单并重新核验")
    no_trouble(app)
    assert "在此逐行修改（0行待修改）" in [one.label for one in app.expander]


def test_a_draft_is_gone_on_with_from_the_store(app: AppTest, kept: Store) -> None:
    app.run()
    app.switch_page(PAGE).run()
    section(app, "send")
    click(app, "以现有清单为底稿")
    no_trouble(app)
    click(app, "存为草稿")
    no_trouble(app)
    assert "尚未报送" in app.success[0].value
    with kept.read() as connection:
        (draft,) = submissions(connection)
    assert (draft.state, draft.accepted) == ("draft", 2)
    # Another session finds it, and goes on.
    other = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=90)
    other.run()
    other.switch_page(PAGE).run()
    section(other, "send")
    click(other, next(one.label for one in other.button if one.label.startswith("继续处理")))
    no_trouble(other)
    click(other, "报送规划部门")
    no_trouble(other)
    with kept.read() as connection:
        (sent,) = submissions(connection)
    assert (sent.id, sent.state, sent.version) == (draft.id, "sent", 2)
