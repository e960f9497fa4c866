"""From an office's list to the city's figures, and back again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.errors import InputError, SettingError, UserError
from data.intake.facility_numbers import ALPHABET, is_facility_id, new_facility_id
from data.standards import open_standard
from data.store import Store, open_store
from data.store.check import check_store
from jobs.assess.folder import read_and_assess
from jobs.collect.cities import NewCity, add_city, moment, study_at
from jobs.collect.differences import differences
from jobs.collect.permissions import MAY, OFFICE, ROLES, RoleChange, actor, change_role
from jobs.collect.preview import preview
from jobs.collect.review import Decision, history, open_round, restore, review
from jobs.collect.submit import Sending, submissions_document, submit
from tests.jobs.collect.desk import ACCEPT, CENTRE, STATION, WEST, listed
from tests.small_city import degrees, write_small_city


def test_a_city_s_lists_become_each_office_s_first_version(store: Store) -> None:
    told = history(store, city="小城")["versions"]
    assert [(one["office"], one["version"], one["facilities"]) for one in told] == [
        ("西苑社区", 1, 2),
        ("东庄村", 1, 1),
    ]


def test_the_stored_city_is_assessed_as_its_files_are(store: Store, tmp_path: Path) -> None:
    direct = read_and_assess(write_small_city(tmp_path / "again")).results
    stored = read_and_assess(study_at(store, "小城")).results
    assert stored.document["rules"] == direct.document["rules"]
    pd.testing.assert_frame_equal(stored.cells, direct.cells)
    pd.testing.assert_frame_equal(stored.units, direct.units)


def test_the_preview_is_what_acceptance_gives(store: Store, tmp_path: Path) -> None:
    paths = listed(
        tmp_path / "new.csv", CENTRE, ("西苑社区服务站", "公共服务站", 200), ("新站", "公共服务站", 900)
    )
    number = submit(store, paths, WEST)["id"]
    before = read_and_assess(study_at(store, "小城")).results
    told = preview(store, [number])
    assert (told["new"], told["gone"], told["moved"], told["changed"]) == (1, 0, 1, 0)
    assert next(row["moved_m"] for row in told["facilities"] if row["what"] == "moved") == pytest.approx(
        300, abs=1
    )
    review(store, number, ACCEPT)
    after = read_and_assess(study_at(store, "小城")).results
    shares = [{rule["id"]: rule.get("share") for rule in side.document["rules"]} for side in (before, after)]
    assert {rule["id"]: rule["share_before"] for rule in told["rules"]} == shares[0]
    assert {rule["id"]: rule["share_after"] for rule in told["rules"]} == shares[1]
    station = next(rule for rule in told["rules"] if rule["id"] == "station-radius")
    # Urban cells lie at 0 … 900: within 500 m of 500 all of them; of 200 and 900 all of them, too.
    assert (station["residents_gained"], station["residents_lost"]) == (0, 0)


def test_who_loses_a_facility_is_told(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "new.csv", ("西苑社区服务站", "公共服务站", 100)), WEST)["id"]
    told = preview(store, [number])
    assert (told["gone"], told["moved"]) == (1, 1)  # the centre went, and it served as a station
    station = next(rule for rule in told["rules"] if rule["id"] == "station-radius")
    assert station["residents_lost"] == 300  # at 700, 800 and 900: the boundary of 500 m counts
    street = [one for one in told["units_changed"] if one["rule"] == "street-has-centre"]
    assert {one["name"] for one in street} == {"南街道", "东区"}  # and the district that it is in


def test_an_office_s_list_replaces_its_own_part_and_nothing_else(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "new.csv", CENTRE), WEST)["id"]
    review(store, number, ACCEPT)
    facilities = read_and_assess(study_at(store, "小城")).results.facilities
    assert sorted(facilities["name"]) == ["东庄村服务站", "南街道公共服务中心"]


def test_a_facility_keeps_its_number_through_a_new_name(store: Store, tmp_path: Path) -> None:
    first = read_and_assess(study_at(store, "小城")).results.facilities
    own = dict(zip(first["name"], first["facility_id"], strict=True))
    assert all(is_facility_id(number) for number in own.values())
    number = submit(store, listed(tmp_path / "n.csv", CENTRE, ("西苑便民服务站", "公共服务站", 510)), WEST)[
        "id"
    ]
    told = preview(store, [number])
    assert (told["new"], told["gone"], told["moved"], told["changed"]) == (0, 0, 1, 1)
    review(store, number, ACCEPT)
    second = read_and_assess(study_at(store, "小城")).results.facilities
    later = dict(zip(second["name"], second["facility_id"], strict=True))
    assert later["西苑便民服务站"] == own["西苑社区服务站"]


def test_a_returned_list_is_mended_under_the_same_number(store: Store, tmp_path: Path) -> None:
    open_round(store, "一季度", city="小城", due="2026-12-31")
    sending = Sending("小城", "西苑社区", "一季度")
    first = submit(store, listed(tmp_path / "n.csv", CENTRE), sending)
    review(store, first["id"], Decision(False, "缺服务站"))
    (seen,) = submissions_document(store, city="小城")["submissions"]
    assert (seen["state"], seen["remark"], seen["round"]) == ("returned", "缺服务站", "一季度")
    second = submit(store, listed(tmp_path / "n.csv", CENTRE, STATION), sending)
    assert (second["id"], second["version"], second["state"]) == (first["id"], 2, "sent")
    review(store, first["id"], ACCEPT)
    with pytest.raises(InputError, match="not waiting"):
        review(store, first["id"], ACCEPT)


def test_an_earlier_version_comes_back_as_a_new_one(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"]
    review(store, number, ACCEPT)
    assert restore(store, city="小城", office="西苑社区", to=1)["version"] == 3
    versions = [one for one in history(store, city="小城")["versions"] if one["office"] == "西苑社区"]
    assert [one["facilities"] for one in versions] == [2, 1, 2]
    assert versions[0]["sha256"] == versions[2]["sha256"]
    with pytest.raises(InputError, match="1 to 3"):
        restore(store, city="小城", office="西苑社区", to=9)


def test_a_result_of_an_earlier_moment_is_as_it_was(store: Store, tmp_path: Path) -> None:
    then = history(store, city="小城")["versions"][-1]["at"]
    before = read_and_assess(study_at(store, "小城")).results
    review(store, submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"], ACCEPT)
    now = read_and_assess(study_at(store, "小城")).results
    again = read_and_assess(study_at(store, "小城", at=then)).results
    assert again.document == before.document != now.document
    assert again.cells.equals(before.cells)
    with pytest.raises(InputError, match=r"No office"):
        study_at(store, "小城", at="2011-08-01")


def test_a_list_of_which_nothing_can_be_used_is_not_sent(store: Store, tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text("名称,类型\n甲,公共服务站\n", "utf-8-sig")
    with pytest.raises(InputError):
        submit(store, [tmp_path / "no.csv"], WEST)
    assert submissions_document(store)["submissions"] == []


WRONG = {
    "city": lambda store, path: submit(store, path, Sending("江城", "西苑社区")),
    "office": lambda store, path: submit(store, path, Sending("小城", "江宁区")),
    "round": lambda store, path: submit(store, path, Sending("小城", "西苑社区", "二季度")),
    "submission": lambda store, path: review(store, "S000000000", ACCEPT),
    "preview of nothing": lambda store, path: preview(store, []),
    "level": lambda store, path: open_round(store, "x", city="小城", due="31.3.2026"),
}


@pytest.mark.parametrize("ask", WRONG.values(), ids=WRONG)
def test_what_the_store_does_not_know_is_named(store: Store, tmp_path: Path, ask: Any) -> None:
    with pytest.raises(UserError):
        ask(store, listed(tmp_path / "n.csv", CENTRE))


def test_every_action_is_refused_to_who_has_no_role(store: Store) -> None:
    change_role(store, RoleChange("root", "admin", granted=True), by="")
    change_role(store, RoleChange("guest", "reader", granted=True), by="root")
    change_role(store, RoleChange("guest", "reader", granted=False), by="root")
    guest = actor(store, "guest")
    for action in (*MAY, "no such action"):
        with pytest.raises(SettingError):
            guest.require(action)


def test_an_office_sees_and_sends_its_own_list_only(store: Store, tmp_path: Path) -> None:
    change_role(store, RoleChange("root", "admin", granted=True), by="")
    change_role(store, RoleChange("xi", OFFICE, "小城", "西苑社区", True), by="root")
    change_role(store, RoleChange("dong", OFFICE, "小城", "东庄村", True), by="root")
    change_role(store, RoleChange("lao", "planner", granted=True), by="root")
    paths = listed(tmp_path / "n.csv", CENTRE)
    number = submit(store, paths, WEST, by="xi")["id"]
    with pytest.raises(SettingError):
        submit(store, paths, WEST, by="dong")
    assert submissions_document(store, by="dong")["submissions"] == []
    assert [one["id"] for one in submissions_document(store, by="xi")["submissions"]] == [number]
    for refused in ("xi", "dong"):
        with pytest.raises(SettingError):
            review(store, number, ACCEPT, by=refused)
        with pytest.raises(SettingError):
            preview(store, [number], by=refused)
        with pytest.raises(SettingError):
            restore(store, city="小城", office="西苑社区", to=1, by=refused)
    with pytest.raises(InputError, match="knows nobody"):
        review(store, number, ACCEPT, by="stranger")
    change_role(store, RoleChange("xi", OFFICE, "小城", "西苑社区", False), by="root")
    with pytest.raises(SettingError):  # after being removed
        submit(store, paths, WEST, by="xi")
    assert review(store, number, ACCEPT, by="lao")["state"] == "accepted"


def test_nobody_accepts_what_they_sent_themselves(store: Store, tmp_path: Path) -> None:
    paths = listed(tmp_path / "n.csv", CENTRE)
    own = submit(store, paths, WEST, by="lao")["id"]
    with pytest.raises(SettingError, match="somebody else"):
        review(store, own, ACCEPT, by="lao")
    assert review(store, own, ACCEPT, by="wang")["state"] == "accepted"
    local = submit(store, paths, WEST)["id"]  # one person at one computer
    assert review(store, local, ACCEPT)["state"] == "accepted"


def test_of_two_who_decide_one_wins(store: Store, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST, by="xi")["id"]

    def decide(name: str) -> str:
        try:
            return str(review(store, number, Decision(name == "a"), by=name)["state"])
        except InputError:
            return "told"

    with ThreadPoolExecutor(2) as pool:
        outcome = sorted(pool.map(decide, "ab"))
    assert outcome[1] == "told" and outcome[0] in ("accepted", "returned")
    assert check_store(store) == ()


def test_roles_are_the_known_ones() -> None:
    assert {role for roles, _ in MAY.values() for role in roles} <= set(ROLES)


def test_a_number_notices_one_wrong_character_and_two_exchanged() -> None:
    for seed in range(50):
        number = new_facility_id((), str(seed))
        assert is_facility_id(number) and is_facility_id(number.lower())
        for at in range(1, len(number)):
            for other in ALPHABET:
                if other != number[at]:
                    assert not is_facility_id(number[:at] + other + number[at + 1 :])


def rows(*facilities: tuple[str, str, str, float, float]) -> pd.DataFrame:
    columns = ["facility_id", "name", "tier", "lon", "lat"]
    frame = pd.DataFrame(facilities, columns=columns)
    blank = ("status", "services", "address", "district", "street", "community", "opened", "extent")
    return frame.assign(
        **dict.fromkeys(blank, ""),
        places=1.0,
        capacity=float("nan"),
        area_m2=float("nan"),
        site_m2=float("nan"),
    )


def test_who_is_who() -> None:
    (a, b) = (new_facility_id((), "a"), new_facility_id((), "b"))
    before = rows(
        (a, "甲", "station", 118.0, 32.0), (b, "乙", "station", 118.1, 32.0), ("x", "丙", "centre", 118.2, 32)
    )
    after = rows(
        ("", "丙", "centre", 118.2, 32.0),  # by name and type
        (a, "甲改", "station", 118.3, 32.0),  # by its number, wherever it went
        ("", "丁", "station", 118.1, 32.0003),  # by place and type
        ("", "戊", "station", 119.0, 32.0),
    )
    found = differences(before, after)
    assert found.pairs == ((0, 1), (1, 2), (2, 0))
    assert (found.new, found.gone, found.unsure) == ((3,), (), (2,))
    assert set(found.moved) == {1, 2} and found.moved[2] == pytest.approx(33.3, abs=0.2)
    assert found.changed == {1: ("name",), 2: ("name",)}


def test_a_column_that_the_new_list_does_not_have_takes_nothing_away(store: Store, tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text(
        f"名称,类型,经度,纬度\n南街道公共服务中心,公共服务中心,{degrees(500)[0]},{degrees(500)[1]}\n",
        "utf-8-sig",
    )
    number = submit(store, [tmp_path / "n.csv"], WEST)["id"]
    told = preview(store, [number])
    assert (told["gone"], told["changed"]) == (1, 0)
    review(store, number, ACCEPT)
    kept = read_and_assess(study_at(store, "小城")).results.facilities.set_index("name")
    assert kept.loc["南街道公共服务中心", "places"] == 10


def test_a_day_ends_in_beijing() -> None:
    assert moment("2026-03-31") == "2026-03-31T15:59:59.999999+00:00"
    with pytest.raises(SettingError):
        moment("31.3.2026")


def test_files_that_belong_together_are_kept_together(tmp_path: Path) -> None:
    """A shapefile of units, a standard of one's own; the names are the same, the contents are not."""
    import geopandas as gpd

    files = write_small_city(tmp_path / "in")
    assert files.units is not None
    gpd.read_file(files.units).to_file(tmp_path / "in" / "units.shp", encoding="utf-8")
    own = tmp_path / "in" / "own.toml"
    own.write_text(open_standard("nanjing-2011").toml.replace("figure_m = 500", "figure_m = 600"), "utf-8")
    made = open_store(tmp_path / "store", make=True)
    wanted = replace(files, units=tmp_path / "in" / "units.shp", standard=str(own))
    add_city(made, NewCity("小城", wanted, "community"))
    shutil.rmtree(tmp_path / "in")
    rules = read_and_assess(study_at(made, "小城")).results.document["rules"]
    assert next(rule["figure"] for rule in rules if rule["id"] == "station-radius") == 600
