"""Which column of a street layer tells the class of a street, and what its words mean.

Recognised by values: OpenStreetMap's words (in `highway`, Geofabrik's `fclass`, BBBike's `type`, Overture's
`class`, and so on), Chinese grades (主干路, 省道 …) and NavInfo's codes. Tags that a column holds together
(`other_tags`, `tags`, as hstore or JSON) count as if each had a column of its own.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import listed
from data.streets.walkable import NEVER, TAGS, is_walkable, street_class

_OSM: Final = NEVER | {
    "bridleway", "busway", "corridor", "cycleway", "elevator", "footway", "living_street", "motorway",
    "motorway_link", "path", "pedestrian", "platform", "primary", "primary_link", "residential", "road",
    "secondary", "secondary_link", "service", "steps", "tertiary", "tertiary_link", "track", "trunk",
    "trunk_link", "unclassified", "unknown", "track_grade1", "track_grade2", "track_grade3", "track_grade4",
    "track_grade5", "driveway", "parking_aisle", "alley", "sidewalk", "crosswalk", "crossing",
}  # fmt: skip
# Words of other providers and what OpenStreetMap calls them.
_MEANS: Final = {
    **{f"track_grade{n}": "track" for n in range(1, 6)},
    **dict.fromkeys(("driveway", "parking_aisle", "alley"), "service"),
    **dict.fromkeys(("sidewalk", "crosswalk", "crossing"), "footway"),
    **dict.fromkeys(("高速公路", "高速", "高速路", "国家高速", "省级高速"), "motorway"),
    **dict.fromkeys(("匝道", "高速匝道"), "motorway_link"),
    **dict.fromkeys(("expressway", "freeway", "interstate", "controlled access highway"), "motorway"),
    **dict.fromkeys(("arterial", "major arterial", "major road", "principal arterial"), "primary"),
    **dict.fromkeys(("minor arterial",), "secondary"),
    **dict.fromkeys(("collector", "major collector", "minor collector"), "tertiary"),
    **dict.fromkeys(("local", "local street", "local road", "street", "residential road"), "residential"),
    **dict.fromkeys(("城市快速路", "快速路", "快速", "一级公路"), "trunk"),
    **dict.fromkeys(("国道", "省道", "主干路", "主干道", "城市主干路", "城市主干道", "二级公路"), "primary"),
    **dict.fromkeys(("县道", "次干路", "次干道", "城市次干路", "城市次干道", "三级公路"), "secondary"),
    **dict.fromkeys(("乡道", "镇道", "四级公路", "乡镇道路"), "tertiary"),
    **dict.fromkeys(("支路", "城市支路", "街道", "街巷", "巷道", "居住区道路", "小区道路"), "residential"),
    **dict.fromkeys(("村道", "乡村道路", "农村道路", "等外公路", "其他道路", "其它道路"), "unclassified"),
    **dict.fromkeys(("内部道路", "内部路", "辅路"), "service"),
    **dict.fromkeys(("机耕路", "大车路"), "track"),
    **dict.fromkeys(("人行道", "人行道路", "行人道路", "步道", "绿道", "小路"), "footway"),
    **dict.fromkeys(("步行街", "步行道"), "pedestrian"),
    **dict.fromkeys(("自行车道", "非机动车道"), "cycleway"),
    **dict.fromkeys(("人行天桥", "天桥", "地下通道", "过街通道"), "footway"),
    **dict.fromkeys(("公交专用道",), "busway"),
    # Ordnance Survey's classes and functions.
    **dict.fromkeys(("a road",), "primary"), **dict.fromkeys(("b road", "minor road"), "secondary"),
    **dict.fromkeys(("classified unnumbered", "not classified"), "unclassified"),
    **dict.fromkeys(("local access road", "secondary access road"), "service"),
    # What TIGER's MTFCC stand for; S1740 are private, S1750 and S2000 no ways at all.
    "s1100": "motorway", "s1200": "primary", "s1400": "residential", "s1500": "track",
    "s1630": "motorway_link", "s1640": "service", "s1710": "footway", "s1720": "steps", "s1730": "service",
    "s1740": "no", "s1750": "no", "s1780": "service", "s1820": "cycleway", "s1830": "bridleway",
    "s2000": "no",
    **dict.fromkeys(("规划道路", "规划", "规划路"), "planned"),
    **dict.fromkeys(("在建道路", "在建", "施工"), "construction"),
    **dict.fromkeys(("轮渡", "渡口", "航线", "铁路", "地铁", "轻轨"), "no"),
}  # fmt: skip
# Classes that providers number: the title they stand under, and what each number is.
_NUMBERED: Final[tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]] = (
    (  # Geofabrik
        re.compile(r"code"),
        {
            "5111": "motorway", "5112": "trunk", "5113": "primary", "5114": "secondary", "5115": "tertiary",
            "5121": "unclassified", "5122": "residential", "5123": "living_street", "5124": "pedestrian",
            "5125": "busway", "5131": "motorway_link", "5132": "trunk_link", "5133": "primary_link",
            "5134": "secondary_link", "5135": "tertiary_link", "5141": "service",
            **dict.fromkeys(map(str, range(5142, 5148)), "track"),
            "5151": "bridleway", "5152": "cycleway", "5153": "footway", "5154": "path", "5155": "steps",
            "5199": "unknown",
        },
    ),
    (  # Amap
        re.compile(r"road_?(?:class|type|kind|level|grade)|(?:道路)?(?:等级|类型|级别)|class|kind"),
        {
            "41000": "motorway", "42000": "primary", "43000": "trunk", "44000": "primary",
            "45000": "secondary", "47000": "residential", "49": "footway", "51000": "primary",
            "52000": "secondary", "53000": "tertiary", "54000": "service",
        },
    ),
    (  # GRIP
        re.compile(r"gp_rtp"),
        {"1": "motorway", "2": "primary", "3": "secondary", "4": "tertiary", "5": "residential"},
    ),
)  # fmt: skip
# Grades of roads as the national map gives them (RTEG); rivers and cables are graded too, so they count only
# under a title of classes.
_GRADES: Final = {
    "一级": "trunk", "二级": "primary", "三级": "secondary", "四级": "tertiary", "等外": "unclassified",
    "等外级": "unclassified",
}  # fmt: skip
# Layers of any streets.
_GENERAL: Final = ("road", "street", "道路", "城市道路", "市政道路", "公路", "乡村公路", "lrdl")
# NavInfo: the first two of four hexadecimal digits are the class; several codes are parted by "|".
_NAVINFO: Final = {
    "00": "motorway", "01": "motorway", "02": "primary", "03": "primary", "04": "secondary", "06": "tertiary",
    "08": "residential", "09": "service", "0a": "no", "0b": "footway",
}  # fmt: skip
_NAVINFO_CODE: Final = re.compile(r"0[0-9a-f][0-9a-f]{2}", re.I)
_NAMES: Final = (
    "highway", "fclass", "class", "type", "road_class", "roadclass", "subclass", "road_type",
    "roadtype", "kind",
    "道路等级", "道路类型", "道路类别", "道路级别", "等级", "类型", "类别", "级别", "分类",
    "公路等级", "技术等级", "rteg",
)  # fmt: skip
_NO_CLASS: Final = frozenset({
    "name", "名称", "路名", "道路名称", "pathname", "bridge", "tunnel", "oneway", "layer", "level",
    "access", "foot",
    "surface", "sidewalk", "railway", "waterway", "service",
})  # fmt: skip
# What is planned, being built or given up is not walked, whatever class it has.
_STATE_TITLES: Final = (
    "状态", "建设状态", "建设情况", "道路状态", "现状", "是否建成", "使用状态", "通行状态", "status",
    "state", "condition",
)  # fmt: skip
_NOT_THERE: Final = re.compile(
    r"规划|拟建|未建|在建|建设中|施工|封闭|禁行|停用|废弃|拆除|否|planned|proposed|future"
    r"|(?:under )?construction|unbuilt|closed|abandoned|disused|demolished",
    re.I,
)
_TOGETHER: Final = ("other_tags", "tags", "all_tags", "hstore", "properties", "attributes")
_HSTORE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|NULL)')
_ENOUGH: Final = 0.5  # of a column's words that mean a class
_NEARLY: Final = 0.9
_LOOKED_AT: Final = 5_000
# Titles that a shapefile cut at ten bytes.
_WHOLE: Final = {tag[:10]: tag for tag in TAGS}

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class StreetClasses:
    """`column` that tells the class ("" where none does); `tags` of each row, a list of values each.

    `walked` (n,) and `klass` (n,) are what follows from them.
    """

    column: str
    tags: tuple[Mapping[str, Sequence[str]], ...]

    @property
    def walked(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(n,) whether people walk there: all rows where no column tells a class."""
        if not self.column:
            return np.array([_all_walked({"highway": ["road"], **tags}) for tags in self.tags], bool)
        return np.array([_all_walked(tags) for tags in self.tags], bool)

    @property
    def klass(self) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """(n,) 0, 1 or 2: what a map shows from afar."""
        return np.array(
            [max(map(street_class, tags.get("highway", ("",))), default=0) for tags in self.tags], np.int8
        )


def classes_of(columns: Columns, n: int, *, column: str = "", file: str = "") -> StreetClasses:
    """The classes and access tags of the rows of a layer.

    `column` names the one that tells the class; without it the column most of whose words mean a class is
    taken. InputError where there is no such column.
    """
    titles = {str(title).strip().casefold(): str(title) for title in columns}
    if column and column.strip().casefold() not in titles:
        raise InputError(
            "{file}: there is no column “{column}” for the class of streets; there are: {columns}.",
            file=file,
            column=column,
            columns=listed(columns),
        )
    chosen = titles[column.strip().casefold()] if column else class_column(columns)
    together = (
        [_together(columns, row, titles) for row in range(n)] if any(t in titles for t in _TOGETHER) else None
    )
    if not chosen and together is not None and any("highway" in tags for tags in together):
        chosen = next(titles[title] for title in _TOGETHER if title in titles)
    tags: list[dict[str, Sequence[str]]] = [dict(t) for t in together] if together else [{} for _ in range(n)]
    for title in columns:
        key = str(title).strip().casefold()
        tag = key if key in TAGS else _WHOLE.get(key, "")
        if not tag or tag == "highway":
            continue
        for row, value in enumerate(columns[title]):
            if words := values_of(value):
                tags[row][tag] = words
    if chosen and chosen.casefold() not in _TOGETHER:
        numbered = _numbered(chosen, [word for value in columns[chosen] for word in values_of(value)])
        for row, value in enumerate(columns[chosen]):
            words = [
                numbered.get(_whole(word)) or _meaning(word, sure=bool(column)) for word in values_of(value)
            ]
            if words:
                tags[row]["highway"] = words
    for title in (titles[name] for name in _STATE_TITLES if name in titles):
        for row, value in enumerate(columns[title]):
            if any(_NOT_THERE.fullmatch(word.strip()) for word in values_of(value)):
                tags[row]["foot"] = ["no"]
    if "subtype" in titles:
        for row, value in enumerate(columns[titles["subtype"]]):
            if value in ("rail", "water"):
                tags[row]["highway"] = ["no"]
    if "access_restrictions" in titles:
        for row, value in enumerate(columns[titles["access_restrictions"]]):
            if _denied_on_foot(value):
                tags[row]["foot"] = ["no"]
    return StreetClasses(chosen, tuple(tags))


def class_column(columns: Columns) -> str:
    """The title of the column most of whose values mean a class of street; "" where there is none."""
    best, most = "", 0.0
    for title, values in columns.items():
        name = str(title).strip().casefold()
        words = [word for value in list(values)[:_LOOKED_AT] for word in values_of(value)]
        numbered = _numbered(name, words)
        if not words or name in _NO_CLASS or (all(map(_number, words)) and not numbered):
            continue
        grades = {**(_GRADES if name in _NAMES else {}), **numbered}
        known = sum(_known(word) not in ("", "no", "unknown") or _whole(word) in grades for word in words)
        # The column that tells most rows; of equal ones that with a known name, `highway` first.
        rank = known * (1 - 0.001 * (_NAMES.index(name) if name in _NAMES else len(_NAMES)))
        if known >= _ENOUGH * len(words) and rank > most:
            best, most = str(title), rank
    return best


def _numbered(title: str, words: Sequence[str]) -> Mapping[str, str]:
    """The provider's numbers that a column of this title holds (nearly) alone, and what each is."""
    name = title.strip().casefold()
    for titles, numbers in _NUMBERED:
        if words and titles.fullmatch(name):
            found = sum(_whole(word) in numbers for word in words[:_LOOKED_AT])
            if found >= _NEARLY * len(words[:_LOOKED_AT]):
                return numbers
    return {}


def _whole(word: str) -> str:
    """A number that a program wrote with a point: 41000.0."""
    return re.sub(r"\.0+$", "", word.strip())


def values_of(value: Any) -> list[str]:
    """The words of a cell: arrays, lists written as text, and single words; none for what is missing."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return []
    if isinstance(value, (list, tuple, np.ndarray)):
        return [word for one in value for word in values_of(one)]
    written = str(value).strip()
    if written.startswith("[") and written.endswith("]"):
        # Arrays of numpy have no commas, which Python would read as one word.
        if re.search(r"'\s+'|\"\s+\"", written):
            return [one or other for one, other in re.findall(r"'([^']*)'|\"([^\"]*)\"", written)]
        for parse in (json.loads, ast.literal_eval):
            try:
                read = parse(written)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            return [word for one in read for word in values_of(one)] if isinstance(read, list) else [written]
    return [] if written.casefold() in ("", "nan", "none", "null", "<na>") else [written]


def _known(word: str) -> str:
    low = word.strip().casefold()
    first = low.partition(";")[0].strip()
    if first in _MEANS:
        return _MEANS[first]
    if first in _OSM:
        return low
    codes = navinfo_codes(low)
    if any(code.endswith("0c") for code in codes):
        return "motorway"  # closed off but for its slip roads
    return _NAVINFO.get(codes[0][:2], "road") if codes else ""


def navinfo_codes(word: str) -> list[str]:
    """NavInfo's codes in a cell, two digits of class and two of form (0608: a bridge); empty for others."""
    codes = [code for code in re.split(r"[|,;\s]+", word.strip().casefold()) if code]
    return codes if all(_NAVINFO_CODE.fullmatch(code) for code in codes) else []


def _meaning(word: str, *, sure: bool) -> str:
    """OpenStreetMap's word; what nobody knows is walked as a road, or left as it is."""
    plain = word.strip().casefold()
    return _known(word) or _GRADES.get(plain, "road" if sure else plain)


def meaning_of_layer(name: str) -> str:
    """The class of street that a layer is called after (高速公路, footways, roads_motorway); "" for none."""
    last = name.rpartition("/")[2].partition(".")[0].strip().casefold()
    for word in (last, last.rpartition("_")[2], last.partition("_")[0]):
        for one in (word, word.removesuffix("s")):
            if one in _GENERAL:
                return "road"
            if found := _known(one):
                return found
    return ""


def _number(word: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d*)?", word)) and not _NAVINFO_CODE.fullmatch(word)


def _together(columns: Columns, row: int, titles: Mapping[str, str]) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for title in _TOGETHER:
        if title in titles:
            for key, value in _parsed(columns[titles[title]][row]).items():
                if key in TAGS:
                    found[key] = values_of(value)
    return found


def _parsed(value: Any) -> Mapping[str, Any]:
    """Tags written as JSON, as hstore, or held as a mapping or pairs."""
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if isinstance(value, (list, np.ndarray)):
        return {str(pair[0]): pair[1] for pair in value if len(pair) == 2}
    if not isinstance(value, str):
        return {}
    if value.lstrip().startswith("{"):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}
    return {key: one for key, one in _HSTORE.findall(value) if one}


def _denied_on_foot(value: Any) -> bool:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    if not isinstance(value, (list, np.ndarray)):
        return False
    for one in value:
        if (
            not isinstance(one, Mapping)
            or one.get("access_type") != "denied"
            or one.get("between") is not None
        ):
            continue
        when = one.get("when") or {}
        mode = when.get("mode") if isinstance(when, Mapping) else None
        others = isinstance(when, Mapping) and any(when.get(key) is not None for key in when if key != "mode")
        if not others and (mode is None or "foot" in list(mode)):
            return True
    return False


def _all_walked(tags: Mapping[str, Sequence[str]]) -> bool:
    """Whether every way that a row was merged from is walked."""
    longest = max(map(len, tags.values()), default=0)
    return longest > 0 and all(
        is_walkable({key: values[min(i, len(values) - 1)] for key, values in tags.items() if values})
        for i in range(longest)
    )
