"""Web pages that call themselves .xls: the tables of an HTML file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from html.parser import HTMLParser
from typing import Final

from core.text import text
from data.formats.encoding import decode
from data.formats.limits import Limits
from data.formats.raw import Range, RawSheet, Row, UnreadableError
from data.formats.sheets.spreadsheet import require_size

_MOST_SPAN: Final = 5_000


@dataclass
class _Table:
    rows: list[Row] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)


class _Tables(HTMLParser):
    """Collects the cells of every table; a table inside a cell is a table of its own."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.done: list[_Table] = []
        self._open: list[_Table] = []
        self._words: list[str] | None = None
        self._spans = (1, 1)
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self._open.append(_Table())
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].rows.append([])
            require_size("", len(self._open[-1].rows), 1, self.limits)
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            named = dict(attrs)
            self._spans = (_span(named.get("rowspan")), _span(named.get("colspan")))
            self._words = []
        elif tag in ("script", "style"):
            self._hidden += 1
        elif tag == "br" and self._words is not None:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if tag == "table" and self._open:
            self.done.append(self._open.pop())
        elif tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if self._words is not None and not self._hidden:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()
        self.done.extend(reversed(self._open))
        self._open = []

    def _end_cell(self) -> None:
        if self._words is None or not self._open:
            return
        written = " ".join("".join(self._words).split())
        self._words = None
        table = self._open[-1]
        if not table.rows:
            table.rows.append([])
        self._place(table, written or None)

    def _place(self, table: _Table, cell: str | None) -> None:
        top, row = len(table.rows) - 1, table.rows[-1]
        while (top, len(row)) in table.taken:
            row.append(None)
        left = len(row)
        height, width = self._spans
        require_size("", top + height, left + width, self.limits)
        row.extend([cell, *[None] * (width - 1)])
        if height > 1 or width > 1:
            table.merged.append((top, left, top + height - 1, left + width - 1))
            table.taken.update(
                (r, c) for r in range(top + 1, top + height) for c in range(left, left + width)
            )


def read_html(content: bytes, limits: Limits) -> tuple[RawSheet, ...]:
    """Every table of the page that has two rows or more; UnreadableError if there is none."""
    parser = _Tables(limits)
    parser.feed(_page_of(content))
    parser.close()
    tables = [table for table in parser.done if len(table.rows) > 1]
    if not tables:
        raise UnreadableError(
            text("The file is a web page without a table. Save the list as .xlsx and send that.")
        )
    return tuple(
        RawSheet(f"{number}" if len(tables) > 1 else "", table.rows, tuple(table.merged))
        for number, table in enumerate(tables, start=1)
    )


def _page_of(content: bytes) -> str:
    """The text of a page, or of the page with the most tables in a web archive (MHTML), as Excel saves
    one."""
    if not content.lstrip()[:12].lower().startswith(b"mime-version"):
        return decode(content)
    pages = []
    for part in message_from_bytes(content).walk():
        packed = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(packed, bytes):
            pages.append(decode(packed))
    return max(pages, key=lambda page: page.lower().count("<td"), default="")


def _span(written: str | None) -> int:
    given = int(written) if written and re.fullmatch("[0-9]{1,9}", written) else 1
    return min(max(given, 1), _MOST_SPAN)
