"""Every kind of exported map, with as much to say as the longest preset has: rules, headline, limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.text import Text, text
from maps.model import MapModel
from tests.maps.sample_maps import tiny_model
from tests.maps.test_layers import with_everything

LAST_RULE: Final = "第12条"
# What the last line of each of the twelve verdicts ends with.
PEOPLE_MISSED: Final = "15.59"


def _said(words: str) -> Text:
    return text("{words}", words=words)


def full(model: MapModel, *, compared: bool) -> MapModel:
    """Twelve verdicts of the length that a city of a million has, with the figures before in a comparison."""
    first = model.verdicts[0]
    row = replace(
        first,
        title=_said("步行15分钟可达公共服务中心（城镇居民）"),
        figure=_said("≤1,250米"),
        actual=_said("85.3%（1,060,677人中904,765人）"),
        missed=155_912.0,
        before=_said("84.2%（1,060,677人中893,318人）") if compared else None,
        change=_said("+1.1个百分点（+11,447人）") if compared else None,
    )
    rows = [row] * 11 + [replace(row, title=_said(f"{LAST_RULE}：每千名老年人口40张床位"))]
    return replace(
        model,
        verdicts=tuple(rows),
        headline="18.1万城镇居民直线500米内没有公共服务站或公共服务中心（17.1%），主要在云湖区、北渡区。",
        remarks=("路网文件在研究区边缘即告结束：外侧绕行道路未知，边缘居民的步行距离可能被高估。",),
        scenario="情景：两站（非现状）" if compared else "",
        compared_with="现状" if compared else "",
        crs_note="评估日期2026-11-30，测算坐标系EPSG:4549",
        synthetic=True,
    )


KINDS: Final = {
    "assessment": full(replace(tiny_model(), sites=None), compared=False),
    "plan": full(tiny_model(), compared=False),
    "isochrones": full(replace(with_everything(), changes=()), compared=False),
    "difference": full(replace(with_everything(), areas=(), paths=()), compared=True),
    "scenario": full(with_everything(), compared=True),
}
