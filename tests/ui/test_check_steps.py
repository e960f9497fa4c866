"""What is decided on after a check: columns, places, facilities listed twice, parts, without a browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from geo.datum import convert
from tests.small_city import degrees
from tests.ui.conftest import ShownMaps, html_of, no_trouble
from tests.ui.test_check import CHECK, HEAD, line, press, show_result, step, upload
from ui.check.parts import runs

ADDRESSED = "名称,类型,社区,地址,经度,纬度\n"
LOST = "丙社区服务站,公共服务站,西苑社区,西苑路8号,,\n"


def report_of(page: AppTest) -> Any:
    return page.session_state["check-now"].report


def accepted(page: AppTest) -> pd.DataFrame:
    """The accepted rows as the file that is taken away has them."""
    return pd.read_csv(report_of(page).folder / "accepted.csv", encoding="utf-8-sig")


def editor(page: AppTest) -> pd.DataFrame:
    """The table that can be edited, as it was given to the browser."""
    return page.dataframe[0].value


def editor_key(page: AppTest) -> str:
    """The key that the table's changes are kept under."""
    lists = page.session_state["check-now"].lists
    if page.session_state["check-step"] == "columns":
        return f"columns-0-{lists.paths}-{lists.columns}"
    return f"parts-{lists.paths}-{lists.parts}"


def edit(page: AppTest, row: int, column: str, value: str) -> None:
    """Type into the table that can be edited; only the next run sees it."""
    changed = {"edited_rows": {row: {column: value}}, "added_rows": [], "deleted_rows": []}
    page.session_state[editor_key(page)] = changed


def addressed(name: str, x: float, community: str = "西苑社区") -> str:
    lon, lat = degrees(x)
    return f"{name},公共服务站,{community},,{lon},{lat}\n"


def test_columns_are_shown_with_what_they_were_taken_for_and_why(app: AppTest) -> None:
    upload(
        app,
        "设施名称,类型,建成日期说明,经度,纬度,电话\n"
        + f"甲站,公共服务站,很早,{degrees(300)[0]},{degrees(300)[1]},13800000000\n",
    )
    step(app, "columns")
    no_trouble(app)
    table = editor(app).set_index("title")
    assert table.loc["设施名称", "field"] == "name"
    assert table.loc["设施名称", "examples"] == "甲站"
    assert table.loc["设施名称", "sure"] == "确定：列标题相符"
    assert table.loc["电话", "sure"] == "有意不读取"
    assert "13800000000" not in str(table)


def test_a_changed_column_is_read_anew_and_remembered_for_the_office(app: AppTest) -> None:
    app.run()
    app.switch_page(CHECK).run()
    app.text_input(key="office").set_value("南街道办").run()
    content = "名称,现名,类型,经度,纬度\n" + line("旧名站", 300).replace(
        "公共服务站", "新名社区服务站,公共服务站"
    )
    app.file_uploader(key="lists").set_value(("一月.csv", content.encode(), "text/csv")).run()
    step(app, "columns")
    names = editor(app)["title"].tolist()
    title = editor(app)["field"].iloc[0]
    unused = next(f for f in editor(app)["field"] if names[list(editor(app)["field"]).index(f)] == "现名")
    changed = {0: {"field": unused}, 1: {"field": title}}
    app.session_state[editor_key(app)] = {"edited_rows": changed, "added_rows": [], "deleted_rows": []}
    press(app, "正确，采用")
    no_trouble(app)
    assert accepted(app)["name"].tolist() == ["新名社区服务站"]
    assert editor(app)["sure"].iloc[1] == "您已确认"
    later = content.replace("新名", "更新").encode()
    app.file_uploader(key="lists").set_value(("二月.csv", later, "text/csv")).run()
    app.session_state["columns-of-offices"] = {}  # as a new session would begin
    app.run()
    assert accepted(app)["name"].tolist() == ["更新社区服务站"]


def test_two_columns_cannot_be_the_same_thing(app: AppTest) -> None:
    upload(app, "名称,现名,类型,经度,纬度\n" + line("甲站", 300).replace("公共服务站", "乙站,公共服务站"))
    step(app, "columns")
    edit(app, 1, "field", editor(app)["field"].iloc[0])
    app.run()
    assert any("不能同时" in warning.value for warning in app.warning)
    assert next(button for button in app.button if button.label == "正确，采用").disabled


def test_a_facility_is_placed_by_a_click_and_taken_back(app: AppTest, shown_maps: ShownMaps) -> None:
    upload(app, ADDRESSED + addressed("甲社区服务站", 300) + LOST)
    step(app, "places")
    no_trouble(app)
    (key,) = (name for name in shown_maps.data if name.startswith("place-"))
    assert shown_maps.data[key]["click"]
    assert shown_maps.data[key]["picture"]["areas"], "the declared unit is outlined"
    assert "西苑路8号" in app.code[0].value
    shown_maps.clicks[key] = degrees(500)
    app.run()
    assert accepted(app)["name"].tolist() == ["甲社区服务站"]
    press(app, "定位于此")
    no_trouble(app)
    rows = accepted(app).set_index("name")
    assert rows.loc["丙社区服务站", "located_by"] == "hand"
    assert rows.loc["丙社区服务站", "lon"] == pytest.approx(degrees(500)[0], abs=1e-6)
    press(app, "撤销定位")
    assert accepted(app)["name"].tolist() == ["甲社区服务站"]


def test_a_placing_is_remembered_when_the_list_comes_again(app: AppTest, shown_maps: ShownMaps) -> None:
    upload(app, ADDRESSED + LOST)
    step(app, "places")
    app.text_input(key=f"spot-{report_of(app).to_locate()[0].row_id}").set_value("118.95, 32.07").run()
    press(app, "定位于此")
    again = (ADDRESSED + addressed("甲社区服务站", 300) + LOST).encode()
    app.file_uploader(key="lists").set_value(("又一次.csv", again, "text/csv")).run()
    assert sorted(accepted(app)["name"]) == ["丙社区服务站", "甲社区服务站"]


def test_coordinates_looked_up_in_amap_are_converted(app: AppTest) -> None:
    upload(app, ADDRESSED + LOST)
    step(app, "places")
    row = report_of(app).to_locate()[0].row_id
    lon, lat = degrees(500)
    amap = convert(lon, lat, "wgs84", "gcj02")
    app.text_input(key=f"spot-{row}").set_value(f"{amap[0][0]},{amap[1][0]}")
    app.selectbox(key=f"spot-system-{row}").set_value("gcj02").run()
    press(app, "定位于此")
    assert accepted(app)["lon"].iloc[0] == pytest.approx(lon, abs=1e-6)


def test_proposals_are_accepted_with_one_click_and_all_of_a_kind_at_once(app: AppTest) -> None:
    swapped = [
        f"{name}社区服务站,公共服务站,{degrees(x)[1]:.6f},{degrees(x)[0]:.6f}\n" for name, x in SWAPPED
    ]
    slips = f"癸社区服务站,公共服务站,{degrees(250)[0]:.6f}/l,{degrees(250)[1]:.6f}\n".replace("/l", "/")
    good = "".join(line(f"好{k}社区服务站", 300.0 + 200 * k) for k in range(5))
    upload(app, HEAD + good + "".join(swapped) + slips)
    assert len(accepted(app)) == 5
    press(app, "采纳建议：经纬度颠倒（3行）")
    no_trouble(app)
    kept = accepted(app).set_index("name")
    assert len(kept) == 8
    for name, x in SWAPPED:
        assert kept.loc[f"{name}社区服务站", ["lon", "lat"]].tolist() == pytest.approx(degrees(x), abs=1e-5)
        assert kept.loc[f"{name}社区服务站", "located_by"] == "proposal"
    step(app, "places")
    press(app, "采纳建议")
    no_trouble(app)
    assert len(accepted(app)) == 9
    assert not [button.label for button in app.button if button.label.startswith("采纳建议")]
    step(app, "record")
    assert html_of(app).count("您，按核验建议") == 4


SWAPPED = (("庚", 320.0), ("辛", 640.0), ("壬", 960.0))


def test_words_that_are_no_coordinates_place_nothing(app: AppTest) -> None:
    upload(app, ADDRESSED + LOST)
    step(app, "places")
    row = report_of(app).to_locate()[0].row_id
    app.text_input(key=f"spot-{row}").set_value("西苑路").run()
    assert any("无法识别为坐标" in warning.value for warning in app.warning)
    assert next(button for button in app.button if button.label == "定位于此").disabled


def test_facilities_listed_twice_are_merged_and_the_decision_taken_back(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300) + line("甲社区服务站", 330))
    assert len(accepted(app)) == 2
    step(app, "twice")
    assert "相距30米" in html_of(app)
    group = report_of(app).groups()[0].id
    app.segmented_control(key=f"group-{group}").set_value("merge").run()
    no_trouble(app)
    assert len(accepted(app)) == 1
    step(app, "record")
    assert '<td class="short">合并</td>' in html_of(app)
    assert b"\xe5\x90\x88\xe5\xb9\xb6" in (report_of(app).folder / "decided.csv").read_bytes()
    step(app, "twice")
    app.segmented_control(key=f"group-{group}").set_value(None).run()
    assert len(accepted(app)) == 2


def test_all_groups_are_decided_at_once(app: AppTest) -> None:
    twice = "".join(
        line(f"{name}社区服务站", x) for name, x in (("甲", 0), ("甲", 30), ("乙", 900), ("乙", 930))
    )
    upload(app, HEAD + twice)
    step(app, "twice")
    app.selectbox(key="all-groups").set_value("drop")
    press(app, "应用于2组")
    no_trouble(app)
    assert accepted(app)["name"].tolist() == ["甲社区服务站", "乙社区服务站"]


def test_the_one_that_stays_can_be_another(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300) + line("甲社区便民服务站", 301))
    step(app, "twice")
    group = report_of(app).groups()[0]
    app.segmented_control(key=f"group-{group.id}").set_value("drop").run()
    app.selectbox(key=f"stays-{group.id}").set_value(group.members[1].row_id).run()
    no_trouble(app)
    assert accepted(app)["name"].tolist() == ["甲社区便民服务站"]


def test_a_list_beside_the_citys_own_is_compared_with_it(app: AppTest) -> None:
    upload(app, HEAD + line("西苑社区服务站", 510))
    app.radio(key="in-addition").set_value("beside").run()
    step(app, "twice")
    no_trouble(app)
    assert "本市清单中已有：西苑社区服务站" in html_of(app)


def test_a_place_outside_its_declared_unit_is_told_with_its_way_there(
    app: AppTest, shown_maps: ShownMaps
) -> None:
    rows = "".join(addressed(f"第{n}站社区服务站", 100 * n) for n in range(1, 8))
    upload(app, ADDRESSED + rows + addressed("远处社区服务站", 1950))
    app.selectbox(key="datum").set_value("wgs84").run()
    step(app, "conflicts")
    no_trouble(app)
    assert "1,000米" in html_of(app)
    (way,) = shown_maps.data["conflict-map"]["picture"]["moves"]
    assert way["to"][0] == pytest.approx(degrees(950)[0], abs=1e-4)


def test_findings_are_filtered_by_level_and_by_sheet(app: AppTest) -> None:
    upload(app, HEAD + "甲社区服务站,公共服务站,abc,32\n")
    app.file_uploader(key="lists").set_value(
        [
            ("一.csv", (HEAD + "甲社区服务站,公共服务站,abc,32\n").encode(), "text/csv"),
            ("二.csv", (HEAD + "乙社区服务站,公共服务站,0,0\n").encode(), "text/csv"),
        ]
    )
    app.run()
    step(app, "findings")
    assert "“abc”" in html_of(app)
    app.selectbox(key="finding-sheet").set_value(1).run()
    assert "“abc”" not in html_of(app)
    assert "二.csv" in html_of(app)


def test_parts_of_a_mixed_list_are_read_each_in_its_own_system(app: AppTest) -> None:
    app.run()
    app.switch_page(CHECK).run()
    lon, lat = degrees(900)
    shifted = convert(lon, lat, "wgs84", "gcj02")
    other = f"乙社区服务站,公共服务站,{shifted[0][0]},{shifted[1][0]}\n"
    app.file_uploader(key="lists").set_value(
        [
            ("一.csv", (HEAD + line("甲社区服务站", 300)).encode(), "text/csv"),
            ("二.csv", (HEAD + other).encode(), "text/csv"),
        ]
    )
    app.run()
    step(app, "system")
    assert editor(app)["part"].tolist() == ["一.csv", "二.csv"]
    edit(app, 1, "read", "gcj02")
    app.run()
    press(app, "按此读取各部分")
    no_trouble(app)
    rows = accepted(app).set_index("name")
    assert rows.loc["乙社区服务站", "lon"] == pytest.approx(lon, abs=1e-6)
    assert rows.loc["甲社区服务站", "lon"] == pytest.approx(degrees(300)[0], abs=1e-6)


def test_what_goes_back_is_understood_when_it_comes_again(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300) + "乙社区服务站,公共服务站,abc,32.06\n")
    book = openpyxl.load_workbook(report_of(app).folder / "findings.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == "abc"]
    lon, lat = degrees(1200)
    cells[0].value = lon
    cells[0].offset(0, 1).value = lat
    mended = io.BytesIO()
    book.save(mended)
    app.file_uploader(key="lists").set_value(("修改后.xlsx", mended.getvalue(), "application/vnd.ms-excel"))
    app.run()
    no_trouble(app)
    assert accepted(app)["name"].tolist() == ["甲社区服务站", "乙社区服务站"]


def test_the_original_is_named_by_its_fingerprint_and_a_template_is_offered(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    step(app, "record")
    kept = report_of(app).intake.files[0].sha256
    assert len(kept) == 64
    assert kept in html_of(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert "空白填报模板（Excel）" in labels


def test_the_result_is_of_the_list_with_all_that_was_decided(app: AppTest, shown_maps: ShownMaps) -> None:
    upload(app, ADDRESSED + addressed("甲社区服务站", 300) + LOST)
    step(app, "places")
    (key,) = (name for name in shown_maps.data if name.startswith("place-"))
    shown_maps.clicks[key] = degrees(800)
    app.run()
    press(app, "定位于此")
    show_result(app)
    no_trouble(app)
    assert "丙社区服务站" in app.get("iframe")[0].proto.srcdoc


@pytest.mark.parametrize("name", ["system", "columns", "places", "findings", "accepted", "record"])
def test_every_step_reads_in_english_too(app: AppTest, name: str) -> None:
    upload(app, ADDRESSED + addressed("甲社区服务站", 300) + LOST)
    app.segmented_control(key="choose-language").set_value("en").run()
    step(app, name)
    no_trouble(app)
    assert not [box.value for box in app.caption if "清单" in box.value]


def test_a_placing_is_kept_for_the_offices_next_session(app: AppTest, small_folder: Path) -> None:
    app.run()
    app.switch_page(CHECK).run()
    app.text_input(key="office").set_value("北街道办").run()
    app.file_uploader(key="lists").set_value(("表.csv", (ADDRESSED + LOST).encode(), "text/csv")).run()
    step(app, "places")
    app.text_input(key=f"spot-{report_of(app).to_locate()[0].row_id}").set_value("118.95, 32.07").run()
    press(app, "定位于此")
    kept = [path.read_text("utf-8-sig") for path in (small_folder / "cache" / "offices").rglob("placed.csv")]
    assert any("丙社区服务站" in content for content in kept)


def test_a_list_mixed_without_order_tells_which_rows_fit_which_system(app: AppTest) -> None:
    places = range(100, 2000, 100)
    rows = [addressed(f"{x}站", x, "西苑社区" if x < 950 else "东庄村").split(",") for x in places]
    for row in rows[::2]:
        lon, lat = convert([float(row[4])], [float(row[5])], "wgs84", "bd09")
        row[4:] = [f"{lon[0]:.6f}", f"{lat[0]:.6f}\n"]
    upload(app, ADDRESSED + "".join(",".join(row) for row in rows))
    step(app, "system")
    no_trouble(app)
    document = app.session_state["check-now"].document
    assert document["datum"]["decided"] is False
    assert any("似乎" in box.value or "不止" in box.value for box in app.warning)
    assert "百度" in html_of(app)
    assert app.session_state["check-now"].mixture is not None
    assert "较符合" in html_of(app)


@pytest.mark.parametrize(
    ("numbers", "shown"), [([], ""), ([3], "3"), ([9, 2, 3, 4, 7], "2–4, 7, 9"), ([1, 2], "1–2")]
)
def test_row_numbers_in_a_row_are_drawn_together(numbers: list[int], shown: str) -> None:
    assert str(runs(numbers)) == shown
