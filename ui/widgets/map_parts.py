"""Parts that the reach page's sections share: the facilities as points, the city's picture, the legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.text import Sayable
from ui.shell.choices import words
from ui.shell.measured import Reading, assessed_under
from ui.shell.safe import in_html

if TYPE_CHECKING:  # what draws takes a second to load
    from jobs.assess.folder import Assessed
    from maps.cells_image import CellsImage
    from maps.sketch import Bounds, Dots


def picture_of(reading: Reading) -> CellsImage:
    """Where the cells lie on a picture; made once a city."""
    return _image(reading.key, reading.slow)


def dots_of(done: Assessed, rows: Any = None, *, look: str = "plain") -> Dots:
    """Facilities (all, or rows of the table) as points with their names."""
    from maps.sketch import Dots

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
