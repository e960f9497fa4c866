"""Any file of residents that is no raster as tables: sheets of a workbook, texts, map layers."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.errors import InputError
from data.formats.layers import opened
from data.formats.sheets.read import read_files
from data.formats.tables import has_wkt, read_text_table
from data.formats.unpack import Piece, first_bytes, pieces_of
from data.population.tables.coordinates import is_place_title
from data.population.tables.heads import AGES, GROUP, OTHER, RESIDENTS, understood

# A header stands below a title and the name of the office, not deep in the table.
_HEADER_ROWS: Final = 12
# 人口数, 合计 and ages, men and women stand one below the other, not more.
_HEADER_DEPTH: Final = 3
_YEARS: Final = re.compile(r"(?:19|20)\d\d(?:\.0)?年?(?:[末底])?|(?:第?[五六七]次?(?:人口)?普查?)")
_WHOLE: Final = re.compile(r"小计|合计|总计|共计|计|total", re.IGNORECASE)
_NOTE: Final = re.compile(r"\s*[（(]?(?:注|备注|说明|单位|资料来源|数据来源|note|source|unit)", re.IGNORECASE)
_NOTE_ROWS: Final = 8
PART_ROWS: Final = 100_000_000
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".dat")
_HEAD_BYTES: Final = 65536


@dataclass(frozen=True)
class Sheet:
    """One table or map layer. `frame`'s index counts rows as the spreadsheet does (a map layer's from 1);
    a GeoDataFrame where the file has shapes. `title` is what stands above the header, `notes` below the
    table (注：单位为万人). A table of several sheets (`parts`) counts each one's rows from `PART_ROWS` on."""

    name: str
    frame: pd.DataFrame
    title: str = ""
    synthetic: bool = False
    notes: str = ""
    parts: tuple[str, ...] = ()

    @property
    def shapes(self) -> gpd.GeoSeries | None:
        """The rows' shapes; None for a table without any."""
        frame = self.frame
        if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
            return None
        return frame.geometry

    def at(self, row: int) -> tuple[str, int]:
        """The sheet and the row in it that a row of the frame's index is."""
        return (self.parts[row // PART_ROWS], row % PART_ROWS) if self.parts else (self.name, row)

    @property
    def titles(self) -> list[str]:
        """The columns' titles, without that of the shapes."""
        own = self.frame.geometry.name if isinstance(self.frame, gpd.GeoDataFrame) else None
        return [str(name) for name in self.frame.columns if name != own]


def sheets_of(path: Path) -> tuple[Sheet, ...]:
    """All tables and layers of a file or an archive. InputError that names what the file is otherwise."""
    start = first_bytes(path)
    if start.startswith(_OLE) or _is_workbook(path, start):
        return _workbook_sheets(path)
    sheets: list[Sheet] = []
    with pieces_of(path) as pieces:
        texts = [piece for piece in pieces if _is_text(piece)]
        books = [
            piece for piece in pieces if len(pieces) > 1 and _is_workbook(piece.path, first_bytes(piece.path))
        ]
        sheets += [sheet for piece in books for sheet in _workbook_sheets(piece.path)]
        for piece in texts:
            frame, title = _text_frame(piece.path, path.name)
            frame, notes = _without_notes(frame)
            sheets.append(Sheet("" if len(pieces) == 1 else piece.name, frame, title, notes=notes))
        if len(texts) + len(books) == len(pieces):
            return tuple(sheets)
    if sheets:
        return tuple(sheets)
    return tuple(_map_sheets(path))


def _is_workbook(path: Path, start: bytes) -> bool:
    if start.startswith(_OLE):
        return True
    if path.suffix.lower() in (".html", ".htm", ".mht") or start.lstrip()[:5].lower() in (b"<html", b"<tabl"):
        return True
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return True
    if not start.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return path.suffix.lower() in (".xlsx", ".et", ".ods")
    return "[Content_Types].xml" in names or ("content.xml" in names and "mimetype" in names)


def _is_text(piece: Piece) -> bool:
    """Whether a file is a text table without shapes."""
    if piece.path.is_dir():
        return False
    head = first_bytes(piece.path, _HEAD_BYTES)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = head.replace(b"\0", b"")[2:].lstrip()
    elif b"\0" in head:
        return False
    if not start or start[:1] in (b"{", b"[", b"<", b"\x1e", b"%"):
        return False
    if has_wkt(start.decode("utf-8", "replace")):
        return False
    return piece.suffix in _TEXT_SUFFIXES or (
        b"\n" in start and any(sep in start for sep in (b",", b"\t", b";"))
    )


def _text_frame(path: Path, file: str) -> tuple[pd.DataFrame, str]:
    """The table, its header looked for in the first rows; and what stands above."""
    frame = read_text_table(path, file)
    rows = [list(map(_untitled, frame.columns)), *frame.head(_HEADER_ROWS).to_numpy(object).tolist()]
    rows = [["" if cell is None or cell != cell else str(cell).strip() for cell in row] for row in rows]
    at = _header_row(rows)
    titles, first = _titles(rows, at, ())
    if first == 1:
        return frame.set_axis(range(2, len(frame) + 2)), ""
    title = " ".join(cell for row in rows[:at] for cell in row if cell)
    body = frame.iloc[first - 1 :]
    body = body.set_axis(titles, axis=1).set_axis(range(first + 1, first + 1 + len(body)))
    return body.loc[:, ~body.columns.duplicated() & (body.columns != "")], title


def _untitled(title: object) -> str:
    return "" if "Unnamed" in str(title) else str(title)


def _workbook_sheets(path: Path) -> tuple[Sheet, ...]:
    read = read_files([path])[0]
    if read.problem is not None:
        raise InputError("{file}: {problem}", file=path.name, problem=read.problem)
    sheets = []
    for raw in read.sheets:
        rows = [[_word(cell) for cell in row] for row in raw.rows]
        if not any(any(row) for row in rows):
            continue
        at = _header_row(rows[: _HEADER_ROWS + 1])
        titles, body = _titles(rows, at, raw.merged)
        width = len(titles)
        frame = pd.DataFrame(
            [[*row, *[""] * width][:width] for row in rows[body:]],
            columns=titles,
            index=range(body + 1, len(rows) + 1),
        )
        frame = frame.loc[:, [bool(t) and titles.index(t) == k for k, t in enumerate(titles)]]
        frame, notes = _without_notes(frame[(frame != "").any(axis=1)])
        title = " ".join(word for row in rows[:at] for word in row if word)
        sheets.append(Sheet(raw.name, frame, title, notes=notes))
    if not sheets:
        raise InputError("{file}: no sheet holds a table.", file=path.name)
    return tuple(sheets)


def _without_notes(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table without the remarks below it, and these: rows of which one cell alone is filled."""
    last = frame.tail(_NOTE_ROWS).astype(str)
    cells = last.where(~last.isin(["", "nan", "None"]))
    alone = cells[cells.notna().sum(axis=1) == 1].bfill(axis=1)
    said = {row: words[0] for row, *words in alone.itertuples() if words and _NOTE.match(words[0])}
    return frame.drop(index=list(said)), " ".join(said.values())


def _titles(
    rows: Sequence[Sequence[str]], at: int, merged: Sequence[tuple[int, int, int, int]]
) -> tuple[list[str], int]:
    """The titles of the header in row `at`, and the first row below it.

    Where the rows below it hold titles too (合计 and 60岁以上 below 人口数, 男 and 女 below these; years
    below 常住人口), each is read with what stands above: a merged cell over its whole range, and where no
    cell is merged a title over the empty cells to its right.
    """
    titles = list(rows[at])
    for place in range(at + 1, min(at + _HEADER_DEPTH, len(rows))):
        below = [*rows[place], *[""] * len(titles)][: len(titles)]
        if not _are_titles(below, rows[place - 1]):
            return titles, place
        above, own = list(titles), rows[place - 1]
        for top, left, bottom, right in merged:
            if top <= place - 1 <= bottom:
                above[left : right + 1] = [titles[left]] * (min(right + 1, len(titles)) - left)
        if not merged:
            for k in range(1, len(above)):
                empty = k >= len(own) or not own[k]
                above[k] = above[k - 1] if empty and below[k] and not above[k] else above[k]
        titles = [_joined(*pair) for pair in zip(above, below, strict=True)]
    return titles, min(at + _HEADER_DEPTH, len(rows))


def _are_titles(row: Sequence[str], above: Sequence[str]) -> bool:
    """Whether a row below titles holds titles too: words of people and places, or years below an empty or
    merged cell."""
    filled = [cell for cell in row if cell]
    if filled and all(map(_YEARS.fullmatch, filled)):
        return len(filled) > 1 and sum(map(bool, above)) < len(row)
    return not any(map(_is_number, filled)) and any(map(_is_title, filled))


def _joined(above: str, below: str) -> str:
    """One title of two: the lower alone where it says all (经度 below 坐标), the upper where the lower is
    its English."""
    both = f"{above}_{below}"
    if not above or not below or above == below:
        return below or above
    if _WHOLE.fullmatch(below) and understood(above).kind != OTHER:
        return above
    if is_place_title(below):
        return both if is_place_title(both) else below
    upper, lower, joined = understood(above), understood(below), understood(both)
    if below.isascii() and not above.isascii() and upper.kind != OTHER and upper.kind == lower.kind:
        return above
    alone = lower.kind in (RESIDENTS, AGES, GROUP) and not lower.weak
    return below if alone and joined.kind == OTHER else both


def _is_title(word: str) -> bool:
    return bool(word) and (understood(word).kind != OTHER or is_place_title(word))


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", ""))
    except ValueError:
        return False
    return True


def _header_row(rows: Sequence[Sequence[Any]]) -> int:
    """The row whose cells say most of what a table of residents has, the first of those that say as much; the
    one above where that holds titles too (人口数 above 男 and 女)."""
    scores = [sum(_is_title(str(cell).strip()) for cell in row) for row in rows]
    if not scores or not max(scores):
        return 0
    best = int(np.argmax(scores))
    while best:
        upper = [str(cell).strip() for cell in rows[best - 1] if str(cell).strip()]
        if len(upper) < 2 or not any(map(_is_title, upper)) or any(map(_is_number, upper)):
            break
        best -= 1
    return best


def _word(cell: object) -> str:
    """A code that a spreadsheet holds as a number is 320102, not 320102.0."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _map_sheets(path: Path) -> Iterator[Sheet]:
    with opened(path) as file:
        # A Parquet says in its metadata that its people are invented.
        synthetic = False
        if first_bytes(path).startswith(b"PAR1"):
            import pyarrow.parquet as pq

            synthetic = b"synthetic" in (pq.ParquetFile(path).schema_arrow.metadata or {})
        for info in file.layers:
            layer = file.read(info)
            if len(layer.unclosed):
                raise InputError(
                    "{file}: {count} outlines do not close, the first in row {row}. Please send them "
                    "complete.",
                    file=path.name,
                    count=len(layer.unclosed),
                    row=int(layer.unclosed[0]) + 1,
                )
            frame = layer.frame.set_axis(range(1, len(layer.frame) + 1))
            yield Sheet(layer.name, frame, synthetic=synthetic)
