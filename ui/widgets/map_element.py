"""A small map within the page, on which a place can be clicked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

_NAME: Final = "service_circle_sketch"
_ROOT: Final = '<div class="sketch-root"></div>'


def show_map(data: Mapping[str, Any], *, key: str) -> tuple[float, float] | None:
    """Draw what `maps.sketch.sketch_data` described; the place (lon, lat in degrees) just clicked, if any."""
    result = _element()(key=key, data=dict(data), on_place_change=_noted)
    place = getattr(result, "place", None)
    return (float(place[0]), float(place[1])) if place else None


def _noted() -> None:
    """A click runs the page anew; there is nothing else to do."""


@st.cache_resource(show_spinner=False)
def _element() -> Any:
    from maps.sketch import sketch_script, sketch_style

    return st.components.v2.component(_NAME, html=_ROOT, css=sketch_style(), js=sketch_script())
