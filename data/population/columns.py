"""Which columns of a population table mean what."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

ID_COLUMNS: Final = ("cell_id", "id", "gid", "编号", "格网编号")
LON_COLUMNS: Final = ("lon", "lng", "longitude", "经度", "东经", "x", "X坐标")
LAT_COLUMNS: Final = ("lat", "latitude", "纬度", "北纬", "y", "Y坐标")
RESIDENT_COLUMNS: Final = ("residents", "population", "pop", "人口", "常住人口", "人口数", "总人口")
GROUP_COLUMNS: Final = {
    "elderly": (
        "elderly",
        "elderly_residents",
        "老年人口",
        "老年人",
        "60岁以上",
        "60岁及以上",
        "60岁及以上人口",
        "60岁以上人口",
        "60+",
        "age_60_plus",
    ),
    "children": (
        "children",
        "儿童",
        "少儿人口",
        "0-14岁",
        "0至14岁",
        "0-14岁人口",
        "0-14",
        "age_0_14",
    ),
    "preschool": ("preschool", "学前儿童", "3-6岁", "3至6岁", "3-6岁儿童", "3-6岁人口", "age_3_6"),
}
# A group that a census gives in bands.
GROUP_BANDS: Final = {
    "elderly": (
        ("60-64岁", "60至64岁", "60-64", "age_60_64"),
        ("65岁及以上", "65岁以上", "65岁及以上人口", "65+", "age_65_plus"),
    )
}


def find_column(columns: Sequence[str], aliases: Sequence[str]) -> str | None:
    """The column that one of `aliases` names, the earlier alias first; case and width do not matter."""
    known = {_plain(column): column for column in reversed(list(columns))}
    return next((known[_plain(alias)] for alias in aliases if _plain(alias) in known), None)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", str(name)).strip().lstrip("\ufeff").casefold()
