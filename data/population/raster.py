"""Population rasters (GeoTIFF): residents per pixel, counted at the pixels' centres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from pyproj import Geod, Transformer
from rasterio.errors import RasterioError

from coverage.tables import Floats, Ints
from data.population.cells import Cells
from geo.crs import WGS84
from geo.errors import InputError


def raster_cells(path: Path) -> Cells:
    """Populated pixels of the first band of a GeoTIFF; its values are counts of residents.

    Nodata, not-a-number, zero and negative pixels hold nobody. The ground of a pixel is its true
    area on the ellipsoid. InputError for a raster without CRS.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None:
                raise InputError("{file}: the raster does not say its coordinate system.", file=path.name)
            band = raster.read(1, masked=True)
            transform, crs = raster.transform, raster.crs.to_wkt()
    except RasterioError as error:
        raise InputError("{file}: the file is damaged or not what its name says.", file=path.name) from error
    values = np.ma.filled(band.astype(float), 0.0)
    values = np.where(np.isfinite(values) & (values > 0), values, 0.0)
    row, column = np.nonzero(values)
    to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform(*(transform @ (column + 0.5, row + 0.5)))
    return Cells(
        cell_id=row.astype(np.int64) * values.shape[1] + column,
        lon=np.asarray(lon),
        lat=np.asarray(lat),
        residents=values[row, column],
        area_m2=_pixel_areas(transform, row, column, to_degrees),
    )


def _pixel_areas(transform: rasterio.Affine, row: Ints, column: Ints, to_degrees: Transformer) -> Floats:
    """True areas: one polygon a raster row is measured, at the middle column, and used for its row."""
    geod = Geod(ellps="WGS84")
    middle = float(np.median(column)) if len(column) else 0.0
    area_of_row = {}
    for number in np.unique(row):
        corners = [(middle, number), (middle + 1, number), (middle + 1, number + 1), (middle, number + 1)]
        x, y = zip(*(transform @ corner for corner in corners), strict=True)
        lon, lat = to_degrees.transform(x, y)
        area_of_row[int(number)] = abs(geod.polygon_area_perimeter(lon, lat)[0])
    return np.asarray([area_of_row[int(number)] for number in row], float)
