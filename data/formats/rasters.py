"""The door for rasters: which pieces of a file are rasters, and with which driver each is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from core.errors import InputError
from data.formats.unpack import Piece, damaged, first_bytes, pieces_of

# GDAL keeps decoded blocks; by default a twentieth of the machine.
_CACHE_MB: Final = 64
# The whole earth at 100 m has 90 thousand million pixels; a few kilobytes may declare more than that.
_MOST_PIXELS: Final = 200_000_000_000
# What must be decoded at once, in pixels: a strip or a tile.
_MOST_AT_ONCE: Final = 100_000_000
_MARKS: Final = (
    (b"II*\x00", "GTiff"), (b"MM\x00*", "GTiff"), (b"II+\x00", "GTiff"), (b"MM\x00+", "GTiff"),
    (b"EHFA_HEADER_TAG", "HFA"), (b"CDF\x01", "netCDF"), (b"CDF\x02", "netCDF"), (b"CDF\x05", "netCDF"),
    (b"\x89HDF", "netCDF"),
)  # fmt: skip


@dataclass(frozen=True)
class RasterPiece:
    """A raster to open: `source` for the `driver`, and the `name` by which a reader knows it."""

    source: str
    driver: str
    name: str


def raster_driver(path: Path) -> str:
    """The driver of one unpacked file or folder by its content, "" where it is no raster."""
    if path.is_dir():
        return "AIG" if (path / "hdr.adf").exists() else ""
    start = first_bytes(path, 512)
    found = next((driver for mark, driver in _MARKS if start.startswith(mark)), "")
    return found or ("AAIGrid" if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:5].lower() == b"ncols" else "")


@contextmanager
def raster_pieces(path: Path) -> Iterator[tuple[RasterPiece, ...]]:
    """The rasters of a file or an archive, none where it holds none. InputError where it is broken."""
    with pieces_of(path) as pieces:
        yield tuple(
            piece for one in pieces if (driver := raster_driver(one.path)) for piece in _subsets(one, driver)
        )


def _subsets(piece: Piece, driver: str) -> Sequence[RasterPiece]:
    """A NetCDF of several variables is as many rasters."""
    whole = RasterPiece(str(piece.path), driver, piece.name)
    if driver != "netCDF":
        return (whole,)
    try:
        with rasterio.open(piece.path, driver=driver) as raster:
            inside = list(raster.subdatasets)
    except RasterioError as error:
        raise damaged(piece.name) from error
    return [RasterPiece(name, driver, f"{piece.name}:{name.rpartition(':')[2]}") for name in inside] or (
        whole,
    )


@contextmanager
def opened_raster(piece: RasterPiece, file: str) -> Iterator[rasterio.DatasetReader]:
    """One raster, opened by its driver with little memory. InputError where it is damaged, also midway."""
    try:
        with (
            rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
            rasterio.open(piece.source, driver=piece.driver) as raster,
        ):
            block = max(rows * columns for rows, columns in raster.block_shapes)
            if raster.width * raster.height > _MOST_PIXELS or block > _MOST_AT_ONCE:
                raise InputError(
                    "{file} declares {columns:,} × {rows:,} pixels, more than are read. Cut the raster to "
                    "the ground of the city and save it in tiles.",
                    file=file,
                    columns=raster.width,
                    rows=raster.height,
                )
            if not 0.0 < abs(raster.transform.determinant) < np.inf:
                raise InputError(
                    "{file}: its pixels have no size, or no place on the ground. Save the raster anew with "
                    "its cell size and corner.",
                    file=file,
                )
            yield raster
    except RasterioError as error:
        raise damaged(file) from error
