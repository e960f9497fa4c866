"""How the store's words and moments are said to people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from core.errors import SettingError
from core.text import Sayable, Text, text
from data.intake.facility_numbers import is_facility_id
from data.store.records import ACCEPTED, DRAFT, RETURNED, SENT, Remark

# Who acts when no name is given.
LOCAL: Final = "local"
# Days of due dates, and of --at, are those of Beijing, and so are times that are shown.
BEIJING: Final = timezone(timedelta(hours=8))
_CELL: Final = re.compile(r"(?:(?P<sheet>.+)!)?(?P<column>[A-Za-z]{0,3})(?P<row>\d{1,7})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STATES: Final[Mapping[str, Text]] = {
    DRAFT: text("draft"),
    SENT: text("sent"),
    RETURNED: text("returned"),
    ACCEPTED: text("accepted"),
}


def who(name: str) -> Sayable:
    """A name of the store for a reader: that of the one person at the computer is ours."""
    return text("the local user") if name == LOCAL else name


def shown(moment: str) -> str:
    """A moment of the store (UTC) as people write it: 2026-03-31 14:05; "" for none."""
    return f"{datetime.fromisoformat(moment).astimezone(BEIJING):%Y-%m-%d %H:%M}" if moment else ""


def day_of(word: str) -> date:
    """A day as people write it, 2026-03-31. SettingError for anything else, a week's number too."""
    try:
        if not _DAY.fullmatch(word):
            raise ValueError(word)
        return date.fromisoformat(word)
    except ValueError as error:
        raise SettingError("“{at}” is no date; write it as 2026-03-31.", at=word) from error


def said_in(preview: Mapping[str, Any], say: Callable[[Sayable], str]) -> Mapping[str, Any]:
    """A preview with its doubts in a reader's words, as JSON values."""
    return {**preview, "doubts": [{**one, "message": say(one["message"])} for one in preview["doubts"]]}


def remark_at(word: str) -> Remark:
    """A remark as people write it: where, “=”, what. SettingError for a place that is none.

    >>> remark_at("鼓台区!B7=坐标有误")
    Remark(said='坐标有误', sheet='鼓台区', row=7, column=2, facility_id='')
    """
    where, _, said = (piece.strip() for piece in word.partition("="))
    if said and is_facility_id(where):
        return Remark(said, facility_id=where.upper())
    cell = _CELL.fullmatch(where)
    if not said or cell is None or not int(cell["row"]):
        raise SettingError(
            "“{word}” is no remark; write where and what: B7=…, 7=…, Sheet1!B7=…, or a facility's number=….",
            word=word,
        )
    return Remark(said, cell["sheet"] or "", int(cell["row"]), _column(cell["column"]))


def _column(letters: str) -> int:
    """The number of a spreadsheet's column; 0 for none."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
