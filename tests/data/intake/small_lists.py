"""A tiny area with a known answer, and lists about it."""

import geopandas as gpd
import numpy as np
import openpyxl
from shapely.geometry import box

from coverage.model.tables import UnitTable
from geo.crs import project, unproject

CRS = "EPSG:4549"
SIDE_M = 400.0
COUNT = 6


def corner():
    return project([118.78], [32.05], CRS)[0]


def units():
    """A district of one street with 6 × 6 communities of 400 m, named 0-0社区 … 5-5社区."""
    x, y = corner()
    rows = [("d", "测试区", "district", "", box(x, y, x + SIDE_M * COUNT, y + SIDE_M * COUNT))]
    rows.append(("s", "测试街道", "street", "d", rows[0][4]))
    for i in range(COUNT):
        for j in range(COUNT):
            square = box(x + i * SIDE_M, y + j * SIDE_M, x + (i + 1) * SIDE_M, y + (j + 1) * SIDE_M)
            rows.append((f"c{i}{j}", f"{i}-{j}社区", "community", "s", square))
    ids, names, levels, parents, shapes = zip(*rows, strict=True)
    frame = {"unit_id": ids, "name": names, "level": levels, "settlement": "urban", "parent_id": parents}
    return UnitTable(gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS))


def stations(n=36, seed=0, noise_m=30.0):
    """(name, lon, lat, community) of a station near the middle of each community."""
    random = np.random.default_rng(seed)
    x, y = corner()
    places = [(i, j) for i in range(COUNT) for j in range(COUNT)][:n]
    xy = np.array([[x + (i + 0.5) * SIDE_M, y + (j + 0.5) * SIDE_M] for i, j in places])
    lon, lat = unproject(xy + random.normal(0, noise_m, xy.shape), CRS)
    return [
        (f"{i}-{j}社区公共服务站", round(float(a), 6), round(float(b), 6), f"{i}-{j}社区")
        for (i, j), a, b in zip(places, lon, lat, strict=True)
    ]


def write_xlsx(path, sheets, merged=None, hidden=()):
    """`sheets`: title → rows; `merged`: title → ranges; `hidden`: titles."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in (merged or {}).get(title, ()):
            sheet.merge_cells(cells)
        if title in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path
