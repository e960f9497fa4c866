"""How the store's words and moments are said to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from core.text import Sayable, Text, text
from data.store.records import ACCEPTED, DRAFT, RETURNED, SENT

# Who acts when no name is given.
LOCAL: Final = "local"
# Days of due dates, and of --at, are those of Beijing, and so are times that are shown.
BEIJING: Final = timezone(timedelta(hours=8))
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
