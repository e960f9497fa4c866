"""What goes back to an office, and comes in again: numbers, remarks at cells, decisions."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from core.errors import SettingError
from data.intake.decisions import KEEP, Decisions, GroupChoice, Place
from data.intake.facility_numbers import is_facility_id
from data.store import Store
from data.store.records import city_named, last_decisions, office_named
from jobs.collect.decisions import OfficeDecisions, decisions_from, made_of
from jobs.collect.permissions import OFFICE, RoleChange, change_role
from jobs.collect.preview import preview
from jobs.collect.review import Decision, review
from jobs.collect.submit import read_for, submit
from jobs.collect.words import remark_at
from jobs.collect.workbooks import office_template, returned_workbooks
from tests.jobs.collect.desk import ACCEPT, CENTRE, STATION, WEST, listed
from tests.small_city import degrees


def workbook(path: Path, *rows: tuple[str, str, float]) -> list[Path]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "西苑"
    sheet.append(["名称", "类型", "经度", "纬度"])
    for name, kind, x in rows:
        sheet.append([name, kind, *degrees(x)])
    book.save(path)
    return [path]


def test_a_returned_list_bears_remarks_and_numbers_and_is_read_again_by_them(
    store: Store, tmp_path: Path
) -> None:
    sent = workbook(tmp_path / "清单.xlsx", CENTRE, STATION, ("新站", "公共服务站", 900))
    number = submit(store, sent, WEST)["id"]
    remarks = (remark_at("西苑!A3=名称有误"), remark_at("4=请核实"))
    review(store, number, Decision(False, "请改", remarks))
    (path,) = returned_workbooks(store, number, tmp_path / "back")
    book = openpyxl.load_workbook(path)
    sheet = book["西苑"]
    numbers = {row[0].value: row[4].value for row in sheet.iter_rows(min_row=2)}
    assert sheet["E1"].value == "设施编号" and numbers["新站"] is None and numbers["西苑社区服务站"]
    assert sheet["A3"].comment is not None and "名称有误" in sheet["A3"].comment.text
    front = "".join(str(cell.value) for cell in book.worksheets[0]["A"])
    assert "请核实" in str(sheet["F4"].value) and "请改" in front
    sheet["A3"] = "完全改名的站"
    sheet["C3"], sheet["D3"] = degrees(100)
    book.save(path)
    assert submit(store, [path], WEST)["version"] == 2
    told = {row["name"]: row for row in preview(store, [number])["facilities"]}
    assert told["完全改名的站"]["what"] == "moved" and "unsure" not in told["完全改名的站"]
    review(store, number, ACCEPT)
    (path,) = returned_workbooks(store, number, tmp_path / "accepted")
    sheet = openpyxl.load_workbook(path)["西苑"]
    assert all(row[4].value and not row[5].value for row in sheet.iter_rows(min_row=2))


def test_codes_of_the_office_s_own_stay_and_our_numbers_stand_beside_them(
    store: Store, tmp_path: Path
) -> None:
    sent = workbook(tmp_path / "清单.xlsx", CENTRE, STATION)
    book = openpyxl.load_workbook(sent[0])
    codes = ["设施编号", "032010200101", "032010200102"]
    for row, code in enumerate(codes, start=1):
        book["西苑"].cell(row, 5, code)
    book.save(sent[0])
    for version in (1, 2):
        number = submit(store, sent, WEST)["id"]
        review(store, number, ACCEPT)
        sent = returned_workbooks(store, number, tmp_path / f"back{version}")
        book = openpyxl.load_workbook(sent[0])
        sheet = book["西苑"]
        assert [cell.value for cell in sheet["E"]] == codes
        assert (sheet["F1"].value, sheet["G1"].value) == ("服务圈编号", "检查结果")
        assert all(is_facility_id(str(sheet.cell(row, 6).value)) for row in (2, 3))
    sheet["A3"] = "完全改名的站"
    sheet["C3"], sheet["D3"] = degrees(100)
    book.save(sent[0])
    told = preview(store, [submit(store, list(sent), WEST)["id"]])
    assert (told["new"], told["gone"], told["moved"]) == (0, 0, 1)


def test_the_template_is_the_office_s_list_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    assert office_template(store, path, city="小城", office="西苑社区") == 2
    told = preview(store, [submit(store, [path], WEST)["id"]])
    assert (told["new"], told["gone"], told["moved"], told["changed"]) == (0, 0, 0, 0)


def test_another_office_s_list_is_not_read(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"]
    change_role(store, RoleChange("root", "admin", granted=True), by="")
    change_role(store, RoleChange("dong", OFFICE, "小城", "东庄村", True), by="root")
    with pytest.raises(SettingError):
        returned_workbooks(store, number, tmp_path / "back", by="dong")
    with pytest.raises(SettingError):
        office_template(store, tmp_path / "t.xlsx", city="小城", office="西苑社区", by="dong")


def test_what_an_office_decided_holds_for_its_next_list_until_the_row_changes(
    store: Store, tmp_path: Path
) -> None:
    head = "名称,类型,地址,经度,纬度\n"
    twin = f"西苑站,公共服务站,甲路1号,{degrees(300)[0]},{degrees(300)[1]}\n"
    other = f"西苑站,公共服务站,乙路2号,{degrees(320)[0]},{degrees(320)[1]}\n"
    lost = "无处站,公共服务站,丙路3号,,\n"
    (tmp_path / "a.csv").write_text(head + twin + other + lost, "utf-8-sig")
    with store.read() as connection:
        city = city_named(connection, "小城")
        office = office_named(connection, city, "西苑社区")
    intake, _ = read_for(store, city, [tmp_path / "a.csv"], OfficeDecisions())
    (group,) = intake.groups
    ids = intake.frame["facility_id"]
    place = Place(*degrees(700), name="无处站", address="丙路3号")
    decided = Decisions({}, {ids.iloc[2]: place}, {group.id: GroupChoice(KEEP)})
    submit(store, [tmp_path / "a.csv"], WEST, decisions=made_of(intake, decided))
    with store.read() as connection:
        kept = decisions_from(store.files.get(last_decisions(connection, office)))
    # The next quarter: another order, another file.
    (tmp_path / "b.csv").write_text(head + lost + other + twin, "utf-8-sig")
    done = submit(store, [tmp_path / "b.csv"], WEST)
    assert done["accepted"] == 3
    again, _ = read_for(store, city, [tmp_path / "b.csv"], kept)
    assert not any(found.code == "duplicate" for found in again.findings)
    assert any(found.code == "kept-apart" for found in again.findings)
    # A row that changed is asked about again.
    (tmp_path / "c.csv").write_text(head + lost + other.replace("乙", "丁") + twin, "utf-8-sig")
    changed, _ = read_for(store, city, [tmp_path / "c.csv"], kept)
    assert any(found.code == "duplicate" for found in changed.findings)
