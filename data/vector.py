"""One layer of a vector file as a geopandas frame, for callers that have no choice to make."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd

from core.errors import InputError
from core.text import listed
from data.formats.layers import Layer as Layer
from data.formats.layers import opened
from data.guard import guarded


def layers(path: Path) -> tuple[str, ...]:
    """The names of the layers of a vector file, in its order."""
    with opened(path) as file:
        return tuple(layer.name for layer in file.layers)


@guarded
def read_vector(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """All rows of one layer (the first, unless named), in the file's own CRS (None where it has none).

    InputError for a missing, unreadable or unknown file, and for one with outlines that do not close.
    """
    read = read_layer(path, layer=layer)
    if len(read.unclosed):
        raise InputError(
            "{file}: {count} outlines do not close, the first in row {row}. Please send them complete.",
            file=path.name,
            count=len(read.unclosed),
            row=int(read.unclosed[0]) + 1,
        )
    return read.frame


def read_layer(path: Path, *, layer: str | None = None) -> Layer:
    """As `read_vector`, for callers that know what to do with outlines that do not close."""
    with opened(path) as file:
        found = (
            next((one for one in file.layers if one.geometry), None) if layer is None else file.find(layer)
        )
        if found is None and layer is not None:
            raise InputError(
                "{file} has no layer “{layer}”; it has: {names}.",
                file=path.name,
                layer=layer,
                names=listed(one.name for one in file.layers),
            )
        if found is None or not found.geometry:
            raise InputError("{file}: the layer has no geometry; a map layer is needed.", file=path.name)
        return file.read(found)


def write_vector(path: Path, frame: gpd.GeoDataFrame, *, layer: str) -> None:
    """A GeoPackage of one layer; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as beside:
        written = Path(beside) / "layer.gpkg"
        frame.to_file(written, layer=layer, driver="GPKG")
        written.replace(path)
