"""What people decide on after a check: placed rows, facilities listed twice; kept, and found again."""

import pandas as pd
import pytest

from core.errors import InputError, SettingError
from data.intake import read_facilities
from data.intake.decisions import Decisions, GroupChoice, Place, recall_decisions, remember_decisions
from data.intake.judge import judge
from data.intake.review import groups, to_locate
from tests.data.intake.small_lists import write_xlsx

HEADER = ["名称", "类型", "经度", "纬度", "地址", "床位", "服务项目"]
ROWS = [
    ["甲社区服务站", "站", 118.78901, 32.04001, "甲路1号", None, "养老、就业"],
    ["甲社区服务站", "站", 118.78921, 32.04011, "", 20, ""],
    ["乙社区服务站", "站", None, None, "乙路2号", 5, ""],
    ["丙社区服务站", "站", 118.79, 32.05, "", 5, ""],
    ["丁社区服务站", "站", 118.80901, 32.06001, "", 5, ""],
    ["合计", None, None, None, None, 30, None],
]


@pytest.fixture
def intake(tmp_path):
    return read_facilities([write_xlsx(tmp_path / "list.xlsx", {"表": [HEADER, *ROWS]})], datum="wgs84")


def anew(intake, **decided):
    return judge(intake.reading, Decisions(**decided))


def id_of(intake, name):
    return intake.frame.loc[intake.frame["name"] == name, "facility_id"].iloc[0]


def codes(intake, row):
    return [found.code for found in intake.findings if found.row == row]


def test_what_has_no_usable_place_can_be_placed_by_hand(intake):
    lost = to_locate(intake)
    assert [(row.name, row.address, row.lon) for row in lost] == [
        ("乙社区服务站", "乙路2号", None),
        ("丙社区服务站", "", None),
    ]
    placed = anew(intake, placed={row.row_id: Place(118.8, 32.05) for row in lost})
    assert placed.accepted_count == intake.accepted_count + 2 and placed.refused_count == 0
    assert placed.accepted["located_by"].tolist() == ["list", "list", "hand", "hand", "list"]
    assert codes(placed, 4) == ["placed-by-hand", "same-coordinates"] and codes(intake, 4) == ["to-locate"]
    assert [row.lon for row in to_locate(placed)] == [118.8, 118.8]


def test_a_row_placed_is_checked_like_any_other(intake):
    there = Place(118.78902, 32.04002)
    assert "same-coordinates" in codes(anew(intake, placed={id_of(intake, "乙社区服务站"): there}), 4)


def test_a_total_cannot_be_placed(intake):
    total = intake.frame["facility_id"].iloc[-1]
    assert anew(intake, placed={total: Place(118.8, 32.05)}).accepted_count == intake.accepted_count


@pytest.mark.parametrize(
    ("action", "accepted", "beds", "told"),
    [
        ("keep", 3, None, ["kept-apart", "kept-apart"]),
        ("drop", 2, None, ["dropped", "dropped"]),
        ("merge", 2, 20.0, ["merged", "merged"]),
    ],
)
def test_a_choice_on_facilities_listed_twice(intake, action, accepted, beds, told):
    (group,) = groups(intake, Decisions())
    assert [member.row for member in group.members] == [2, 3] and group.decision == ""
    choice = Decisions(groups={group.id: GroupChoice(action)})
    done = judge(intake.reading, choice)
    first = done.accepted.iloc[0]
    assert done.accepted_count == accepted and done.rows == intake.rows
    assert first["services"] == "养老、就业" and (first["places"] == beds or pd.isna(first["places"]))
    assert [code for row in (2, 3) for code in codes(done, row)] == told
    assert groups(done, choice)[0].decision == action


def test_the_one_that_stays_can_be_chosen(intake):
    (group,) = groups(intake, Decisions())
    second = group.members[1].row_id
    done = anew(intake, groups={group.id: GroupChoice("merge", stays=second)})
    assert done.accepted["facility_id"].tolist()[0] == second
    assert done.accepted["services"][0] == "养老、就业" and done.accepted["lon"][0] == 118.78921


def test_without_decisions_nothing_is_dropped(intake):
    assert intake.accepted_count == 3 and codes(intake, 2) == ["duplicate"]


def test_decisions_are_kept_and_found_again(intake, tmp_path):
    decided = Decisions(
        placed={"f1": Place(-51.2, -30.05, name="=甲", address="路"), "f2": Place(1.0, 2.0, by="address")},
        groups={"g1": GroupChoice("merge", "f1", "甲; 甲")},
    )
    remember_decisions(tmp_path / "new", decided)
    assert recall_decisions(tmp_path / "new") == decided
    assert recall_decisions(tmp_path) == Decisions()


def test_a_placed_row_is_found_by_name_and_address_when_its_number_changed(intake):
    placed = {"f-old": Place(118.8, 32.05, name="乙社区服务站", address="乙路2号")}
    assert anew(intake, placed=placed).accepted_count == 4


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(SettingError, match="no place on earth"):
        Place(190.0, 32.0)
    with pytest.raises(SettingError, match="burn"):
        GroupChoice("burn")
    (tmp_path / "placed.csv").write_text("row_id,lon\nf1,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        recall_decisions(tmp_path)
