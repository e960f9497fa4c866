"""Tier and status from words."""

import pytest

from data.intake.tables.tiers import status_of, tier_of_kind, tier_of_name, tier_of_title

NAMES = [
    ("梅园新村街道便民服务中心", "centre"),
    ("东山街道公共服务中心", "centre"),
    ("某某镇政务服务中心", "centre"),
    ("新街口街道党群服务中心", "centre"),
    ("大行宫社区党群服务中心", "station"),
    ("大行宫社区服务站", "station"),
    ("玄武门街道大行宫社区服务站", "station"),
    ("上坊村便民服务站", "station"),
    ("红花村党群服务中心", "station"),
    ("West Harbour Service Station", "station"),
    ("East Town Service Centre", "centre"),
    ("石鼓路小学", None),
    ("社区卫生服务中心", None),
    ("梅园社区卫生服务站", None),
    ("玄武区养老服务中心", None),
    ("", None),
]
KINDS = [
    ("中心", "centre"),
    ("公共服务中心", "centre"),
    ("街道级", "centre"),
    ("Center", "centre"),
    ("站", "station"),
    ("公共服务站", "station"),
    ("社区级", "station"),
    ("社区党群服务中心", "station"),
    ("幼儿园", None),
    ("一级新社区公共服务中心", "centre"),
    ("二级新社区公共服务站", "station"),
    ("centre", "centre"),
    ("养老机构", None),
]
STATUS = [
    ("正常", "open"),
    ("运营中", "open"),
    ("是", "open"),
    ("筹建", "planned"),
    ("在建", "planned"),
    ("撤并", "closed"),
    ("否", "closed"),
    ("已建成", "open"),
    ("规划", "planned"),
    ("停用", "closed"),
    ("closed", "closed"),
    ("under construction", "planned"),
    ("良好", None),
]


@pytest.mark.parametrize(("name", "tier"), NAMES)
def test_tier_of_name(name, tier):
    assert tier_of_name(name) == tier


@pytest.mark.parametrize(("kind", "tier"), KINDS)
def test_tier_of_kind(kind, tier):
    assert tier_of_kind(kind) == tier


@pytest.mark.parametrize(("words", "status"), STATUS)
def test_status(words, status):
    assert status_of(words) == status


@pytest.mark.parametrize(
    ("title", "tier"),
    [
        ("玄武区社区服务站统计表（2023年）", "station"),
        ("2023年各街道公共服务中心一览表", "centre"),
        ("村便民服务站点台账-终稿.xlsx", "station"),
        ("公共服务中心（站）一览表", None),
        ("社区卫生服务站统计表", None),
        ("设施", None),
    ],
)
def test_the_title_of_a_list_may_tell_the_tier_of_its_rows(title, tier):
    assert tier_of_title(title) == tier
