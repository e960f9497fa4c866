"""What the upload page shows for a person to decide."""

import pytest

from core.errors import InputError, SettingError
from data.intake import read_facilities
from data.intake.decisions import recall, remember
from data.intake.review import FIELD_TITLES, FIELDS, candidates, columns, duplicates
from geo.datum import convert
from tests.data.intake.small_lists import stations, units, write_xlsx


@pytest.fixture
def few(tmp_path):
    """Four stations in GCJ-02: too few to decide alone, one of them twice."""
    rows = [["名称", "类型", "经度", "纬度", "社区", "别的"]]
    for name, lon, lat, community in stations(4):
        x, y = convert(lon, lat, "wgs84", "gcj02")
        rows.append([name, "站", float(x[0]), float(y[0]), community, "甲"])
    rows.append(list(rows[1]))
    return write_xlsx(tmp_path / "list.xlsx", {"表": rows})


def test_candidates_are_ranked_and_the_three_systems_are_among_them(few):
    found = candidates(read_facilities([few], units=units()))
    assert found[0].id == found[0].option == "gcj02" and found[0].belief > 0.5
    assert {"wgs84", "gcj02", "bd09"} <= {candidate.option for candidate in found}
    assert found[0].lon[0] == pytest.approx(stations()[0][1], abs=1e-8) and len(found[0].lon) == 5


def test_what_is_chosen_is_what_was_shown(few):
    shown = candidates(read_facilities([few], units=units()))[0]
    chosen = read_facilities([few], units=units(), datum=shown.option)
    assert chosen.accepted["lon"].to_numpy() == pytest.approx(shown.lon)


def test_columns_are_shown_with_examples(few):
    found = columns(read_facilities([few]))
    assert [(column.title, column.field) for column in found][-2:] == [("社区", "community"), ("别的", "")]
    assert found[4].examples == ("0-0社区", "0-1社区", "0-2社区") and found[0].number == 1


def test_duplicates_are_groups_and_nothing_is_dropped(few):
    intake = read_facilities([few], datum="gcj02")
    assert [group.rows for group in duplicates(intake)] == [(0, 4)] and intake.accepted_count == 5


def test_confirmed_columns_are_remembered_by_office(tmp_path):
    remember(tmp_path, "玄武区", {"单位": "name", "别的": ""})
    remember(tmp_path, "玄武区", {"别的": "community"})
    assert recall(tmp_path, "玄武区") == {"单位": "name", "别的": "community"}
    assert recall(tmp_path, "秦淮区") == {}


def test_a_field_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(SettingError, match="colour"):
        remember(tmp_path, "玄武区", {"单位": "colour"})


def test_a_damaged_memory_says_so(tmp_path):
    remember(tmp_path, "玄武区", {})
    next(tmp_path.iterdir()).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        recall(tmp_path, "玄武区")


def test_every_field_of_a_list_has_a_title():
    assert set(FIELDS) <= set(FIELD_TITLES)
