"""The tables of the store. Rows are added, hardly ever changed and never removed (see `tidy` for files).

    city ── city_file                       its files, taken in once
      ├── office ── office_list             immutable versions of an office's part of the city's list
      ├── round ── round_office             who is asked, until when
      └── submission ── submission_version ── submission_file
                     ├── submission_decisions   what the office decided about its list
                     └── submission_state   one row a step: draft, sent, returned, accepted
                           └── remark       what is said of it at a row, a cell or a facility
    city ── city_rule                       what the city allows
      └── kept                              what has an address: results that workers made, shared views
    person ── role_change                   who may what; a role taken away is a row more
      ├── account                           the hash of a password
      ├── account_link ── account_link_use  links to set one with, each used once
      ├── sign_in ── sign_out               who is signed in until when
      └── session                           what they chose on the page last, and the files of it
    job ── job_step, job_progress           long work: what became of it, how far it is
    file                                    what lies in the folder of files, by SHA-256
    event                                   who did what and when, each with the hash of the one before

Times are UTC, ISO 8601 with microseconds, as text: they sort as they follow each other.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
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

submission_decisions = Table(
    "submission_decisions",
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    # What the office decided about its list, carried into its next one.
    Column("sha256", ForeignKey("file.sha256"), nullable=False),
)

remark = Table(
    "remark",
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    # Where it is said: sheet, row and column of the list as it was sent, or a facility; 0 and "" are none.
    Column("sheet", String(200), nullable=False),
    Column("row", Integer, nullable=False),
    Column("column", Integer, nullable=False),
    Column("facility_id", String(20), nullable=False),
    Column("said", Text, nullable=False),
)

city_rule = Table(
    "city_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    # The last word on a name counts.
    Column("name", String(40), nullable=False),
    Column("value", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

kept = Table(
    "kept",
    metadata,
    Column("id", String(20), primary_key=True),
    # None: a view of files that somebody brought.
    Column("city_id", ForeignKey("city.id")),
    # "result": its file is the zip of a result folder. "view": what was chosen on the page (`sessions`).
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("sha256", ForeignKey("file.sha256"), nullable=False),
    Column("versions", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("verb", String(40), nullable=False),
    Column("asked", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

job_step = Table(
    "job_step",
    metadata,
    Column("job_id", ForeignKey("job.id"), primary_key=True),
    # Two workers that take a job at once write the same step: the second one's insertion fails.
    Column("step", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("said", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

job_progress = Table(
    "job_progress",
    metadata,
    # How far it is, and when its worker was last heard of; written over, and no part of the record.
    Column("job_id", ForeignKey("job.id"), primary_key=True),
    Column("share", Float, nullable=False),
    Column("doing", Text, nullable=False),
    Column("at", String(32), nullable=False),
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

account = Table(
    "account",
    metadata,
    # Written over, and no part of the record: what a password was is kept nowhere.
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("hash", String(300), nullable=False),
)

account_link = Table(
    "account_link",
    metadata,
    # Of what stands in the link, which itself is kept nowhere.
    Column("sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("until", String(32), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

account_link_use = Table(
    "account_link_use",
    metadata,
    # Two who use a link at once write the same row: the second one's insertion fails.
    Column("sha256", ForeignKey("account_link.sha256"), primary_key=True),
    Column("at", String(32), nullable=False),
)

sign_in = Table(
    "sign_in",
    metadata,
    # Of what stands in the browser's cookie, which itself is kept nowhere.
    Column("sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("until", String(32), nullable=False),
    Column("at", String(32), nullable=False),
)

sign_out = Table(
    "sign_out",
    metadata,
    Column("sha256", ForeignKey("sign_in.sha256"), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("by", String(200), nullable=False),
)

session = Table(
    "session",
    metadata,
    # Written over, and no part of the record. Its files lie with the others but are not among them.
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("key", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("at", String(32), nullable=False),
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
