"""Any mixture of the habits of lists: the clean list comes back, or every row that does not is told."""

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.intake import read_facilities

STREETS = ("梅园街道", "东山街道", "汤山街道")
DMS_STEP = 1 / 3600 / 100
WIDE = str.maketrans({**{str(k): chr(0xFF10 + k) for k in range(10)}, ".": "．"})


@dataclass(frozen=True)
class Clean:
    """A facility as it is. `status` is "open", "planned" or "closed"; `opened` ISO."""

    name: str
    tier: str
    street: str
    lon: float
    lat: float
    beds: int | None
    opened: str
    status: str
    services: str


def _dms(value):
    hundredths = round(value * 360_000)
    degrees, rest = divmod(hundredths, 360_000)
    minutes, seconds = divmod(rest, 6_000)
    return f"{degrees}°{minutes:02d}′{seconds / 100:05.2f}″"


NOTATIONS = {
    "number": lambda v: v,
    "text": str,
    "wide": lambda v: f"{v:.6f}".translate(WIDE),
    "dms": _dms,
    "degrees": lambda v: f"{v:.6f}°",
    "zhdms": lambda v: _dms(v).replace("°", "度").replace("′", "分").replace("″", "秒"),
    "letters": lambda v: f"{'东经' if v > 90 else '北纬'}{_dms(v)}",
    "millionths": lambda v: round(v * 1_000_000),
}
BEDS = {
    "number": lambda n: n,
    "text": str,
    "unit": lambda n: f"{n}张",
    "about": lambda n: f"约{n}",
    "wide": lambda n: str(n).translate(WIDE),
    "grouped": lambda n: f"{n:,}",
}
DATES = {
    "iso": lambda y, m: f"{y}-{m:02d}",
    "zh": lambda y, m: f"{y}年{m}月",
    "dots": lambda y, m: f"{y}.{m}",
    "cell": lambda y, m: dt.date(y, m, 1),
    "serial": lambda y, m: (dt.date(y, m, 1) - dt.date(1899, 12, 30)).days,
}
WHOLE_DAYS = ("cell", "serial")
STATUS = {"open": ("正常", "在用", "是"), "planned": ("筹建", "在建"), "closed": ("撤并", "停用")}
SERVICES = ("就业社保", "文化体育", "居家养老")


@st.composite
def clean_lists(draw):
    count = draw(st.integers(1, 9))
    rows = []
    for k in range(count):
        tier = draw(st.sampled_from(["centre", "station"]))
        street = draw(st.sampled_from(STREETS))
        name = f"{street}公共服务中心" if tier == "centre" else f"第{k}社区公共服务站"
        # The sixth decimal is never 0, so that no place looks rounded.
        east, north = draw(st.integers(0, 9_999)), draw(st.integers(0, 9_999))
        place = round(118.7 + east / 1e5 + 3e-6, 6), round(32.0 + north / 1e5 + 3e-6, 6)
        beds = draw(st.none() | st.integers(1, 2_900))
        opened = f"{draw(st.integers(1995, 2024))}-{draw(st.integers(1, 12)):02d}"
        status = draw(st.sampled_from(["open"] * 5 + ["planned", "closed"]))
        services = "、".join(draw(st.lists(st.sampled_from(SERVICES), unique=True, max_size=3)))
        name = f"{name}{k}号" if tier == "centre" else name
        rows.append(Clean(name, tier, street, *place, beds, opened, status, services))
    return sorted(rows, key=lambda row: row.street)


HABITS = st.fixed_dictionaries(
    {
        "title": st.booleans(),
        "two_row_header": st.booleans(),
        "merged_streets": st.booleans(),
        "ditto_streets": st.booleans(),
        "serial": st.booleans(),
        "types": st.booleans(),
        "pair": st.booleans(),
        "swapped": st.booleans(),
        "notation": st.sampled_from(sorted(NOTATIONS)),
        "beds": st.sampled_from(sorted(BEDS)),
        "dates": st.sampled_from(sorted(DATES)),
        "blank_rows": st.booleans(),
        "subtotals": st.booleans(),
        "repeated_header": st.booleans(),
        "footer": st.booleans(),
        "extra_sheets": st.booleans(),
        "sheet_per_street": st.booleans(),
        "missing": st.booleans(),
        "twice": st.booleans(),
    }
)


def write_messy(rows, habits, path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    groups = {
        street: [r for r in rows if r.street == street] for street in dict.fromkeys(r.street for r in rows)
    }
    if not habits["sheet_per_street"]:
        groups = {"汇总": rows}
    if habits["extra_sheets"]:
        book.create_sheet("填表说明").append(["请按要求填写"])
    aside = sum(_write_sheet(book.create_sheet(title), members, habits) for title, members in groups.items())
    if habits["extra_sheets"]:
        hidden = book.create_sheet("旧")
        hidden.append(["名称", "经度", "纬度"])
        hidden.sheet_state = "hidden"
    book.save(path)
    return aside


def _columns(habits):
    places = [("经纬度",)] if habits["pair"] else [("坐标", "经度"), ("坐标", "纬度")]
    return [
        *[("序号",)] * habits["serial"],
        ("名称",),
        *[("设施类型",)] * habits["types"],
        ("所属街道",),
        *places,
        ("床位（张）",),
        ("启用时间",),
        ("运营情况",),
        ("服务项目",),
        ("联系电话",),
    ]


def _write_sheet(sheet, rows, habits):
    """Writes the rows; returns how many rows that are no facility it wrote among and below them."""
    columns = _columns(habits)
    if habits["title"]:
        sheet.append(["公共服务设施统计表"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
        sheet.append(["填报单位：某区民政局"])
    top = sheet.max_row + 1 if habits["title"] else 1
    sheet.append([parts[0] if habits["two_row_header"] else parts[-1] for parts in columns])
    if habits["two_row_header"]:
        sheet.append([parts[1] if len(parts) > 1 else None for parts in columns])
        _merge_header(sheet, columns, top)
    broken = habits["blank_rows"] or habits["subtotals"] or habits["repeated_header"]
    aside = 0
    for number, row in enumerate(rows, start=1):
        above = rows[number - 2].street if number > 1 else ""
        sheet.append(_cells(row, number, habits, above))
        if habits["blank_rows"] and number % 3 == 0:
            sheet.append([None])
            sheet.cell(sheet.max_row + 1, 1, None)
        if habits["subtotals"] and number % 4 == 0:
            sheet.append(["小计", None, number])
            aside += 1
        if habits["repeated_header"] and number == 5 and not habits["two_row_header"]:
            sheet.append([parts[-1] for parts in columns])
            aside += 1
    if habits["merged_streets"] and not broken:
        _merge_streets(sheet, rows, columns.index(("所属街道",)) + 1)
    if habits["footer"]:
        sheet.append(["合计", str(len(rows))])
        sheet.append(["注：坐标为实测"])
        sheet.append(["填表人：某某", None, "审核人：某某"])
        aside += 3
    return aside


def _merge_header(sheet, columns, top):
    for column, parts in enumerate(columns, start=1):
        if len(parts) == 1:
            sheet.merge_cells(start_row=top, start_column=column, end_row=top + 1, end_column=column)
    if ("坐标", "经度") in columns:
        first = columns.index(("坐标", "经度")) + 1
        sheet.merge_cells(start_row=top, start_column=first, end_row=top, end_column=first + 1)


def _merge_streets(sheet, rows, column):
    first = sheet.max_row - len(rows) + 1
    start = 0
    for k in range(1, len(rows) + 1):
        if k == len(rows) or rows[k].street != rows[start].street:
            if k - start > 1:
                sheet.merge_cells(
                    start_row=first + start, start_column=column, end_row=first + k - 1, end_column=column
                )
            start = k


def _cells(row, number, habits, street_above):
    written = NOTATIONS[habits["notation"]]
    lon, lat = written(row.lon), written(row.lat)
    if habits["swapped"]:
        lon, lat = lat, lon
    places = [f"{lon}，{lat}"] if habits["pair"] else [lon, lat]
    if habits["missing"] and number == 2:
        places = ["无"] * len(places)
    beds = BEDS[habits["beds"]](row.beds) if row.beds is not None else "－"
    kind = ["公共服务中心" if row.tier == "centre" else "公共服务站"] * habits["types"]
    street = "同上" if habits["ditto_streets"] and row.street == street_above else row.street
    opened = DATES[habits["dates"]](*map(int, row.opened.split("-")))
    status = STATUS[row.status][number % len(STATUS[row.status])]
    serial = [number] * habits["serial"]
    return [*serial, row.name, *kind, street, *places, beds, opened, status, row.services, "13800000000"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(rows=clean_lists(), habits=HABITS)
def test_many_messy_workbooks(rows, habits):
    _clean_or_told(rows, habits)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=clean_lists(), habits=HABITS)
def test_the_clean_list_comes_back_or_every_row_is_told(rows, habits):
    _clean_or_told(rows, habits)


def _clean_or_told(rows, habits):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        written = [*rows, rows[0]] if habits["twice"] else rows
        aside = write_messy(written, habits, path)
        intake = read_facilities([path])
    found = {row.name: row for row in [*intake.accepted.itertuples(), *intake.not_open.itertuples()]}
    told = {(finding.sheet, finding.row) for finding in intake.findings if finding.level == "error"}
    assert intake.refused_count <= len(told)
    assert intake.rows == len(written) + aside
    lost = [row for row in rows if row.name not in found]
    assert len(lost) <= intake.refused_count
    if not habits["missing"]:
        assert not lost
    for row in rows:
        if row.name in found:
            _same(row, found[row.name], habits)
    assert "13800000000" not in intake.frame.to_string()
    _mended_cells_are_told(rows, habits, intake)


def _mended_cells_are_told(rows, habits, intake):
    """Whatever was read differently from how it stands has a finding."""
    codes = {finding.code for finding in intake.findings}
    if habits["notation"] in ("wide", "dms", "degrees", "zhdms", "letters"):
        assert "coordinates-read" in codes or habits["missing"]
    if habits["dates"] in ("zh", "dots", "serial"):
        assert "date-read" in codes
    if habits["beds"] in ("unit", "wide") and any(row.beds is not None for row in rows):
        assert "number-read" in codes
    if habits["twice"] and rows[0].status == "open" and not habits["missing"]:
        assert codes & {"duplicate", "same-coordinates"}


def _same(clean, read, habits):
    assert (read.tier, read.street, read.status) == (clean.tier, clean.street, clean.status)
    assert read.opened == clean.opened + ("-01" if habits["dates"] in WHOLE_DAYS else "")
    assert read.services == clean.services
    if read.lon == read.lon or clean.status == "open":
        step = DMS_STEP if habits["notation"] in ("dms", "zhdms", "letters") else 1e-9
        assert abs(read.lon - clean.lon) <= step and abs(read.lat - clean.lat) <= step
    assert (read.places != read.places) if clean.beds is None else read.places == clean.beds
