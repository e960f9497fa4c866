"""How much one person may send in a day, so that nobody fills the disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from core.errors import SettingError
from data.store import Connection
from data.store.engine import utc_now
from data.store.records import sent_since

# A city office sends a few lists a quarter; a script that runs wild sends thousands.
UPLOADS_A_DAY: Final = 500
MEGABYTES_A_DAY: Final = 500


def require_room(connection: Connection, person: str, sizes: Sequence[int]) -> None:
    """SettingError where a person has sent as much today (UTC) as anybody may in a day."""
    uploads = int(os.environ.get("SERVICE_CIRCLE_UPLOADS_A_DAY") or UPLOADS_A_DAY)
    megabytes = int(os.environ.get("SERVICE_CIRCLE_MEGABYTES_A_DAY") or MEGABYTES_A_DAY)
    count, total = sent_since(connection, person, utc_now()[:10])
    if count + len(sizes) > uploads or total + sum(sizes) > megabytes * 1_000_000:
        raise SettingError(
            "{name} has sent as much today as one person may: {files} files, {megabytes} MB. Go on tomorrow.",
            name=person,
            files=uploads,
            megabytes=megabytes,
        )
