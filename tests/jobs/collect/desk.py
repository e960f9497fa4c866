"""What the tests of collecting share: the small city's offices and their lists."""

from __future__ import annotations

from pathlib import Path

from jobs.collect.review import Decision
from jobs.collect.submit import Sending
from tests.small_city import degrees

ACCEPT = Decision(True)
WEST = Sending("小城", "西苑社区")
HEAD = "名称,类型,经度,纬度,床位\n"
CENTRE = ("南街道公共服务中心", "公共服务中心", 500)
STATION = ("西苑社区服务站", "公共服务站", 500)


def listed(path: Path, *rows: tuple[str, str, float]) -> list[Path]:
    """A list of (name, type, metres along the street)."""
    body = "".join(f"{name},{kind},{degrees(x)[0]},{degrees(x)[1]},10\n" for name, kind, x in rows)
    path.write_text(HEAD + body, "utf-8-sig")
    return [path]
