"""A workbook to fill in: the columns that are read, drop-downs where the words are fixed, an explanation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from core.text import Text, text
from data.intake.workbook import EXPLANATION, Say

_ROWS: Final = 2_000
_COLUMNS: Final[tuple[tuple[str, Text, int], ...]] = (
    ("name", text("Facility name"), 30),
    ("tier", text("Type"), 16),
    ("district", text("District"), 12),
    ("street", text("Street or town"), 16),
    ("community", text("Community or village"), 18),
    ("address", text("Address"), 34),
    ("lon", text("Longitude"), 14),
    ("lat", text("Latitude"), 14),
    ("places", text("Beds"), 10),
    ("services", text("Services"), 24),
    ("area_m2", text("Floor area (m²)"), 14),
    ("residents", text("Population served"), 16),
    ("status", text("Status"), 10),
    ("opened", text("Opening date"), 14),
    ("remark", text("Remark"), 24),
    ("facility_id", text("Facility number"), 14),
)
_CHOICES: Final[dict[str, tuple[Text, ...]]] = {
    "tier": (text("Service centre"), text("Service station")),
    "status": (text("in operation"), text("planned"), text("closed")),
}
# Numbers as they are shown; all else but the remark is text: a code keeps its leading zeros, “2019-05” stays
# what it is.
_FORMATS: Final = {
    **dict.fromkeys(("lon", "lat"), "0.000000"),
    **dict.fromkeys(("places", "residents"), "#,##0"),
    "area_m2": "#,##0.0",
    "remark": "General",
}
_BOUNDS: Final = {
    "lon": (-180, 180),
    "lat": (-90, 90),
    "places": (0, 1e6),
    "area_m2": (0, 1e7),
    "residents": (0, 1e7),
}
_LINES: Final = (
    text("Write one facility a row; leave no row for totals. Only name, type and place are needed."),
    text("Type: a service centre stands for a street or town, a service station for a community or village."),
    text("Longitude and latitude in degrees with six decimals, such as 118.796900 and 32.060300."),
    text("Coordinates: WGS-84 or CGCS2000. If they are from Amap, Tencent or Baidu, say so in the title."),
    text("Without coordinates write the full address; the facility is then located on the map."),
    text(
        "Services: what is offered there, with “、” between them. Opening date: such as 2019-05; also that "
        "of a planned facility."
    ),
    text("Facility number: leave it as it is; a new facility has none yet."),
    text("Names and telephone numbers of persons are not needed and are not read."),
)


def write_template(path: Path, tr: Say, rows: Sequence[Mapping[str, str | float]] = ()) -> None:
    """Write the workbook in the reader's language; filled in, it is read without any question.

    `rows` are facilities that stand in it already, by field; what a row lacks or has empty stays empty.
    """
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
        sheet = book.add_worksheet(tr(text("Facilities")))
        for column, (field, title, width) in enumerate(_COLUMNS):
            sheet.write_string(0, column, tr(title), bold)
            look = book.add_format({"num_format": _FORMATS.get(field, "@")})
            sheet.set_column(column, column, width, look)
            _validate(sheet, column, field, tr)
            for number, facility in enumerate(rows, start=1):
                value = facility.get(field, "")
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif math.isfinite(value):
                    sheet.write_number(number, column, value)
        sheet.freeze_panes(1, 1)
        explanation = book.add_worksheet(tr(EXPLANATION))
        explanation.set_column(0, 0, 110)
        for row, line in enumerate(_LINES):
            explanation.write_string(row, 0, tr(line))


def _validate(sheet: Any, column: int, field: str, tr: Say) -> None:
    if field in _CHOICES:
        choices = [tr(choice) for choice in _CHOICES[field]]
        rule: dict[str, object] = {"validate": "list", "source": choices}
    elif field in _BOUNDS:
        low, high = _BOUNDS[field]
        rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
    else:
        return
    sheet.data_validation(1, column, _ROWS, column, rule)
