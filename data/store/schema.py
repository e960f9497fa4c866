"""The tables of the store. Rows are added, hardly ever changed and never removed (see `tidy` for files).

    city ── city_file                       its files, taken in once
      ├── office ── office_list             immutable versions of an office's part of the city's list
      ├── round ── round_office             who is asked, until when
      └── submission ── submission_version ── submission_file
                     └── submission_state   one row a step: draft, sent, returned, accepted
    person ── role_change                   who may what; a role taken away is a row more
    file                                    what lies in the folder of files, by SHA-256
    event                                   who did what and when, each with the hash of the one before

Times are UTC, ISO 8601 with microseconds, as text: they sort as they follow each other.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Every constraint has a name from the first migration on: SQLite cannot change one without.
metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


file = Table(
    "file",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("bytes", Integer, nullable=False),
    # An original may hold telephone numbers: it goes on `delete_after`; "" stays.
    Column("delete_after", String(10), nullable=False, server_default=""),
    Column("deleted_at", String(32), nullable=False, server_default=""),
)

city = Table(
    "city",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("level", String(20), nullable=False),
    Column("settings", Text, nullable=False),
    Column("added_at", String(32), nullable=False),
    Column("added_by", String(200), nullable=False),
)

city_file = Table(
    "city_file",
    metadata,
    Column("city_id", ForeignKey("city.id"), primary_key=True),
    Column("path", String(400), primary_key=True),
    Column("sha256", ForeignKey("file.sha256"), nullable=False),
)

office = Table(
    "office",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    Column("name", String(200), nullable=False),
    # The unit it answers for; "" is what no office answers for.
    Column("unit_id", String(200), nullable=False),
    UniqueConstraint("city_id", "name"),
)

office_list = Table(
    "office_list",
    metadata,
    Column("office_id", ForeignKey("office.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("sha256", ForeignKey("file.sha256"), nullable=False),
    Column("facilities", Integer, nullable=False),
    Column("submission_id", ForeignKey("submission.id")),
    Column("from_version", Integer),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

round_ = Table(
    "round",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("opened_at", String(32), nullable=False),
    Column("due", String(10), nullable=False),
    UniqueConstraint("city_id", "name"),
)

round_office = Table(
    "round_office",
    metadata,
    Column("round_id", ForeignKey("round.id"), primary_key=True),
    Column("office_id", ForeignKey("office.id"), primary_key=True),
)

submission = Table(
    "submission",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("office_id", ForeignKey("office.id"), nullable=False),
    Column("round_id", ForeignKey("round.id")),
)

submission_version = Table(
    "submission_version",
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    # What was understood of it, as a list that the readers read; and what was said about it.
    Column("list_sha256", ForeignKey("file.sha256"), nullable=False),
    Column("findings_sha256", ForeignKey("file.sha256"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("set_aside", Integer, nullable=False),
)

submission_file = Table(
    "submission_file",
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(400), nullable=False),
    Column("sha256", ForeignKey("file.sha256"), nullable=False),
)

submission_state = Table(
    "submission_state",
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    # Two who decide at once write the same step: the second one's insertion fails.
    Column("step", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("remark", Text, nullable=False, server_default=""),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)

role_change = Table(
    "role_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("office_id", ForeignKey("office.id")),
    Column("granted", Boolean, nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
    Column("what", String(40), nullable=False),
    # The rows that it added, as JSON: what the tables say is held against it.
    Column("detail", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
