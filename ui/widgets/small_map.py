"""The small maps of a check, on the ground of the city in use, and parts of maps: facilities as
points, the city's picture, the legend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Sayable
from ui.shell.choices import choices, words
from ui.shell.compute import city_view, measure_once
from ui.shell.measured import Reading, assessed_under
from ui.shell.safe import in_html

if TYPE_CHECKING:  # what draws takes a second to load
    from maps.still.sketch import Bounds, Frame, Ground, Sketch

_NAME: Final = "service_circle_sketch"
_ROOT: Final = '<div class="sketch-root"></div>'
# The ground reaches so far beyond what is shown first: enough to look around.
_AROUND_M = 4_000.0


def list_map(sketch: Sketch, frame: Frame, *, key: str) -> tuple[float, float] | None:
    """Draw a map; the place (lon, lat) clicked just now, if it can be clicked and was."""
    from maps.safe_text import Voice
    from maps.still.sketch import sketch_data, widened

    language = choices().language
    around = widened(sketch.bounds, _AROUND_M)
    other = _OTHER_GROUND.get()
    path = city_view().folder / "basemap.bin" if other is None else other.path
    ground = _ground(str(path), _rounded(around), language)
    return show_map(sketch_data(sketch, ground, frame, Voice.of(language)), key=key)


def show_map(data: Mapping[str, Any], *, key: str) -> tuple[float, float] | None:
    """Draw what `sketch_data` described; the place (lon, lat in degrees) just clicked, if any."""
    # A click or a drop runs the page anew; there is nothing else to do.
    result = _element()(
        key=key, data=dict(data), on_place_change=lambda: None, on_dropped_change=lambda: None
    )
    place = getattr(result, "place", None)
    return (float(place[0]), float(place[1])) if place else None


@st.cache_resource(show_spinner=False)
def _element() -> Any:
    from maps.still.sketch import sketch_script, sketch_style

    return st.components.v2.component(_NAME, html=_ROOT, css=sketch_style(), js=sketch_script())


@dataclass(frozen=True)
class OtherGround:
    """A basemap's file, and what is shown of it at first (west, south, east, north in degrees)."""

    path: Path
    bounds: Bounds


_OTHER_GROUND: Final[ContextVar[OtherGround | None]] = ContextVar("other ground", default=None)


@contextmanager
def on_ground(ground: OtherGround) -> Iterator[None]:
    """Small maps are drawn on this ground instead of that of the city in use."""
    before = _OTHER_GROUND.set(ground)
    try:
        yield
    finally:
        _OTHER_GROUND.reset(before)


def city_bounds() -> Bounds:
    """West, south, east, north of the city in use, or of the ground that maps are drawn on instead."""
    other = _OTHER_GROUND.get()
    if other is not None:
        return other.bounds
    return _bounds(str(city_view().folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _bounds(folder: str) -> Bounds:
    from jobs.cache.results import bounds_of

    return bounds_of(Path(folder))


@st.cache_resource(max_entries=24, show_spinner=False)
def _ground(path: str, around: Bounds, language: str) -> Ground:
    from maps.basemap import decode
    from maps.safe_text import Voice
    from maps.still.sketch import ground_of

    return ground_of(decode(Path(path).read_bytes()), around, Voice.of(language))


def _rounded(bounds: Bounds) -> Bounds:
    """Whole hundredths of a degree, so that maps of one neighbourhood share their ground."""
    west, south, east, north = bounds
    return (round(west - 0.005, 2), round(south - 0.005, 2), round(east + 0.005, 2), round(north + 0.005, 2))


if TYPE_CHECKING:  # what draws takes a second to load
    from jobs.assess.folder import Assessed
    from maps.cells_image import CellsImage
    from maps.still.sketch import Bounds, Dots


def picture_of(reading: Reading) -> CellsImage:
    """Where the cells lie on a picture; made once a city."""
    measure_once()
    return _image(reading.key, reading.slow)


def dots_of(done: Assessed, rows: Any = None, *, look: str = "plain") -> Dots:
    """Facilities (all, or rows of the table) as points with their names."""
    from maps.still.sketch import Dots

    table = done.inputs.study.facilities
    lon, lat = table.lonlat()
    names = table.frame["name"].to_numpy(str)
    if rows is not None:
        lon, lat, names = lon[rows], lat[rows], names[rows]
    return Dots(lon, lat, look, names.tolist())


def city_box(done: Assessed) -> Bounds:
    """Where people live."""
    import numpy as np

    grid = done.inputs.study.grid
    lived = np.flatnonzero(grid.residents > 0)
    lon, lat = grid.lonlat()
    return float(lon[lived].min()), float(lat[lived].min()), float(lon[lived].max()), float(lat[lived].max())


def legend(entries: Sequence[tuple[str, Sayable]]) -> None:
    """Colour and meaning, in one row under the map."""
    tr = words()
    keys = "".join(
        f'<span><i style="background:{colour}"></i>{in_html(tr(word))}</span>' for colour, word in entries
    )
    st.html(f'<div class="legend-row">{keys}</div>')


@st.cache_resource(max_entries=3, show_spinner=False)
def _image(key: str, slow: bool) -> CellsImage:
    from jobs.assess.pictures import image_of

    return image_of(assessed_under(key, slow=slow).inputs.study)
