"""What coordinate systems and tiers are called on the page."""

from __future__ import annotations

from typing import Final

from core.text import Sayable, text
from data.standards import open_standard
from ui.shell.choices import choices, words

SYSTEMS: Final = {
    "wgs84": text("WGS-84 / CGCS2000"),
    "gcj02": text("GCJ-02 (Amap, Tencent)"),
    "bd09": text("BD-09 (Baidu)"),
    "mixed": text("several systems"),
    "unknown": text("not known"),
}


def system_title(system: str) -> Sayable:
    """A system by its id; “epsg:N” in capitals."""
    return SYSTEMS.get(system, system.upper())


def tier_name(tier: str) -> str:
    """A tier in the words of the standard in use, in the reader's language."""
    said = open_standard(choices().standard).tier_title(tier)
    return said if isinstance(said, str) else words()(said)
