"""The only door for files: lists, population, boundaries, streets, results.

GDAL guesses a file's driver from its content: VRT text saved as `.geojson` makes it open whatever
path or address the text names. The drivers that follow such references are taken out here, before
anything imports GDAL, because the variables are read once, when its drivers are registered. Readers
name their driver as well; this is the second lock.
"""

from __future__ import annotations

import os
from typing import Final

_REFERRING_VECTOR: Final = (
    "OGR_VRT", "GDALG", "HTTP", "WFS", "OAPIF", "OGCAPI", "CSW", "EEDA", "Elasticsearch", "Carto",
    "AmigoCloud", "PLSCENES", "NGW", "ADBC", "GPSBabel",
)  # fmt: skip
_REFERRING_RASTER: Final = (
    "VRT", "DERIVED", "GTI", "WMS", "WCS", "WMTS", "EEDAI", "PLMOSAIC", "DAAS", "STACTA", "STACIT",
    "MRF", "TIL", "KMLSUPEROVERLAY",
)  # fmt: skip


def _skip(variable: str, drivers: tuple[str, ...]) -> None:
    already = [name for name in os.environ.get(variable, "").split(",") if name]
    os.environ[variable] = ",".join(dict.fromkeys([*already, *drivers]))


_skip("OGR_SKIP", _REFERRING_VECTOR)
_skip("GDAL_SKIP", _REFERRING_RASTER)
