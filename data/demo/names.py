"""Fictional names. None is meant to be a real place; likeness is chance."""

from __future__ import annotations

from typing import Final

import numpy as np

CITY: Final = "云川市"
DISTRICTS: Final = ("鼓台区", "云湖区", "东屏区", "北渡区", "镜泽区", "禾丰区")
# By zone, in the order in which its streets are made; towns by their seats.
STREETS: Final = {
    "old": ("谯楼", "瓮城", "贡桥", "织坊"),
    "belt": ("盐仓", "书巷", "桂亭", "云栖", "澄波", "听潮", "望汀", "竹里", "松岑", "兰渚", "砚溪"),
    "riverside": ("新渡",),
    "new-east": ("启岚", "锦澜", "朝岫"),
    "new-north": ("景澄", "昭文", "长庚"),
    "new-west": ("枫渚", "芦汀"),
}
TOWNS: Final = (
    "白苹", "柳溇", "石垛", "青梓", "麦墩", "鹤浔", "苇荡",
    "茶坞", "杉岭", "金穗", "荷陂", "竹陂", "桑浔", "芡塘", "陶墟", "秋墩",
)  # fmt: skip
_FIRST: Final = "安和文锦景兰桂梅竹松翠碧清云月星晨瑞祥福康宁长永新德仁义礼学"
_SECOND: Final = "园苑巷桥坊里庭湾塘泉台亭门阁井营街埠"
_FAMILY: Final = "沈许周顾陆蒋秦殷冯褚卫韩杨朱尤何吕施孔曹严华金魏陶姜"
_FEATURE: Final = (
    "墩", "垛", "圩", "荡", "舍", "家沟", "坝", "家渡", "家岸", "湾", "家庄", "套", "埭", "家甸", "家洼",
)  # fmt: skip
_WAY_FIRST: Final = "云川澄锦文昭景瑞和安兰桂松竹梅枫荷苇汀渚岚岫星月朝晴春秋永长"
_WAY_SECOND: Final = "安平宁泰丰华兴盛明德信义仁礼乐康"
_NAMED_ROADS: Final = (
    "鼓台大街", "渡江西路", "渡江东路", "南薰大道", "西成大道", "东升大道", "镜湖大道", "禾丰大道",
    "北渡大道",
    "云麓大道", "南屏路", "岫云路", "麦浦路", "柳浦路", "镜泽大道", "苇浦路", "陶墟路", "城墙路", "环城大道",
)  # fmt: skip


def community_names(rural: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A name for each community ("…社区") or village ("…村"), none twice."""
    towns = [a + b + "社区" for a in _FIRST for b in _SECOND]
    villages = [a + b + "村" for a in _FAMILY for b in _FEATURE]
    town, village = iter(rng.permutation(towns)), iter(rng.permutation(villages))
    return [str(next(village) if is_rural else next(town)) for is_rural in rural]


def road_names(count: int, rng: np.random.Generator) -> list[str]:
    """Names for main streets, none twice; the first ones are those of the great roads."""
    ways = [a + b + "路" for a in _WAY_FIRST for b in _WAY_SECOND if a != b]
    longer = [name[:-1] + part + "路" for part in ("东", "西", "南", "北", "中") for name in ways]
    drawn = [str(name) for name in rng.permutation(ways)] + [str(name) for name in rng.permutation(longer)]
    return [*_NAMED_ROADS, *drawn][:count]
