"""What the results are titled by: the city, as its lists or units name it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from coverage.model.tables import UnitTable
from data.intake.intake import Intake

# The city at the head of a list's title: "云川市鼓台区基本公共服务设施一览表".
_CITY: Final = re.compile(r"^\s*(?:关于)?([\u4e00-\u9fff]{2,6}?市)(?=[\u4e00-\u9fff])")
_MOST_DISTRICTS: Final = 3


def city_name(intake: Intake, units: UnitTable | None) -> str:
    """The city that the titles of the lists agree on, else the districts by name (three of more, and how many
    there are), else those that the lists name; "" where nothing says."""
    cities = set(_named(_titles(intake)))
    if len(cities) == 1:
        return cities.pop()
    if units is not None and units.levels:
        names = units.frame["name"].to_numpy(str)[units.of_level(units.levels[0])].tolist()
    else:
        listed = intake.accepted.get("district", [])
        names = sorted({str(name) for name in listed if isinstance(name, str) and name})
    named = "、".join(names[:_MOST_DISTRICTS])
    return named if len(names) <= _MOST_DISTRICTS else f"{named}等{len(names)}个单元"


def _titles(intake: Intake) -> Iterable[str]:
    """What stands above the headers of the lists' tables."""
    for table in intake.tables:
        for row in table.sheet.rows[: max(table.header_row - 1, 0)]:
            yield from (cell for cell in row if isinstance(cell, str))


def _named(titles: Iterable[str]) -> Iterable[str]:
    for title in titles:
        found = _CITY.match(title)
        if found:
            yield found.group(1)
