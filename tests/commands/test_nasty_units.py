"""A units file with everything wrong, from the command line: all of it listed, nobody lost or doubled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import cli
from tests.small_city import degrees, write_small_city

Ring = list[tuple[float, float]]


def box(west: float, south: float, east: float, north: float) -> Ring:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def feature(name: str, level: str, ring: Ring | tuple[float, float], **columns: str) -> dict[str, object]:
    if isinstance(ring, tuple):
        shape = {"type": "Point", "coordinates": degrees(*ring)}
    else:
        shape = {"type": "Polygon", "coordinates": [[degrees(*corner) for corner in ring]]}
    return {"type": "Feature", "properties": {"name": name, "level": level, **columns}, "geometry": shape}


NASTY = [
    # Does not close: the last 30 m of its outline are missing.
    feature("东区", "district", [(-100, -500), (1000, -500), (1000, 500), (-100, 500), (-100, -470)]),
    # Overlaps the other district by 200 m.
    feature("西区", "district", box(800, -500, 2100, 500)),
    # A district with half its outline missing: left out.
    feature("南区", "district", [(-100, -900), (2100, -900), (2100, -600)]),
    # Crosses itself (a bow tie).
    feature("甲街道", "street", [(-100, -500), (900, 500), (900, -500), (-100, 500), (-100, -500)]),
    # Stands 5 m apart from the next one and a sliver over the one before.
    feature("乙街道", "street", box(899, -500, 1500, 500), 所属区="东区"),
    feature("丙镇", "street", box(1505, -500, 2100, 500), 所属区="北区"),
    # Villages without an outline, one of them outside all towns, one of unknown level.
    feature("一村", "community", (1600, 100), 所属街道="丙镇人民政府", settlement_code="220"),
    feature("二村", "community", (2000, 100), 所属街道="丙镇", settlement_code="220"),
    feature("三村", "community", (9000, 9000)),
    feature("网格1", "grid", box(0, 0, 10, 10)),
    # Its outline leaves half its street without a community.
    feature("四社区", "community", box(900, -500, 1200, 500), settlement_code="111"),
    feature("", "community", box(1200, -500, 1300, 500)),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nasty")
    files = write_small_city(folder / "in")
    units = folder / "units.geojson"
    units.write_text(
        json.dumps({"type": "FeatureCollection", "features": NASTY}, ensure_ascii=False), "utf-8"
    )
    done = cli(
        *("assess", "--facilities", files.facilities[0], "--population", files.population),
        *("--network", files.network, "--datum", "wgs84", "--units", units),
        *("--out", folder / "out", "--lang", "en"),
    )
    assert done.returncode == 0, done.stderr
    (folder / "out" / "said.txt").write_text(done.stdout, "utf-8")
    return folder / "out"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("outline-closed", "The outline of 东区 did not close; a straight line of 30.0 m closes it."),
        ("outline-open", "The outline of 南区 is open"),
        ("outline-repaired", "crossed itself and was repaired"),
        ("overlap", "东区 and 西区 overlap by 200,000 m²"),
        ("sliver", "甲街道 and 乙街道 overlap"),
        ("gap", "Between 乙街道 and 丙镇 4,998 m² belong to neither"),
        ("nearest-point", "2 villages are points without an outline"),
        ("no-ground", "三村 is only a point"),
        ("no-level", "The unit's level “grid” is not known and it is left out"),
        ("no-name", "The unit has no name and is left out"),
        ("parent-unknown", "丙镇 is said to belong to “北区”"),
        ("parent-by-place", "1 unit does not say what it belongs to; the place tells"),
    ],
)
def test_everything_that_is_wrong_is_listed(out: Path, code: str, words: str) -> None:
    findings = pd.read_csv(out / "findings.csv", encoding="utf-8-sig")
    told = findings.loc[findings["code"] == code, "message"].tolist()
    assert any(words in message for message in told), findings[["code", "message"]].to_numpy().tolist()


def test_every_level_and_who_lies_outside_sum_to_the_city(out: Path) -> None:
    units = pd.read_csv(out / "units.csv", encoding="utf-8-sig")
    city = json.loads((out / "assessment.json").read_text("utf-8"))["area"]["residents"]
    everybody = units[units["rule"] == "circle-walk-15"]
    sums = everybody.groupby("level")["residents"].sum()
    assert city == 2100.0
    assert (sums["district"], sums["street"]) == (city, city)
    said = (out / "said.txt").read_text("utf-8")
    # x = 1300 and 1400 lie in a street that has no community there.
    assert sums["community"] == city - outside(said)
    assert 0 < outside(said) < city


def outside(said: str) -> float:
    """Residents that the summary says lie in no community."""
    line = next(line for line in said.splitlines() if "in no unit of the level community or village" in line)
    return float(line.split(" residents")[0].replace(",", ""))


def test_a_city_resident_of_an_overlap_counts_in_the_first_unit_alone(out: Path) -> None:
    said = (out / "said.txt").read_text("utf-8")
    assert "东区 and 西区 overlap; of 200.0 residents there 200.0 count for 东区 and 0.0 for 西区" in said


def test_residents_are_whole_numbers_still(out: Path) -> None:
    cells = pd.read_parquet(out / "cells.parquet")
    assert np.array_equal(cells["residents"].to_numpy(), np.full(21, 100.0))
