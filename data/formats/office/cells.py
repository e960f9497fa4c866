"""Single cells of somebody's list read and set, in the file's own layout: everything else stays as it was."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lxml import etree

from core.errors import InputError
from core.text import printable
from data.formats.encoding import decode
from data.formats.office.annotate import is_package
from data.formats.office.package import Book, PackageError, column_of, letters, speakable
from data.formats.sheets.delimited import delimiter_of

# (sheet, row, column), both counted from 1; the sheet of a text table is "".
Place = tuple[str, int, int]
_TEXTS: Final = (".csv", ".tsv", ".txt")


def can_set_cells(name: str, content: bytes) -> bool:
    """Whether `with_cells` can work on this file: a workbook of parts, or a text table."""
    return is_package(content) or Path(name).suffix.lower() in _TEXTS


def with_cells(name: str, content: bytes, cells: Mapping[Place, str]) -> bytes:
    """The file with some cells set; "" empties one. Text tables come back as UTF-8 with their delimiter.

    A number stays a number where the cell held one; a formula is replaced by what is set. InputError for a
    file whose cells cannot be set, and for a sheet that it does not have.
    """
    if is_package(content):
        try:
            return _in_workbook(content, cells)
        except (PackageError, KeyError, StopIteration) as problem:
            raise _cannot(name) from problem
    if Path(name).suffix.lower() in _TEXTS:
        return _in_text(name, content, cells)
    raise _cannot(name)


def _cannot(name: str) -> InputError:
    return InputError(
        "Single cells of {file} cannot be mended here; mend them in its own program, or save it as .xlsx.",
        file=name,
    )


def _in_text(name: str, content: bytes, cells: Mapping[Place, str]) -> bytes:
    written = decode(content)
    delimiter = delimiter_of(written)
    if delimiter not in written:  # columns set apart by gaps
        raise _cannot(name)
    rows = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))
    for (_, row, column), said in cells.items():
        while len(rows) < row:
            rows.append([])
        line = rows[row - 1]
        line += [""] * (column - len(line))
        line[column - 1] = said
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _in_workbook(content: bytes, cells: Mapping[Place, str]) -> bytes:
    book = Book(content)
    parts = {printable(sheet): part for sheet, part in book.sheet_parts().items()}
    for (sheet, row, column), said in cells.items():
        if sheet not in parts:
            raise InputError("The workbook has no sheet “{sheet}”.", sheet=sheet)
        data = book.edit(parts[sheet]).find(book.tag("sheetData"))
        _set(book, _row(book, data, row), column, said)
    _forget_order_of_formulas(book)
    return book.saved()


def _row(book: Book, data: Any, number: int) -> Any:
    """The row of that number, made in its place where there is none; rows without a number get theirs."""
    last, after = 0, None
    for row in data.findall(book.tag("row")):
        last = int(row.get("r") or last + 1)
        row.set("r", str(last))
        if last == number:
            return row
        if last > number:
            after = row
            break
    made = etree.Element(book.tag("row"), r=str(number))
    if after is None:
        data.append(made)
    else:
        after.addprevious(made)
    return made


def _set(book: Book, row: Any, column: int, said: str) -> None:
    """What a cell of a row says; its look stays."""
    row.attrib.pop("spans", None)
    place, at, found, after = f"{letters(column)}{row.get('r')}", 0, None, None
    for cell in row.findall(book.tag("c")):
        at = column_of(cell.get("r")) if cell.get("r") else at + 1
        cell.set("r", f"{letters(at)}{row.get('r')}")
        if at == column:
            found = cell
        elif at > column and after is None:
            after = cell
    made = etree.Element(book.tag("c"), r=place)
    was_number = found is None or found.get("t", "n") == "n"
    if found is not None and found.get("s"):
        made.set("s", found.get("s"))
    if said and was_number and _is_number(said):
        etree.SubElement(made, book.tag("v")).text = said.strip()
    elif said:
        made.set("t", "inlineStr")
        item = etree.SubElement(etree.SubElement(made, book.tag("is")), book.tag("t"))
        item.text = speakable(said)
        item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    if found is not None:
        row.replace(found, made)
    elif after is not None:
        after.addprevious(made)
    else:
        row.insert(len(row.findall(book.tag("c"))), made)


def _is_number(said: str) -> bool:
    """A number as a workbook writes it; what begins with a nought is a code."""
    word = said.strip()
    try:
        value = float(word)
    except ValueError:
        return False
    is_code = word.lstrip("+-")[:1] == "0" and not word.lstrip("+-").startswith("0.") and value != 0
    return math.isfinite(value) and not is_code and "_" not in word and word.isascii()


def _forget_order_of_formulas(book: Book) -> None:
    """The list of cells with formulas may name one that is none now; programs make it anew."""
    for kind, part in book.links(book.workbook).values():
        if kind.endswith("/calcChain") and part in book.parts:
            book.unlink(book.workbook, part)
            book.drop(part)
