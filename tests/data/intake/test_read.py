"""Lists as offices send them, from file to accepted facilities and findings."""

import numpy as np
import pytest

from data.intake import read_facilities
from data.intake.decisions import Decisions
from tests.data.intake.small_lists import stations, units, write_xlsx

HEADER = ["名称", "类型", "经度", "纬度"]
GOOD = ["甲社区公共服务站", "公共服务站", 118.78901, 32.04001]


def codes(intake, level=None):
    return [finding.code for finding in intake.findings if level in (None, finding.level)]


def intake_of(tmp_path, rows, **options):
    return read_facilities([write_xlsx(tmp_path / "list.xlsx", {"表": rows})], **options)


def test_a_plain_list_is_accepted_as_it_is(tmp_path):
    intake = intake_of(tmp_path, [HEADER, GOOD, ["乙街道公共服务中心", "", 118.79902, 32.05002]])
    assert intake.accepted["tier"].tolist() == ["station", "centre"]
    assert intake.accepted[["lon", "lat"]].to_numpy().tolist() == [
        [118.78901, 32.04001],
        [118.79902, 32.05002],
    ]
    assert intake.accepted["source_row"].tolist() == [2, 3]
    assert codes(intake) == ["unknown-datum"]


def test_every_row_is_accounted_for(tmp_path):
    rows = [
        ["某区公共服务设施统计表", None, None, None],
        HEADER,
        GOOD,
        ["乙社区公共服务站", "站", "无", "无"],
        [None, "站", 118.79, 32.05],
        [None, None, None, None],
        ["合计", "3", None, None],
        ["填表人：某某", None, None, "2024年5月"],
        ["注：坐标为GPS实测", None, None, None],
    ]
    intake = intake_of(tmp_path, rows)
    assert (intake.rows, intake.accepted_count, intake.refused_count, intake.set_aside_count) == (6, 1, 2, 3)
    assert {(f.row, f.code) for f in intake.findings if f.row} >= {
        (4, "missing-coordinates"),
        (5, "missing-name"),
        (7, "total-row"),
        (8, "signature-row"),
        (9, "note-row"),
    }


def test_two_row_headers_and_merged_cells_fill_down_only_within_their_range(tmp_path):
    rows = [
        ["统计表", None, None, None, None],
        ["街道", "名称", "类型", "坐标", None],
        [None, None, None, "经度", "纬度"],
        ["梅园街道", "甲社区服务站", "站", 118.78901, 32.04001],
        [None, "乙社区服务站", "站", 118.79901, 32.04001],
        [None, "丙社区服务站", "站", 118.78901, 32.05001],
    ]
    merged = {"表": ["A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "A4:A5"]}
    path = write_xlsx(tmp_path / "a.xlsx", {"表": rows}, merged)
    assert read_facilities([path]).accepted["street"].tolist() == ["梅园街道", "梅园街道", ""]


def test_sheets_that_are_no_lists_are_passed_over_and_said_so(tmp_path):
    sheets = {"填表说明": [["请如实填写"]], "梅园街道": [HEADER, GOOD], "旧表": [HEADER, GOOD], "空": []}
    intake = read_facilities([write_xlsx(tmp_path / "a.xlsx", sheets, hidden=["旧表"])])
    assert intake.accepted["street"].tolist() == ["梅园街道"]
    assert {"explanation-sheet", "hidden-sheet", "empty-sheet"} <= set(codes(intake))


def test_numbers_in_disguise_and_ditto(tmp_path):
    rows = [
        [*HEADER, "所属街道", "服务人口", "床位", "启用时间"],
        [*GOOD, "梅园街道", "约１，２００人", "１２张", 43586],
        ["乙社区服务站", "站", "118.79901", "32°02′24″", "同上", "很多", "－", "2019年5月"],
    ]
    intake = intake_of(tmp_path, rows)
    accepted = intake.accepted
    assert accepted["street"].tolist() == ["梅园街道", "梅园街道"]
    assert accepted["residents_declared"].tolist()[0] == 1200 and np.isnan(accepted["residents_declared"][1])
    assert accepted["places"].tolist()[0] == 12
    assert accepted["opened"].tolist() == ["2019-05-01", "2019-05"]
    assert accepted["lat"][1] == pytest.approx(32.04)
    assert {"ditto", "approximate-number", "unreadable-number"} <= set(codes(intake))


def test_personal_data_is_dropped_and_said_so(tmp_path):
    intake = intake_of(tmp_path, [[*HEADER, "联系人", "联系电话"], [*GOOD, "张三", "13800000000"]])
    assert "13800000000" not in intake.frame.to_string() and "张三" not in intake.frame.to_string()
    assert "personal-data-dropped" in codes(intake)


def test_closed_and_planned_facilities_are_set_aside(tmp_path):
    rows = [
        [*HEADER, "状态"],
        [*GOOD, "正常"],
        ["乙社区服务站", "站", 118.79, 32.05, "筹建"],
        ["丙社区服务站（撤并）", "站", 118.79, 32.05, ""],
    ]
    intake = intake_of(tmp_path, rows)
    assert intake.set_aside_count == 2 and {"status-planned", "status-closed"} <= set(codes(intake))


def test_a_single_swapped_row_is_refused_with_its_mend(tmp_path):
    rows = [
        HEADER,
        GOOD,
        ["乙社区服务站", "站", 118.79901, 32.05001],
        ["丙社区服务站", "站", 32.06001, 118.79001],
    ]
    intake = intake_of(tmp_path, rows)
    (finding,) = [f for f in intake.findings if f.code == "swapped-coordinates"]
    assert (finding.row, finding.column, finding.level) == (4, "经度", "error")
    assert "118.79001" in str(finding.message) and intake.refused_count == 1


def test_a_whole_list_with_swapped_columns_is_mended_and_said_so(tmp_path):
    rows = [HEADER, *([f"{k}社区服务站", "站", 32.04 + k / 1000 + 1e-5, 118.78901] for k in range(5))]
    intake = intake_of(tmp_path, rows)
    assert intake.accepted_count == 5 and (intake.accepted["lon"] == 118.78901).all()
    assert codes(intake, "warning").count("swapped-columns") == 1


def test_degrees_without_their_point_are_mended_and_said_so(tmp_path):
    intake = intake_of(tmp_path, [HEADER, ["乙社区服务站", "站", 118789010, 32040010]])
    assert intake.accepted["lon"].tolist() == [118.78901] and "scaled-coordinates" in codes(intake, "warning")


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (118.78, 32.04, "coarse-coordinates"),
        (0, 0, "zero-coordinates"),
        (1180.7, 32.04, "impossible-coordinates"),
        ("中山路", 32.04001, "unreadable-coordinates"),
        (None, 32.04001, "missing-coordinates"),
    ],
)
def test_coordinates_that_are_refused(tmp_path, lon, lat, code):
    intake = intake_of(tmp_path, [HEADER, ["乙社区服务站", "站", lon, lat]])
    assert intake.refused_count == 1 and code in codes(intake, "error")


def test_three_decimals_are_accepted_with_a_warning(tmp_path):
    intake = intake_of(tmp_path, [HEADER, ["乙社区服务站", "站", 118.789, 32.041]])
    assert intake.accepted_count == 1 and "rounded-coordinates" in codes(intake, "warning")


def test_an_address_without_coordinates_waits_to_be_located(tmp_path):
    intake = intake_of(tmp_path, [[*HEADER, "地址"], ["乙社区服务站", "站", None, None, "中山路1号"]])
    assert intake.to_locate["address"].tolist() == ["中山路1号"] and intake.set_aside_count == 1


def test_metres_are_placed_where_the_area_leaves_one_system(tmp_path):
    from geo.crs import project

    xy = project([s[1] for s in stations()], [s[2] for s in stations()], "EPSG:4549")
    rows = [["名称", "类型", "X坐标", "Y坐标", "社区"]]
    rows += [
        [s[0], "站", round(float(y), 2), round(float(x), 2), s[3]]
        for s, (x, y) in zip(stations(), xy, strict=True)
    ]
    intake = intake_of(tmp_path, rows, units=units())
    assert intake.datum.system == "epsg:4549" and intake.datum.decided
    assert intake.accepted["lon"].to_numpy() == pytest.approx([s[1] for s in stations()], abs=1e-6)


def test_metres_of_an_unknown_system_are_refused_until_it_is_named(tmp_path):
    rows = [["名称", "类型", "X", "Y"], ["乙社区服务站", "站", 384_000.5, 3_546_000.5]]
    assert codes(intake_of(tmp_path, rows), "error") == ["unknown-projection"]
    assert intake_of(tmp_path, rows, datum="epsg:4549").accepted_count == 1


def test_numbers_of_the_list_are_kept_where_every_facility_has_its_own(tmp_path):
    rows = [["编号", *HEADER], ["A-1", *GOOD], ["A-2", "乙社区服务站", "站", 118.79901, 32.05001]]
    assert intake_of(tmp_path, rows).accepted["facility_id"].tolist() == ["A-1", "A-2"]


def test_made_numbers_survive_moved_rows_and_mended_coordinates(tmp_path):
    other = ["乙社区服务站", "站", 118.79901, 32.05001]
    first = intake_of(tmp_path, [HEADER, GOOD, other]).accepted.set_index("name")["facility_id"]
    again = intake_of(tmp_path, [HEADER, [*other[:2], 118.8, 32.06001], GOOD]).accepted.set_index("name")[
        "facility_id"
    ]
    assert first.to_dict() == again.to_dict() and first.is_unique


def test_several_files_are_one_intake_and_a_bad_one_does_not_stop_the_others(tmp_path):
    good = write_xlsx(tmp_path / "a.xlsx", {"表": [HEADER, GOOD]})
    (tmp_path / "b.csv").write_bytes(b"\x00\x01")
    intake = read_facilities([tmp_path / "b.csv", good])
    assert intake.accepted_count == 1
    assert [(f.file, f.code) for f in intake.findings if f.level == "error"] == [("b.csv", "unreadable-file")]


def test_titles_that_say_nothing_are_made_up_for_by_content(tmp_path):
    rows = [
        ["A", "B", "C"],
        *([f"{k}社区公共服务站", 118.78 + k / 997, 32.04 + k / 997] for k in range(1, 9)),
    ]
    intake = intake_of(tmp_path, rows)
    assert intake.accepted_count == 8 and intake.accepted["tier"].eq("station").all()


def test_a_confirmed_mapping_is_used(tmp_path):
    mapping = {"地址": "tier", "乙": "lon", "丙": "lat"}
    intake = intake_of(tmp_path, [["名称", "地址", "乙", "丙"], GOOD], decisions=Decisions(columns=mapping))
    assert intake.accepted["lon"].tolist() == [118.78901] and intake.accepted["tier"].tolist() == ["station"]


def test_the_boundary_of_the_area_counts_as_inside_and_far_rows_are_refused(tmp_path):
    rows = [[*HEADER, "社区"]]
    rows += [[name, "站", lon, lat, community] for name, lon, lat, community in stations(12)]
    rows += [["远社区服务站", "站", 118.18901, 32.04001, ""], ["近社区服务站", "站", 118.77001, 32.06001, ""]]
    intake = intake_of(tmp_path, rows, units=units())
    assert {(f.row, f.level) for f in intake.findings if f.code == "outside-area"} == {
        (14, "error"),
        (15, "warning"),
    }
    assert intake.accepted_count == 13


def test_a_place_outside_its_declared_community_is_told_with_the_distance(tmp_path):
    rows = [[*HEADER, "社区"]]
    rows += [[name, "站", lon, lat, community] for name, lon, lat, community in stations()]
    rows[1][4] = "5-5社区"
    intake = intake_of(tmp_path, rows, units=units())
    (finding,) = [f for f in intake.findings if f.code == "unit-conflict"]
    assert finding.row == 2 and finding.column == "社区" and "m outside" in str(finding.message)


def test_the_facility_table_is_projected(tmp_path):
    table = intake_of(tmp_path, [HEADER, GOOD]).table("EPSG:4549")
    assert (
        table.lonlat()[0] == pytest.approx([118.78901]) and table.frame["source"][0] == "list.xlsx, 表, row 2"
    )


def test_rows_without_a_type_take_it_from_the_title_of_the_list_and_it_is_told(tmp_path):
    rows = [
        ["2023年社区服务站统计表"],
        ["名称", "经度", "纬度"],
        ["大行宫", 118.79, 32.041],
        ["五台山", 118.77, 32.042],
    ]
    rows = [[cell + 1e-4 if isinstance(cell, float) else cell for cell in row] for row in rows]
    intake = intake_of(tmp_path, rows)
    assert intake.accepted["tier"].tolist() == ["station", "station"]
    assert ("tier-from-title", "info") in [(found.code, found.level) for found in intake.findings]


def test_a_note_below_the_table_that_names_the_system_counts(tmp_path):
    foot = ["说明：坐标取自高德地图", None, None, None]
    intake = intake_of(tmp_path, [["名称", "类型", "经度", "纬度"], ["甲", "站", 118.78901, 32.04001], foot])
    assert intake.datum.system == "gcj02" and intake.datum.decided


def test_degrees_without_their_point_and_in_each_others_column_are_mended_and_told(tmp_path):
    rows = [
        ["名称", "类型", "经度", "纬度"],
        ["甲", "站", 32041210, 118790110],
        ["乙", "站", 32051210, 118795110],
    ]
    intake = intake_of(tmp_path, rows)
    assert intake.accepted["lon"].tolist() == [118.79011, 118.79511]
    assert {"swapped-columns", "scaled-coordinates"} <= {found.code for found in intake.findings}


@pytest.mark.parametrize("title", ["坐标（纬度，经度）", "纬度,经度", "lat/lon"])
def test_a_title_that_puts_latitude_first_is_believed(tmp_path, title):
    rows = [["名称", "类型", title], ["甲", "站", "32.04121,118.79011"]]
    intake = intake_of(tmp_path, rows)
    assert intake.accepted["lon"].tolist() == [118.79011]
    assert "swapped-columns" not in {found.code for found in intake.findings}
