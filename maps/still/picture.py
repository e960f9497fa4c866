"""What lies over the ground of a small map: pictures of the cells, shapes, lines and numbered marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from maps import palette
from maps.cells_image import CellsImage
from maps.model import Words
from maps.polylines import TOLERANCE_DEG, packed_areas
from maps.safe_text import Voice

LonLat = tuple[float, float]


@dataclass(frozen=True)
class CellPicture:
    """Every cell in a colour: `classes` (n,) are positions in `colours`, 255 for none."""

    image: CellsImage
    classes: NDArray[np.integer]
    colours: Sequence[str]
    opacity: float = 0.75


@dataclass(frozen=True)
class Shapes:
    """Polygons in degrees, holes and all; `look` is a key of `palette.OVERLAYS`."""

    shapes: Sequence[shapely.Geometry]
    look: str
    titles: Sequence[Words] = ()


@dataclass(frozen=True)
class Paths:
    """Lines in degrees; with `numbered` each has its number at its middle."""

    lines: Sequence[Sequence[LonLat]]
    look: str
    titles: Sequence[Words] = ()
    numbered: bool = False


@dataclass(frozen=True)
class Marks:
    """Marks of a few letters at places in degrees; `look` is a class of sketch.css."""

    places: Sequence[LonLat]
    words: Sequence[str]
    titles: Sequence[Words] = field(default_factory=tuple)
    look: str = "mark-site"


Over = CellPicture | Shapes | Paths | Marks


def over_data(parts: Sequence[Over], voice: Voice) -> list[dict[str, Any]]:
    """The parts as plain values for the script, the first lowest; all words in them are safe HTML."""
    told: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, CellPicture):
            west, south, east, north = part.image.bounds
            uri = part.image.data_uri(part.classes, part.colours)
            box = [[south, west], [north, east]]
            told.append({"kind": "image", "uri": uri, "box": box, "opacity": part.opacity})
            continue
        titles = {"titles": [voice(title) for title in part.titles]}
        match part:
            case Shapes():
                simpler = shapely.simplify(list(part.shapes), TOLERANCE_DEG, preserve_topology=False)
                look = {"style": palette.OVERLAYS[part.look]}
                told.append({"kind": "areas", **packed_areas(list(simpler)), **look, **titles})
            case Paths():
                lines = [[[round(lat, 6), round(lon, 6)] for lon, lat in line] for line in part.lines]
                look = {"style": palette.OVERLAYS[part.look]}
                told.append({"kind": "lines", "lines": lines, **look, "numbered": part.numbered, **titles})
            case Marks():
                places = [[round(lat, 6), round(lon, 6)] for lon, lat in part.places]
                words = {"words": [voice(word) for word in part.words], "css": part.look}
                told.append({"kind": "marks", "places": places, **words, **titles})
    return told
