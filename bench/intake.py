"""How long a large list takes from file to findings, detection included.

    python -m bench.intake --rows 20000

Writes a workbook of the demo city's communities with slips of every kind, then times reading it with
units at hand (so that the coordinate system is found) and writing the workbook that goes back.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import xlsxwriter

from coverage.model.tables import UnitTable
from data.demo import write_demo
from data.intake.read import read_facilities
from data.intake.workbook import write_accepted, write_findings_workbook
from data.units import read_units
from geo.crs import unproject
from geo.datum import convert

CRS = "EPSG:4549"
HEADER = ("序号", "名称", "类型", "所属街道", "社区", "地址", "经度", "纬度", "建筑面积（㎡）", "床位（张）",
          "服务人口", "状态", "启用时间", "联系人", "电话", "备注")  # fmt: skip


def write_list(path: Path, units: UnitTable, rows: int, seed: int) -> None:
    """`rows` stations within their communities, in GCJ-02, with a slip in about one row of twelve."""
    random = np.random.default_rng(seed)
    frame = units.frame
    communities = frame[frame["level"] == "community"].reset_index(drop=True)
    street = frame.set_index("unit_id")["name"]
    chosen = random.integers(0, len(communities), rows)
    middles = communities.geometry.representative_point()
    xy = np.column_stack([middles.x, middles.y])[chosen] + random.normal(0, 60, (rows, 2))
    lon, lat = convert(*unproject(xy, CRS), "wgs84", "gcj02")
    slip = random.integers(0, 60, rows)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("设施")
        sheet.write_row(0, 0, ["公共服务设施统计表"])
        sheet.write_row(1, 0, HEADER)
        for k in range(rows):
            place = communities.iloc[chosen[k]]
            unit, parent = str(place["name"]), str(street[place["parent_id"]])
            named = [k + 1, f"{unit}第{k}服务站", "公共服务站", parent, unit, f"中山路{k}号"]
            cells = [
                *named,
                round(lon[k], 6),
                round(lat[k], 6),
                300,
                12,
                1500,
                "正常",
                "2019年5月",
                "张三",
                "0",
            ]
            _slip(cells, int(slip[k]))
            sheet.write_row(k + 2, 0, cells)


def _slip(cells: list[object], kind: int) -> None:
    slips = {
        0: (6, None),
        1: (7, "无"),
        2: (10, "约1,200人"),
        3: (11, "筹建"),
        4: (1, ""),
        5: (6, "１１９.86543"),
    }
    if kind in slips:
        column, value = slips[kind]
        cells[column] = value


def _worked() -> float:
    """Processor seconds of this process and its children, which a busy machine does not stretch."""
    return sum(
        resource.getrusage(who)[0] + resource.getrusage(who)[1] for who in (0, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        units = read_units(write_demo(Path(folder)).units, crs=CRS).table
        path = Path(folder) / "list.xlsx"
        write_list(path, units, chosen.rows, chosen.seed)
        started, worked = time.perf_counter(), _worked()
        intake = read_facilities([path], units=units)
        read, read_worked = time.perf_counter(), _worked()
        write_accepted(intake, Path(folder) / "accepted.csv")
        write_findings_workbook(intake, Path(folder) / "findings.xlsx", str)
        done = time.perf_counter()
    print(f"{chosen.rows} rows, {path.name}: read and judged in {read - started:.2f} s")
    print(f"processor time of that, child process included: {read_worked - worked:.2f} s")
    print(f"accepted.csv and findings.xlsx written in {done - read:.2f} s; together {done - started:.2f} s")
    print(
        f"{intake.accepted_count} accepted, {intake.refused_count} refused, "
        f"{intake.set_aside_count} set aside, "
        f"{len(intake.findings)} findings"
    )
    datum = intake.datum
    print(f"coordinate system {datum.system}, decided {datum.decided}, confidence {datum.confidence:.3f}")


if __name__ == "__main__":
    main()
