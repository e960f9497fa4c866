"""The small city assessed by one rule: a station within two minutes (200 m) on foot, for everybody.

Stations at 500 and 1700 serve five cells of 100 residents each; 0–200, 800–1400 and 2000 are not served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from jobs.assess.folder import Assessed, assess_inputs
from jobs.siting.request import PlanConditions, SitingRequest
from jobs.siting.suggest import suggest
from jobs.study.inputs import open_inputs
from tests.small_city import degrees, write_small_city

RULES = """
id = "t"
[walking]
speed_kmh = 6
[[rule]]
id = "w"
check = "walk"
tier = "station"
figure_min = 2
[[rule]]
id = "load"
check = "load"
tier = "station"
figure_residents = [300, 400]
[[rule]]
id = "c"
check = "walk"
tier = "centre"
figure_min = 5
[[rule]]
id = "any"
check = "walk"
tier = "hall"
serves = ["hall", "centre"]
figure_min = 2
"""


@cache
def city() -> Assessed:
    """Read and assessed once a run."""
    folder = Path(mkdtemp(prefix="planned-city-"))
    (folder / "t.toml").write_text(RULES, "utf-8")
    files = replace(write_small_city(folder / "in"), standard=str(folder / "t.toml"))
    return assess_inputs(open_inputs(files))


def planned(request: SitingRequest) -> Assessed:
    return suggest(city(), request)


def plan_for(count: int | None = 1, **conditions: Any) -> Mapping[str, Any]:
    """plan.json of new stations that serve most people on foot."""
    return plan_of(SitingRequest("station", count, by="walk", conditions=PlanConditions(**conditions)))


def plan_of(request: SitingRequest) -> Mapping[str, Any]:
    plan = planned(request).results.plan
    assert plan is not None
    return plan.plan


def at(x: float) -> str:
    """A place of the street, as a planner writes it."""
    lon, lat = degrees(x)
    return f"{lon}, {lat}"


def places(plan: Mapping[str, Any]) -> list[int]:
    """Where the sites stand on the street, to ten metres, in build order."""
    west, east = degrees(0)[0], degrees(2000)[0]
    return [round((site["lon"] - west) / (east - west) * 200) * 10 for site in plan["sites"]]


def land(folder: Path, rows: str, head: str = "地块,经度,纬度,造价（万元）,服务能力,用地面积") -> Path:
    """A list of places: `rows` are "name x cost capacity area" lines."""
    lines = [head]
    for row in rows.strip().splitlines():
        name, x, *figures = row.split()
        lon, lat = degrees(float(x))
        lines.append(",".join([name, str(lon), str(lat), *figures]))
    path = folder / "land.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8-sig")
    return path
