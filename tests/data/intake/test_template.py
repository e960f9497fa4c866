"""The workbook to fill in."""

import openpyxl
import pytest

from data.intake import read_facilities
from data.intake.template import write_template
from locales import translator

NUMBERS = [118.7969, 32.0603, 12, "居家养老、文化体育", 300, 900]
FILLED = {
    "zh": [
        "甲站",
        "公共服务站",
        "玄武区",
        "梅园街道",
        "甲社区",
        "中山路1号",
        *NUMBERS,
        "正常",
        "2019-05",
        "",
    ],
    "en": [
        "West End",
        "Service station",
        "X",
        "Meiyuan",
        "Jia",
        "1 Main Road",
        *NUMBERS,
        "in operation",
        "2019-05",
        "",
    ],
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_filled_in_it_is_read_without_a_question(tmp_path, language):
    write_template(tmp_path / "template.xlsx", translator(language))
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    book.worksheets[0].append(FILLED[language])
    book.save(tmp_path / "filled.xlsx")
    intake = read_facilities([tmp_path / "filled.xlsx"], datum="wgs84")
    (row,) = intake.accepted.to_dict("records")
    assert (row["tier"], row["status"], row["places"], row["area_m2"]) == ("station", "open", 12, 300)
    assert (row["services"], row["opened"]) == ("居家养老、文化体育", "2019-05")
    assert (row["street"], row["community"]) == tuple(FILLED[language][3:5])
    assert [f.level for f in intake.findings] == ["info"]


def test_types_and_status_have_drop_downs(tmp_path):
    write_template(tmp_path / "template.xlsx", translator("zh"))
    sheet = openpyxl.load_workbook(tmp_path / "template.xlsx").worksheets[0]
    lists = [rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert '"公共服务中心,公共服务站"' in lists and len(lists) == 2


def test_what_is_typed_into_it_stays_as_it_is_typed(tmp_path):
    """Excel drops leading zeros and makes “2019-05” a date where a column is not text."""
    write_template(
        tmp_path / "template.xlsx", translator("zh"), [{"facility_id": "0320102001", "lon": 118.5}]
    )
    sheet = openpyxl.load_workbook(tmp_path / "template.xlsx").worksheets[0]
    title = {cell.value: cell.column_letter for cell in sheet[1]}
    looks = {name: sheet.column_dimensions[at].number_format for name, at in title.items()}
    assert looks["设施编号"] == looks["启用时间"] == looks["设施名称"] == "@"
    assert looks["经度"] == looks["纬度"] == "0.000000"
    assert sheet[f"{title['设施编号']}2"].number_format == "@"
    assert sheet[f"{title['经度']}2"].number_format == "0.000000"
