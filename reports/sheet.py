"""One worksheet, filled from the top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd

# Texts stay texts: a facility called "=1+1" must not become a formula.
OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


class Sheet:
    """A worksheet; `book` is an xlsxwriter workbook, `widths` those of its columns."""

    def __init__(self, book: Any, name: str, widths: Sequence[float]) -> None:
        self._book = book
        self._sheet = book.add_worksheet(name)
        self._row = 0
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)

    def line(self, values: Iterable[object], **style: object) -> None:
        """The next row; `style` are xlsxwriter format properties."""
        form = self._book.add_format({"valign": "top", "text_wrap": True, **style})
        for column, value in enumerate(values):
            self._cell(column, value, form)
        self._row += 1

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        percent: Sequence[bool] = (),
        decimals: int = 3,
    ) -> None:
        """A bold header that stays in view, then the rows; columns of shares as percentages, other numbers
        with at most so many decimals."""
        self.line(head, bold=True, bg_color="#e8edf2", bottom=1)
        self._sheet.freeze_panes(self._row, 0)
        plain = self._book.add_format({"valign": "top", "num_format": "#,##0." + "#" * decimals})
        share = self._book.add_format({"valign": "top", "num_format": "0.0%"})
        forms = [share if is_share else plain for is_share in percent] or [plain] * len(head)
        for row in rows:
            for column, (value, form) in enumerate(zip(row, forms, strict=True)):
                self._cell(column, value, form)
            self._row += 1

    def chart(self, chart: Any, *, column: int) -> None:
        """An xlsxwriter chart beside the table, from its second row on."""
        self._sheet.insert_chart(1, column, chart)

    def _cell(self, column: int, value: object, form: object) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
            self._sheet.write_number(self._row, column, value, form)
        else:
            self._sheet.write_string(self._row, column, _shown(value), form)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "∞" if value == float("inf") else ""
    return "" if value is None or value is pd.NA else str(value)
