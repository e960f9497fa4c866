"""The maps that a briefing names, drawn once for all forms of one language and profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from locales import Translator
from maps.cells_image import CellsImage, cells_image
from maps.model import MapModel
from maps.still.still import still
from maps.still.view import StillView
from reports.briefing.model import View
from reports.typeset import picture

Size = tuple[float, float]
# Of a whole slide or half a page: width and height in units of the drawing.
WIDE: Final[Size] = (1200.0, 760.0)
# Of the whole and half the width of a page: so many units that the words on a map are read on paper, about 7
# and 6 points.
FULL: Final[Size] = (900.0, 675.0)
HALF: Final[Size] = (520.0, 430.0)
# Pixels across on a slide.
SLIDE_PX: Final = 2400


@dataclass
class Pictures:
    """Maps of one result as SVG and PNG; each is drawn the first time it is asked for."""

    model: MapModel
    tr: Translator
    public: bool = False
    _image: CellsImage | None = None
    _made: dict[tuple[str, Size, int], bytes] = field(default_factory=dict)

    def svg(self, view: View, size: Size = WIDE) -> bytes:
        """The map as vectors over the picture of the cells."""
        key = (view.key, size, 0)
        if key not in self._made:
            if self._image is None and len(self.model.cells):
                self._image = cells_image(self.model.cells)
            asked = StillView(view.colour, view.bounds, view.gaps, view.ranks, view.sites, self.public)
            self._made[key] = still(self.model, self._image, asked, tr=self.tr, size=size).encode()
        return self._made[key]

    def png(self, view: View, size: Size = WIDE, width_px: int = SLIDE_PX) -> bytes:
        """The same as pixels, so many across."""
        key = (view.key, size, width_px)
        if key not in self._made:
            self._made[key] = picture(self.svg(view, size).decode(), width_px=width_px)
        return self._made[key]
