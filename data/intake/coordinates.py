"""Which coordinate system is a list in?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from geo.datum import BD09, GCJ02, WGS84
from geo.errors import SettingError
from geo.text import Text, text

AUTO: Final = "auto"
UNKNOWN: Final = "unknown"
MIXED: Final = "mixed"
_WORDS: Final = {
    BD09: re.compile(r"百度|bd-?09|baidu|(?<![a-z])bd_?(?=lng|lon|lat)"),
    GCJ02: re.compile(r"高德|腾讯|火星|gcj-?02|amap|tencent|(?<![a-z])gcj_?(?=lng|lon|lat)"),
    WGS84: re.compile(
        r"国家2000|2000国家|cgcs ?-?2000|wgs-?84|天地图|tianditu|(?<![a-z])wgs_?(?=lng|lon|lat)"
    ),
}
_ALIASES: Final = {
    "cgcs2000": WGS84,
    "epsg:4326": WGS84,
    "epsg:4490": WGS84,
    "wgs-84": WGS84,
    "gcj-02": GCJ02,
    "bd-09": BD09,
}


@dataclass(frozen=True)
class Evidence:
    """One reason to believe in a system; `weight` is the logarithm (base 10) of how many times more
    likely the list is under it than under the next best."""

    kind: str
    system: str
    weight: float
    message: Text


@dataclass(frozen=True)
class DatumDecision:
    """`system` is wgs84, gcj02, bd09, mixed, unknown or epsg:N; `confidence` 0..1."""

    system: str
    decided: bool
    confidence: float
    evidence: tuple[Evidence, ...] = ()


def wanted_system(datum: str) -> str:
    """The option `--datum` as a system, or “auto”; SettingError if it is none."""
    low = datum.strip().lower()
    low = _ALIASES.get(low, low)
    if low in (AUTO, WGS84, GCJ02, BD09) or re.fullmatch(r"epsg:\d{4,6}", low):
        return low
    raise SettingError(
        "The coordinate system “{datum}” is not known; use auto, wgs84, gcj02, bd09 or epsg:N.", datum=datum
    )


def metadata_evidence(words: str) -> tuple[Evidence, ...]:
    """What titles, sheet names and file names say about the system; one piece for each system named."""
    low = unicodedata.normalize("NFKC", words).lower()
    return tuple(
        Evidence("metadata", system, 2.0, text("The list itself says “{words}”.", words=found[0]))
        for system, pattern in _WORDS.items()
        if (found := pattern.search(low))
    )


def decide_by_words(words: str) -> DatumDecision:
    """Decided if the words name one system and no other; else unknown."""
    evidence = metadata_evidence(words)
    named = {piece.system for piece in evidence}
    if len(named) == 1:
        return DatumDecision(named.pop(), True, 0.95, evidence)
    return DatumDecision(UNKNOWN, False, 0.0, evidence)
