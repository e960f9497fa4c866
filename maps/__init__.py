"""Results as maps that need no network: `render_map(model, language="zh")` gives one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maps.model import MapModel


def render_map(model: MapModel, *, language: str, profile: str = "internal") -> str:
    """See `maps.render.render_map`; what draws takes a second to import, so it is loaded when first drawn."""
    from maps.render import render_map as render

    return render(model, language=language, profile=profile)


__all__ = ["render_map"]
