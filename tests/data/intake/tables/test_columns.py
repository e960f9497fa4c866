"""What column titles mean."""

import pytest

from data.intake.tables.columns import choose_columns, confirmed_columns, field_names, field_of

TITLES = [
    ("设施名称", "name"),
    ("中心（站）名称", "name"),
    ("name", "name"),
    ("Facility Name", "name"),
    ("经度", "lon"),
    ("经度（°）", "lon"),
    ("东经", "lon"),
    ("LNG", "lon"),
    ("X坐标", "lon"),
    ("x", "lon"),
    ("gcj_lng", "lon"),
    ("location.lng", "lon"),
    ("纬度", "lat"),
    ("Ｙ坐标", "lat"),
    ("location.lat", "lat"),
    ("经纬度", "lonlat"),
    ("地理坐标", "lonlat"),
    ("类型", "tier"),
    ("设施级别", "tier"),
    ("Type", "tier"),
    ("所属区", "district"),
    ("镇街", "street"),
    ("街道（镇）", "street"),
    ("村（社区）", "community"),
    ("详细地址", "address"),
    ("建筑面积（㎡）", "area_m2"),
    ("床位数（张）", "places"),
    ("beds", "places"),
    ("服务人口（人）", "residents_declared"),
    ("运营情况", "status"),
    ("备注", "remark"),
    ("序号", "serial"),
    ("联系人", "personal"),
    ("联系电话", "personal"),
    ("负责人手机", "personal"),
    ("* 名称 ", "name"),
    ("街道名称", "street"),
    ("社区名称", "community"),
    ("x_lon", "lon"),
    ("@lat", "lat"),
    ("东经/E", "lon"),
    ("1、设施名称（必填）", "name"),
    ("設施名稱", "name"),
    ("緯度", "lat"),
    ("坐标系", "system"),
    ("坐标来源", "source"),
]


@pytest.mark.parametrize(("title", "field"), TITLES)
def test_title(title, field):
    assert field_of(title)[0] == field


@pytest.mark.parametrize("title", ["", "责任单位", "下载速度", "a", "2019"])
def test_a_title_that_says_nothing(title):
    assert field_of(title) is None


def test_the_best_named_of_two_columns_wins():
    assert choose_columns([("单位名称",), ("设施名称",), ("经度",), ("纬度",)]) == {
        1: "name",
        2: "lon",
        3: "lat",
    }


def test_the_lowest_part_of_a_joined_title_counts():
    assert choose_columns([("坐标", "经度"), ("坐标", "纬度"), ("名称",)]) == {0: "lon", 1: "lat", 2: "name"}


def test_a_confirmed_mapping_is_by_title_and_may_leave_a_column_out():
    titles = [("单位名称",), ("设施名称",), ("类型",)]
    assert confirmed_columns(titles, {"单位名称": "name", "类型": ""}) == {0: "name", 2: ""}


def test_no_alias_belongs_to_two_fields():
    seen = {}
    for names in field_names():
        for alias in names.aliases:
            assert seen.setdefault(alias, names.field) == names.field, alias
