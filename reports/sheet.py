"""A workbook's worksheets, filled from the top: each says what it is of, each column has the format of its
kind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, BinaryIO, Final

import pandas as pd
import xlsxwriter

from core.progress import Progress, silent
from core.text import text

# Kind of a column → how its numbers are shown. Codes are texts; a share has as many decimals as it takes
# not to read 100 % while somebody is left out, nor 0 % while somebody is in.
FORMATS: Final = {
    "text": "@",
    "words": "@",
    "people": "#,##0",
    "count": "#,##0",
    "metres": "#,##0",
    "share": "0.0%",
    "percent": "0.0",
    "degrees": "0.000000",
    "km2": "#,##0.00",
    "minutes": "0.0",
    "ratio": "0.00",
    "number": "#,##0.00",
    "year": "0",
    "date": "yyyy-mm-dd",
}
MEASURES: Final = text(
    "Residents in persons, distances in metres, areas in square kilometres, coordinates in degrees (WGS-84)."
)
_MOST_DECIMALS: Final = 6
# Longer tables are printed to their first rows only: nobody reads a hundred pages of them.
_PRINTED: Final = 100
_LINE_PT: Final = 15.0
_LATIN: Final = 0x2E7F


# A footer holds 255 characters, codes included.
_MOST_FOOTER: Final = 220


# A page of A4 between its margins and a character of a column (as the widest program draws it), in
# millimetres; the smallest text on paper.
_PAGE_MM: Final = 261.0
_CHARACTER_MM: Final = 2.5
_FONT_PT, _SMALLEST_PT = 11.0, 6.0
# Columns that say what a row is of: they stand on every page.
_REPEATED: Final = 2


def workbook(buffer: BinaryIO) -> xlsxwriter.Workbook:
    """An empty workbook in 宋体 that is written into `buffer` when it is closed.

    Texts stay texts: a facility called "=1+1" must not become a formula. The options are made anew each
    time, since xlsxwriter writes into them: the second workbook of a process had other bytes than the first.
    Without a scheme the font is the one named, not the theme's."""
    return xlsxwriter.Workbook(
        buffer,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "in_memory": True,
            "default_format_properties": {"font_name": "宋体", "font_size": 11, "font_scheme": "none"},
        },
    )


def pages_begin(widths: Sequence[float]) -> list[int]:
    """With which columns the pages begin that columns of so many characters take side by side, with no text
    below 6 pt; none is divided.

    >>> pages_begin([20.0] * 5), pages_begin([20.0] * 14)
    ([0], [0, 9])
    """
    room = _PAGE_MM / _CHARACTER_MM * _FONT_PT / _SMALLEST_PT
    begin, filled = [0], 0.0
    for number, width in enumerate(widths):
        if filled and filled + width > room:
            begin.append(number)
            filled = sum(widths[: min(_REPEATED, number)])
        filled += width
    return begin


class Book:
    """An xlsxwriter workbook whose every sheet begins with what it is of: `about` are (line, style) pairs,
    `{sheet}` in a line standing for the sheet's own name; `footer` is printed below every page. With a
    sentence `cut` ({n} rows are printed) longer tables are cut on paper, and it stands above them."""

    def __init__(
        self, book: Any, about: Sequence[tuple[str, dict[str, object]]], footer: str = "", cut: str = "",
        progress: Progress = silent,
    ) -> None:  # fmt: skip
        self.xlsx, self._about, self._footer, self.cut = book, about, footer, cut
        self._progress, self._sheets = progress, 0
        self._looks: dict[tuple[tuple[str, object], ...], Any] = {}
        self._of_cells: dict[tuple[str, str], Any] = {}

    def sheet(self, name: str, widths: Sequence[float]) -> Sheet:
        """A new sheet with columns so wide; on paper landscape, as many pages wide as it takes to be read."""
        self._sheets += 1
        self._progress(0.0, text("Writing the workbook: sheet {n}", n=self._sheets))
        page = self.xlsx.add_worksheet(name)
        page.set_landscape()
        page.set_paper(9)
        pages = len(pages_begin(widths))
        page.fit_to_pages(pages, 0)
        if pages > 1:
            page.repeat_columns(0, _REPEATED - 1)
        page.set_footer(f"&L{_for_footer(self._footer)}&R&P / &N")
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        sheet = Sheet(self, page, widths)
        for line, style in self._about:
            sheet.note(line.replace("{sheet}", name), **style)
        return sheet

    def look(self, **properties: object) -> Any:
        """A cell format; the same properties give the same one."""
        key = tuple(sorted(properties.items()))
        if key not in self._looks:
            self._looks[key] = self.xlsx.add_format({"valign": "top", **properties})
        return self._looks[key]

    def look_of_cell(self, kind: str, shown: str) -> Any:
        """That of a table's cell of a kind, whose value is shown as the number format says."""
        key = kind, shown
        if key not in self._of_cells:
            # A number does not stand up against the text of the next column.
            more = {"align": "right", "indent": 1} if shown not in ("@", FORMATS["date"]) else {}
            self._of_cells[key] = self.look(
                num_format=shown, **more, **({"text_wrap": True} if kind == "words" else {})
            )
        return self._of_cells[key]


class Sheet:
    """A worksheet that is filled from the top; `head_row` is where the last table's header stands, from 0."""

    def __init__(self, book: Book, page: Any, widths: Sequence[float]) -> None:
        self._book, self._page, self._widths = book, page, widths
        self._row = self.head_row = 0

    def line(self, values: Iterable[object], kinds: Sequence[str] = (), **style: object) -> None:
        """The next row, of these kinds where they are given; `style` are xlsxwriter format properties."""
        shown = list(values)
        self._high(
            max(
                (_lines(value, self._widths[column]) for column, value in enumerate(shown)
                 if column < len(self._widths)),
                default=1,
            )
        )  # fmt: skip
        for column, (value, kind) in enumerate(zip_longest(shown, kinds)):
            of_kind = {"num_format": FORMATS[kind]} if kind else {}
            look = self._book.look(text_wrap=True, **style, **of_kind)
            if _is_number(value):
                self._page.write_number(self._row, column, value, look)
            else:
                write = self._page.write_string if _shown(value) else self._page.write_blank
                write(self._row, column, _shown(value), look)
        self._row += 1

    def note(self, words: str, **style: object) -> None:
        """A sentence over the columns of the first page: beyond them it would make every page smaller."""
        across = [*pages_begin(self._widths), len(self._widths)][1]
        look = self._book.look(text_wrap=True, **style)
        if across > 1:
            self._page.merge_range(self._row, 0, self._row, across - 1, "", look)
        self._page.write_string(self._row, 0, words, look)
        grown = float(str(style.get("font_size", _FONT_PT))) / _FONT_PT
        self._high(_lines(words, sum(self._widths[:across]) / grown) * grown)
        self._row += 1

    def _high(self, lines: float) -> None:
        """Not every program finds the height of wrapped text by itself."""
        if lines > 1:
            self._page.set_row(self._row, _LINE_PT * lines)

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[object]], kinds: Sequence[str | Sequence[str]]
    ) -> None:
        """A bold header that stays in view and on every page, then the rows, with filters; `kinds` are keys
        of FORMATS, one a column, or one for each of its rows; "words" are whole sentences, which are
        wrapped."""
        listed = list(rows)
        cut = self._book.cut and len(listed) > _PRINTED
        if cut:
            self.note(self._book.cut.replace("{n}", str(_PRINTED)), font_color="#555555")
        self.head_row = self._row
        self.line(head, bold=True, bg_color="#e8edf2", bottom=1)
        self._page.freeze_panes(self._row, 0)
        self._page.repeat_rows(self.head_row)
        for number, row in enumerate(listed):
            for column, (value, of_column) in enumerate(zip(row, kinds, strict=True)):
                kind = of_column if isinstance(of_column, str) else of_column[number]
                self._cell(column, value, kind)
            said = [
                _lines(value, self._widths[column])
                for column, (value, kind) in enumerate(zip(row, kinds, strict=True))
                if kind == "words"
            ]
            self._high(max(said, default=1))
            self._row += 1
        if self._row > self.head_row + 1:
            self._page.autofilter(self.head_row, 0, self._row - 1, len(head) - 1)
        if cut:
            self._page.print_area(0, 0, self.head_row + _PRINTED, len(head) - 1)

    def chart(self, chart: Any, *, column: int) -> None:
        """An xlsxwriter chart beside the table, from its second row on."""
        self._page.insert_chart(self.head_row + 1, column, chart)

    def _cell(self, column: int, value: object, kind: str) -> None:
        look = self._book.look_of_cell
        if isinstance(value, dt.date):
            self._page.write_datetime(self._row, column, value, look("date", FORMATS["date"]))
        elif kind not in ("text", "words") and _is_number(value):
            shown = _format(kind, float(value))  # type: ignore[arg-type]
            self._page.write_number(self._row, column, value, look(kind, shown))
        else:
            # Nothing is an empty cell, not an empty text: programs count and filter by it.
            said = _shown(value)
            write = self._page.write_string if said else self._page.write_blank
            write(self._row, column, said, look(kind, FORMATS["text"]))


def _lines(value: object, width: float) -> int:
    """How many lines a text takes in so many characters; a Chinese one is two digits wide, and a cell has
    a margin."""
    if not isinstance(value, str):
        return 1
    wide = sum(2.1 if ord(sign) > _LATIN else 1.1 for sign in value)
    return max(1, math.ceil(wide / max(width - 0.8, 1.0)))


def _for_footer(words: str) -> str:
    """“&” begins a code there; a number after the font's size would belong to it."""
    doubled = words.replace("&", "&&")
    return doubled if len(doubled) <= _MOST_FOOTER else f"{words[: _MOST_FOOTER // 2]}…".replace("&", "&&")


def share_format(share: float) -> str:
    """One decimal, or as many as keep a share below 1 from reading 100 % and one above 0 from reading 0 %.

    >>> share_format(0.5), share_format(0.99996), share_format(1.0)
    ('0.0%', '0.000%', '0.0%')
    """
    for decimals in range(1, _MOST_DECIMALS):
        if 0 < share < 1 and round(share * 100, decimals) in (0, 100):
            continue
        return f"0.{'0' * decimals}%"
    return f"0.{'0' * _MOST_DECIMALS}%"


def _format(kind: str, value: float) -> str:
    """How a number of a kind is shown: a share and a percentage never as whole or nothing that they are not,
    any other number without decimals that are zero ("#,##0.##" shows a whole one as “5.”)."""
    if kind == "share":
        return share_format(value)
    if kind == "percent":
        return share_format(value / 100.0).removesuffix("%")
    if kind == "number":
        decimals = len(f"{value:.2f}".rstrip("0").rpartition(".")[2])
        return f"#,##0.{'0' * decimals}".rstrip(".")
    return FORMATS[kind]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "∞" if value == float("inf") else "" if value != value else f"{value:g}"
    return "" if value is None or value is pd.NA else str(value)
