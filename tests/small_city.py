"""The files of a small city in degrees: one street of 2 km near Nanjing, 21 cells, two stations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from geo.crs import unproject
from geo.datum import GCJ02, WGS84, convert
from jobs.study.inputs import StudyFiles

CRS = "EPSG:4549"
EAST, NORTH = 400_000.0, 3_550_000.0


def degrees(x: float, y: float = 0.0) -> tuple[float, float]:
    lon, lat = unproject(np.asarray([[EAST + x, NORTH + y]]), CRS)
    return round(float(lon[0]), 9), round(float(lat[0]), 9)


def write_small_city(folder: Path) -> StudyFiles:
    """Cells of 100 residents (20 elderly) at x = 0, 100, …, 2000; stations at 500 and 1700; a centre
    at 500; the western half urban, the eastern rural."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        ("南街道公共服务中心", "公共服务中心", 500),
        ("西苑社区服务站", "公共服务站", 500),
        ("东庄村服务站", "公共服务站", 1700),
    ]
    body = "".join(f"{name},{kind},{degrees(x)[0]},{degrees(x)[1]},10\n" for name, kind, x in rows)
    (folder / "list.csv").write_text(f"名称,类型,经度,纬度,床位\n{body}", "utf-8-sig")
    cells = "".join(f"{degrees(x)[0]},{degrees(x)[1]},100,20\n" for x in range(0, 2001, 100))
    (folder / "people.csv").write_text(f"lon,lat,residents,elderly\n{cells}", "utf-8")
    street = {"type": "LineString", "coordinates": [degrees(-50), degrees(1000), degrees(2050)]}
    _features(folder / "streets.geojson", [({"highway": "residential"}, street)])
    units = [
        ({"unit_id": "D", "name": "东区", "level": "district", "parent_id": ""}, _box(-100, 2100)),
        ({"unit_id": "S", "name": "南街道", "level": "street", "parent_id": "D"}, _box(-100, 2100)),
        (_community("W", "西苑社区", "111"), _box(-100, 950)),
        (_community("E", "东庄村", "220"), _box(950, 2100)),
    ]
    _features(folder / "units.geojson", units)
    return StudyFiles(
        (folder / "list.csv",), folder / "people.csv", folder / "streets.geojson", folder / "units.geojson",
        datum="wgs84", name="小城",
    )  # fmt: skip


# What its units state of residents, each level something else.
LEVELS_APART = {"东区": 5000, "南街道": 4000, "西苑社区": 1200, "东庄村": 800}


def stating_residents(files: StudyFiles) -> StudyFiles:
    """The city whose units' file says how many live in each, and contradicts itself."""
    document = json.loads(files.units.read_text("utf-8"))
    for feature in document["features"]:
        feature["properties"]["常住人口"] = LEVELS_APART[feature["properties"]["name"]]
    files.units.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return files


def two_districts(files: StudyFiles) -> StudyFiles:
    """The city as 西区 and 东区, both urban, of one street and one community each."""
    units = json.loads(files.units.read_text("utf-8"))
    west, east = (row for row in units["features"] if row["properties"]["level"] == "community")
    features = []
    for code, side, row in (("W", "西", west), ("E", "东", east)):
        for level, key, above, name in (
            ("district", "D", "", "区"), ("street", "S", "D", "街道"), ("community", "C", "S", "社区"),
        ):  # fmt: skip
            about = {"unit_id": key + code, "name": side + name, "level": level, "settlement_code": "111"}
            about["parent_id"] = above and above + code
            features.append({**row, "properties": about})
    files.units.write_text(json.dumps({**units, "features": features}, ensure_ascii=False), "utf-8")
    return files


def in_gcj02(streets: Path) -> Path:
    """The same street as a map service of China delivers it: it declares WGS-84 and lies some 540 m off."""
    document = json.loads(streets.read_text("utf-8"))
    line = document["features"][0]["geometry"]
    lon, lat = np.array(line["coordinates"]).T
    line["coordinates"] = np.column_stack(convert(lon, lat, WGS84, GCJ02)).tolist()
    streets.write_text(json.dumps(document), "utf-8")
    return streets


def _community(unit_id: str, name: str, code: str) -> dict[str, str]:
    row = {"unit_id": unit_id, "name": name, "level": "community"}
    return row | {"parent_id": "S", "settlement_code": code}


def _box(west: float, east: float) -> dict[str, object]:
    ring = [
        degrees(west, -500),
        degrees(east, -500),
        degrees(east, 500),
        degrees(west, 500),
        degrees(west, -500),
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def _features(path: Path, rows: list[tuple[dict[str, str], dict[str, object]]]) -> None:
    features = [{"type": "Feature", "properties": p, "geometry": g} for p, g in rows]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8"
    )
