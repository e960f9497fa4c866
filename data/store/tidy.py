"""`store tidy`: originals go on the day that was stated, sessions when nobody changes them, and files that
nothing refers to go too."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from data.store import schema
from data.store.engine import Store
from data.store.sessions import forget_old_sessions, session_files

# How long an original is kept, since it may hold telephone numbers.
KEEP_DAYS = 365


def tidy_store(store: Store, *, today: date, by: str) -> tuple[int, int]:
    """Remove what is due; returns how many originals and how many files without a reference.

    That an original was there, its hash and its day of deletion stay known; only its bytes go.
    """
    with store.write(by=by) as writing:
        due = [
            row.sha256
            for row in writing.connection.execute(
                sa.select(schema.file.c.sha256).where(
                    schema.file.c.deleted_at == "",
                    schema.file.c.delete_after != "",
                    schema.file.c.delete_after < today.isoformat(),
                )
            )
        ]
        if due:
            writing.connection.execute(
                sa.update(schema.file).where(schema.file.c.sha256.in_(due)).values(deleted_at=writing.at)
            )
            writing.event("store.tidy", deleted=due)
        in_sessions = session_files(writing.connection)
    for sha256 in set(due) - in_sessions:  # the others go with their session
        store.files.remove(sha256)
    # Nobody writes while this holds the lock, so what no row names now was left by who was killed.
    with store.write(by=by) as writing:
        kept = sa.select(schema.file.c.sha256).where(schema.file.c.deleted_at == "")
        forget_old_sessions(writing.connection)
        named = {*writing.connection.execute(kept).scalars(), *session_files(writing.connection)}
        left = [sha256 for sha256 in store.files.there() if sha256 not in named]
        for sha256 in left:
            store.files.remove(sha256)
        left += [""] * store.files.clear_unfinished()
    return len(due), len(left)
