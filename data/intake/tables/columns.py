"""What a column's title means: aliases as data, one loader, one matcher."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from data.intake.tables.numbers import visible

PERSONAL: Final = "personal"
SERIAL: Final = "serial"
OWN: Final = "own"
KEPT_FIELDS: Final = (
    "name", "tier", "lonlat", "lon", "lat", "district", "street", "community", "address", "places",
    "capacity", "services", "area_m2", "residents_declared", "status", "opened", "remark", "facility_id",
    "source", "system", "located_by", "door", "site_m2", "source_file", "source_sheet", "source_row",
)  # fmt: skip

_BRACKETS: Final = re.compile(r"[(\[{【〔<《][^)\]}】〕>》]*[)\]}】〕>》]?")
_SPACES: Final = re.compile(r"[\s\u3000*:：_\-/、@]+")
_NUMBERED: Final = re.compile(r"^\s*[(（]?\d{1,2}\s*[)）、.．:：]\s*(?=\D)")
_WORDS: Final = re.compile(r"[\s/|_\-(（)）\[\]]+")
# The traditional characters of titles and of what facilities are called.
SIMPLIFIED: Final = str.maketrans(
    "站黨養衛體學設稱類別級種鄉鎮區縣經緯號編碼單聯繫電話狀態啟時間備註說務數圍積際項點東標準層員專業樓層場館長蓋對應與處機構門牌廣車運營後覈實現舊詳細來處",
    "站党养卫体学设称类别级种乡镇区县经纬号编码单联系电话状态启时间备注说务数围积际项点东标准层员专业楼层场馆长盖对应与处机构门牌广车运营后核实现旧详细来处",
)
_SHORTEST_CUT: Final = 3


@dataclass(frozen=True)
class FieldNames:
    """The titles of one field, normalised."""

    field: str
    aliases: tuple[str, ...]
    parts: tuple[str, ...]
    not_parts: tuple[str, ...]

    def rank(self, title: str, bare: str) -> int | None:
        """How well a normalised title fits (0 best), or None; `bare` is the title without brackets."""
        if any(part in title for part in self.not_parts):
            return None
        for candidate in (title, bare):
            if candidate in self.aliases:
                return self.aliases.index(candidate)
        if any(part in bare for part in self.parts):
            return len(self.aliases) + len(bare)
        return None


def normalise(title: str) -> str:
    """Full-width to half-width, traditional to simplified characters, lower case, without numbering, spaces,
    colons, asterisks and hyphens.

    >>> normalise("　Ｘ 坐标：")
    'x坐标'
    """
    written = visible(unicodedata.normalize("NFKC", title)).lower().translate(SIMPLIFIED)
    return _SPACES.sub("", _NUMBERED.sub("", written))


def bare(title: str) -> str:
    """A normalised title without what stands in brackets, unless nothing else is left.

    >>> bare(normalise("建筑面积（㎡）"))
    '建筑面积'
    """
    return _BRACKETS.sub("", title) or title


@cache
def field_names() -> tuple[FieldNames, ...]:
    """Every field and what it may be called, from `columns.toml`."""
    path = Path(__file__).with_name("columns.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        FieldNames(
            field,
            tuple(normalise(alias) for alias in entry["aliases"]),
            tuple(normalise(part) for part in entry.get("parts", ())),
            tuple(normalise(part) for part in entry.get("not_parts", ())),
        )
        for field, entry in table.items()
    )


@lru_cache(maxsize=4096)
def field_of(title: str) -> tuple[str, int] | None:
    """The field a title names and the rank of the match; whole-title matches beat partial ones.

    >>> field_of("经度(GCJ-02)"), field_of("责任单位")
    (('lon', 0), None)
    """
    normal = normalise(title)
    if not normal:
        return None
    if "." in normal.strip("."):
        # Nested records: “location.lng”.
        return _match(normal) or field_of(normal.strip(".").rpartition(".")[2])
    return _match(normal) or _by_its_words(title) or _of_a_system(normal)


# Before or after a coordinate: whose it is, and what of.
_WHOSE: Final = re.compile(
    r"^((高德|腾讯|百度|天地图|火星|amap|gaode|baidu|tencent|qq|wgs|gcj|cgcs|bd|gd|tx|tdt|gps|geo|map|loc(ation)?|pos(ition)?"
    r"|point|点位|定位|位置|地图)(84|02|09(ll)?|2000)?)+(坐标)?(?=.)|(?<=.)(84|02|09|2000|_?(wgs|gcj|bd|cgcs)(84|02|09|2000)?)$"
)


def _of_a_system(normal: str) -> tuple[str, int] | None:
    """A coordinate under the name of its system or source: 高德lng, lat84, 百度坐标x, mapy."""
    found = _match(rest) if (rest := _WHOSE.sub("", normal)) and rest != normal else None
    return (found[0], 60) if found and found[0] in ("lon", "lat", "lonlat") else None


def _by_its_words(title: str) -> tuple[str, int] | None:
    """A title whose words all say the same: “东经/E”, “x_lon”."""
    words = [word for word in _WORDS.split(unicodedata.normalize("NFKC", title)) if word]
    if len(words) < 2:
        return None
    found = [_match(normalise(word)) for word in words]
    fields = {match[0] for match in found if match is not None}
    return (fields.pop(), 50) if len(fields) == 1 and all(found) else None


def field_of_cut(title: str) -> str:
    """The one field that a Chinese title names whose end a format has cut off; "" for none.

    >>> field_of_cut("所属街"), field_of_cut("设施")
    ('street', '')
    """
    normal = normalise(title)
    if len(normal) < _SHORTEST_CUT or normal.isascii() or field_of(title) is not None:
        return ""
    begun = {names.field for names in field_names() for alias in names.aliases if alias.startswith(normal)}
    return begun.pop() if len(begun) == 1 else ""


def _match(normal: str) -> tuple[str, int] | None:
    ranked = [
        (rank, names) for names in field_names() if (rank := names.rank(normal, bare(normal))) is not None
    ]
    if not ranked:
        return None
    whole = [(rank, names) for rank, names in ranked if rank < len(names.aliases)]
    rank, names = min(whole or ranked, key=lambda found: found[0])
    return names.field, rank


def title_field(parts: Sequence[str]) -> tuple[str, int] | None:
    """The field of a joined header, lowest row first: (“坐标”, “经度”) is a longitude."""
    for part in reversed(parts):
        found = field_of(part)
        if found:
            return found
    return field_of("".join(parts))


def choose_columns(titles: Sequence[Sequence[str]]) -> dict[int, str]:
    """Column number → field. Of several columns for one field the best-named, then the first, wins.

    Personal and serial columns are all named; the others that lose stay unnamed.
    """
    best: dict[str, tuple[int, int]] = {}
    chosen: dict[int, str] = {}
    for column, parts in enumerate(titles):
        found = title_field(parts)
        if not found:
            continue
        field, rank = found
        if field in (PERSONAL, SERIAL, OWN):
            chosen[column] = field
        elif field not in best or rank < best[field][0]:
            best[field] = (rank, column)
    chosen.update({column: field for field, (_, column) in best.items()})
    return dict(sorted(chosen.items()))


def confirmed_columns(titles: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> dict[int, str]:
    """Column → field as the user confirmed it (`column_key` → field), "" for a column to be left out."""
    keys = [column_key(join_title(parts), column) for column, parts in enumerate(titles)]
    return {column: mapping[key] for column, key in enumerate(keys) if key in mapping}


def join_title(parts: Sequence[str]) -> str:
    """A joined header as shown: “坐标 / 经度”."""
    return " / ".join(parts)


def column_key(title: str, column: int) -> str:
    """What a column is called in a mapping: its joined title, or its number from 1.

    >>> column_key("坐标 / 经度", 4), column_key("", 4)
    ('坐标 / 经度', '#5')
    """
    return title or f"#{column + 1}"
