"""An office's own side: what is asked of it, what it sees, what it mends before it sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError, SettingError
from data.intake.decisions import Place
from data.store import Store
from jobs.collect.permissions import OFFICE, RoleChange, change_role
from jobs.collect.review import Decision, open_round, review
from jobs.collect.submit import submit
from jobs.collect.words import remark_at
from jobs.desk.check import OwnList, check_own_list, decided_in, rows_to_mend, settled
from jobs.desk.desk import desk_of, originals_of, own_offices, unit_outline
from jobs.desk.mend import changes, mendable, mended
from jobs.lists.check import place_rows
from tests.jobs.collect.desk import CENTRE, STATION, WEST, listed
from tests.small_city import degrees

HEAD = "名称,类型,经度,纬度,地址\n"


def row(name: str, x: float, address: str = "") -> str:
    lon, lat = degrees(x)
    return f"{name},公共服务站,{lon},{lat},{address}\n"


def swapped(name: str, x: float) -> str:
    lon, lat = degrees(x)
    return f"{name},公共服务站,{lat},{lon},\n"


@pytest.fixture
def checking(store: Store, tmp_path: Path) -> Callable[..., tuple[OwnList, object]]:
    def check(content: str, name: str = "list.csv") -> tuple[OwnList, object]:
        path = tmp_path / name
        path.write_text(content, "utf-8-sig")
        own = OwnList("小城", "西苑社区", (path,))
        return own, check_own_list(store, own, out=tmp_path / "out", memory=tmp_path / "memory")

    return check


def test_the_desk_tells_what_is_asked_and_what_became_of_it(store: Store, tmp_path: Path) -> None:
    open_round(store, "一季度", city="小城", due="2026-03-31", by="王")
    desk = desk_of(store, "小城", "西苑社区")
    (asked,) = desk.asked
    assert (asked.due, asked.opened_by, asked.state) == ("2026-03-31", "王", "")
    assert len(desk.rows) == 2 and desk.version is not None and desk.version.version == 1
    number = submit(store, listed(tmp_path / "n.csv", CENTRE, STATION), replace(WEST, round="一季度"))["id"]
    review(store, number, Decision(False, "请核实", (remark_at("B2=类型有误"),)))
    desk = desk_of(store, "小城", "西苑社区")
    assert desk.asked[0].state == "returned"
    (sent,) = desk.lists
    assert [step.state for step in sent.steps] == ["sent", "returned"]
    assert (sent.now.remark, sent.remarks[0].said) == ("请核实", "类型有误")
    (back,) = originals_of(store, number, tmp_path / "back", city="小城", office="西苑社区")
    assert back.read_bytes() == (tmp_path / "n.csv").read_bytes()
    outline = unit_outline(store, desk)
    assert outline is not None and outline.bounds[0] == pytest.approx(degrees(-100)[0], abs=1e-4)


def test_an_office_opens_its_own_desk_and_no_other(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"]
    change_role(store, RoleChange("root", "admin"), by="")
    change_role(store, RoleChange("dong", OFFICE, "小城", "东庄村"), by="root")
    assert own_offices(store, by="dong") == {"小城": ("东庄村",)}
    assert desk_of(store, "小城", "东庄村", by="dong").lists == ()
    with pytest.raises(SettingError):
        desk_of(store, "小城", "西苑社区", by="dong")
    with pytest.raises(InputError):  # another's submission by its number, at one's own desk
        originals_of(store, number, tmp_path / "x", city="小城", office="东庄村", by="dong")
    own = OwnList("小城", "西苑社区", (tmp_path / "n.csv",), by="dong")
    with pytest.raises(SettingError):
        check_own_list(store, own, out=tmp_path / "o", memory=tmp_path / "m")


def test_a_mended_row_settles_its_finding_and_the_rest_stays_open(
    store: Store, checking: Callable[..., tuple[OwnList, object]], tmp_path: Path
) -> None:
    good = "".join(row(f"好{k}社区服务站", 100.0 * k) for k in range(1, 6))
    own, report = checking(HEAD + good + swapped("甲社区服务站", 300) + swapped("乙社区服务站", 640))
    number = submit(store, own.paths, WEST, decisions=decided_in(store, own, report))["id"]
    review(store, number, Decision(False))
    wrong = rows_to_mend(report)
    assert {at for _, _, at in wrong} >= {7, 8}
    (table,) = mendable(report.intake, own.paths)
    assert table.titles == ("名称", "类型", "经度", "纬度", "地址") and table.rows[7][0] == "甲社区服务站"
    lon, lat = degrees(300)
    cells = changes(table, {7: {"经度": str(lon), "纬度": str(lat)}}, [{"名称": "新站"}], [2])
    assert cells[("", 9, 1)] == "新站" and cells[("", 2, 3)] == ""
    only = {place: word for place, word in cells.items() if place[1] == 7}
    new = mended(own.paths[0], own.paths[0].read_bytes(), only)
    _, again = checking(new.decode("utf-8-sig"), "again.csv")
    found = settled(store, desk_of(store, "小城", "西苑社区"), again)
    assert found is not None and 0 < found.settled < found.count
    assert again.intake.accepted_count == report.intake.accepted_count + 1


def test_what_is_sent_is_what_was_checked_and_what_was_taken_back_is_not_carried(
    store: Store, checking: Callable[..., tuple[OwnList, object]], tmp_path: Path
) -> None:
    content = HEAD + row("好站社区服务站", 400) + "丙社区服务站,公共服务站,,,西苑路8号\n"
    own, report = checking(content)
    (lost,) = report.to_locate()
    placed = place_rows(report, {lost.row_id: Place(*degrees(500))})
    done = submit(store, own.paths, WEST, decisions=decided_in(store, own, placed))
    assert (done["accepted"], done["set_aside"]) == (2, 0)
    # The same list again: what was decided holds, until the office takes it back.
    own, again = checking(content)
    assert again.intake.accepted_count == 2
    back = place_rows(again, {again.to_locate()[0].row_id: None})
    done = submit(store, own.paths, WEST, decisions=decided_in(store, own, back))
    assert (done["accepted"], done["set_aside"]) == (1, 1)
