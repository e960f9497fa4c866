"""How much one person may send in a day, so that nobody fills the disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from core.errors import SettingError
from data.store import Connection, schema
from data.store.engine import utc_now

# A city office sends a few lists a quarter; a script that runs wild sends thousands.
UPLOADS_A_DAY: Final = 500
MEGABYTES_A_DAY: Final = 500


def require_room(connection: Connection, person: str, sizes: Sequence[int]) -> None:
    """SettingError where a person has sent as much today (UTC) as anybody may in a day."""
    uploads = int(os.environ.get("SERVICE_CIRCLE_UPLOADS_A_DAY") or UPLOADS_A_DAY)
    megabytes = int(os.environ.get("SERVICE_CIRCLE_MEGABYTES_A_DAY") or MEGABYTES_A_DAY)
    state, kept = schema.submission_state, schema.submission_file
    query = (
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(schema.file.c.bytes), 0))
        .select_from(state)
        .join(
            kept,
            sa.and_(kept.c.submission_id == state.c.submission_id, kept.c.version == state.c.version),
        )
        .join(schema.file, schema.file.c.sha256 == kept.c.sha256)
        .where(state.c.by == person, state.c.at >= utc_now()[:10], state.c.state.in_(("draft", "sent")))
    )
    count, total = connection.execute(query).one()
    if count + len(sizes) > uploads or total + sum(sizes) > megabytes * 1_000_000:
        raise SettingError(
            "{name} has sent as much today as one person may: {files} files, {megabytes} MB. Go on tomorrow.",
            name=person,
            files=uploads,
            megabytes=megabytes,
        )
