"""What a browser prints, read back: one sheet, whole and legible."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw


def assert_one_whole_sheet(path: Path) -> None:
    """One page; title, verdicts, legend and scale stand on it, inside its rim, none smaller than 7.5 pt."""
    document = pdfium.PdfDocument(path)
    assert len(document) == 1
    page = document[0]
    width, height = page.get_size()
    text = page.get_textpage()
    # Some versions write radicals in place of the characters that look the same.
    said = unicodedata.normalize("NFKC", text.get_text_range())
    for word in ("小镇", "未达标", "图例", "OpenStreetMap"):
        assert word in said
    boxes = [text.get_charbox(i, loose=True) for i in range(text.count_chars())]
    seen = [box for box in boxes if box[2] > box[0]]
    assert min(box[0] for box in seen) >= 0
    assert max(box[2] for box in seen) <= width
    assert min(box[1] for box in seen) >= 0
    assert max(box[3] for box in seen) <= height
    assert min(points(text, i) for i, box in enumerate(boxes) if box[2] > box[0]) >= 7.4
    ink = page.render(scale=0.5, grayscale=True).to_numpy().squeeze()
    # The map is drawn: ground, cells, streets and marks are many greys, text on white alone is few.
    assert len(set(ink[:, ink.shape[1] // 2 :].ravel().tolist())) > 20


def points(text: pdfium.PdfTextPage, i: int) -> float:
    """The size of a character on paper: its font's, as its matrix stretches it."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, i, matrix)
    return float(raw.FPDFText_GetFontSize(text, i)) * (matrix.c**2 + matrix.d**2) ** 0.5
