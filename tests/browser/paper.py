"""What a browser prints, read back: one sheet, whole and legible."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

# Of the smaller of two characters' boxes: kerning and accents overlap by less.
_MOST_SHARED: Final = 0.4


# Title, verdicts, legend and credit of the tiny town.
ALWAYS: Final = ("小镇", "未达标", "图例", "OpenStreetMap")


def assert_one_whole_sheet(path: Path, *words: str) -> str:
    """One page; `words` stand on it, and all of it is inside its rim, none smaller than 7.5 pt, no
    character over another. Returns what it says, without spaces."""
    document = pdfium.PdfDocument(path)
    assert len(document) == 1
    page = document[0]
    said = legible(page)
    for word in words:
        assert word in said
    ink = page.render(scale=0.5, grayscale=True).to_numpy().squeeze()
    # The map is drawn: ground, cells, streets and marks are many greys, text on white alone is few.
    assert len(set(ink[:, ink.shape[1] // 2 :].ravel().tolist())) > 20
    return said


def legible(page: pdfium.PdfPage) -> str:
    """What a page says, without spaces; all of it is inside its rim, none smaller than 7.5 pt, no character
    over another."""
    width, height = page.get_size()
    text = page.get_textpage()
    # Some versions write radicals in place of the characters that look the same.
    said = "".join(unicodedata.normalize("NFKC", text.get_text_range()).split())
    boxes = [text.get_charbox(i, loose=True) for i in range(text.count_chars())]
    seen = [box for box in boxes if box[2] > box[0]]
    assert min(box[0] for box in seen) >= 0
    assert max(box[2] for box in seen) <= width
    assert min(box[1] for box in seen) >= 0
    assert max(box[3] for box in seen) <= height
    assert min(points(text, i) for i, box in enumerate(boxes) if box[2] > box[0]) >= 7.4
    drawn = [i for i, box in enumerate(boxes) if box[2] > box[0] and text.get_text_range(i, 1).strip()]
    assert not collisions(np.array([text.get_charbox(i) for i in drawn]))
    return said


def collisions(boxes: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of boxes (left, bottom, right, top) that share more than kerning explains."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    sides = np.minimum(high, high.transpose(1, 0, 2)) - np.maximum(low, low.transpose(1, 0, 2))
    shared = np.triu(sides.clip(0.0).prod(axis=2), k=1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return [(int(i), int(j)) for i, j in np.argwhere(shared > _MOST_SHARED * np.minimum(area, area[:, None]))]


def points(text: pdfium.PdfTextPage, i: int) -> float:
    """The size of a character on paper: its font's, as its matrix stretches it."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, i, matrix)
    return float(raw.FPDFText_GetFontSize(text, i)) * (matrix.c**2 + matrix.d**2) ** 0.5
