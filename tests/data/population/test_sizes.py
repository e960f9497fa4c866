"""Files of some kilobytes that declare more than any city has are refused in a sentence, at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
from rasterio.transform import from_origin

from core.errors import InputError
from data.population import Reading, read_population
from data.population.ground import read_ground


def _raster(path: Path, side: int, **options: object) -> Path:
    place = from_origin(300_000, 3_900_000, 0.5, 0.5)
    made = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32"}
    made |= {"crs": "EPSG:32650", "transform": place, "SPARSE_OK": "TRUE", "BIGTIFF": "YES"}
    with rasterio.open(path, "w", **{**made, **options}):
        pass
    return path


def _million(folder: Path) -> Path:
    """10⁶ × 10⁶ pixels."""
    return _raster(folder / "million.tif", 1_000_000, tiled=True, blockxsize=4096, blockysize=4096)


def _no_area(folder: Path) -> Path:
    return _raster(folder / "wide.tif", 60_000, tiled=True, blockxsize=512, blockysize=512)


def _rows(folder: Path) -> Path:
    """2 × 10⁸ rows."""
    schema = pa.schema([("lon", pa.float64()), ("residents", pa.float64())])
    part = pa.table({"lon": np.zeros(5_000_000), "residents": np.ones(5_000_000)}, schema=schema)
    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd") as writer:
        for _ in range(8):
            writer.write_table(part, row_group_size=5_000_000)
    return folder / "rows.parquet"


def _dictionary(folder: Path) -> Path:
    """One long value that stands in every row."""
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), pa.array(["x" * 200_000]))
    table = pa.table({"residents": np.ones(100_000), "note": words})
    pq.write_table(table, folder / "words.parquet", compression="zstd")
    return folder / "words.parquet"


@pytest.mark.parametrize("made", [_million, _no_area, _rows, _dictionary])
@pytest.mark.parametrize("as_group", [False, True])
def test_residents_and_groups_that_declare_too_much_are_refused_at_once(
    tmp_path: Path, made: Callable[[Path], Path], as_group: bool
) -> None:
    path = made(tmp_path)
    reading = Reading()
    if as_group:
        (tmp_path / "people.csv").write_text("lon,lat,residents\n118.7,32.0,5\n118.8,32.0,5\n")
        reading, path = Reading(groups=(("elderly", path),)), tmp_path / "people.csv"
    resource = pytest.importorskip("resource")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    with pytest.raises(InputError):
        read_population(path, reading=reading)
    assert time.monotonic() - begin < 30  # on a machine with other work; alone each takes less than a second
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 500_000


def test_settlements_that_declare_too_many_pixels_are_refused(tmp_path: Path) -> None:
    ground = read_ground(_million(tmp_path), "EPSG:32650")
    from data.population.ground import Lattice

    with pytest.raises(InputError, match="1,000,000"):
        ground(Lattice(300_000.0, 3_900_000.0, 2, 2, 100.0))
