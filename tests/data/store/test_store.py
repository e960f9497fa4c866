"""What is written stays, as it was written; what was changed behind the store's back is found."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import InputError
from data.store import Store, open_store, schema
from data.store.backup import restore_backup, write_backup
from data.store.check import check_store
from data.store.engine import migrate
from data.store.tidy import tidy_store


def add_office(store: Store, city: str = "云川", content: bytes = b"list") -> None:
    with store.write(by="li") as writing:
        city_id = writing.add(
            schema.city, name=city, level="district", settings="{}", added_at=writing.at, added_by=writing.by
        )
        office = writing.add(schema.office, city_id=city_id, name="鼓台区", unit_id="1")
        sha256 = writing.keep(content)
        writing.add(
            schema.office_list, office_id=office, version=1, sha256=sha256, facilities=3, submission_id=None,
            from_version=None, at=writing.at, by=writing.by,
        )  # fmt: skip
        writing.event("city.add")


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(sa.select(schema.city.c.name)).scalars())


def test_a_store_is_sound_after_every_write(store: Store) -> None:
    assert check_store(store) == ()
    add_office(store)
    add_office(store, "江城")
    assert check_store(store) == ()
    assert names(store) == ["云川", "江城"]


def test_what_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="boom"), store.write(by="li") as writing:
        writing.add(schema.city, name="x", level="district", settings="{}", added_at="", added_by="li")
        raise RuntimeError("boom")
    assert names(store) == []
    assert check_store(store) == ()


def test_rows_that_no_event_tells_of_are_refused(store: Store) -> None:
    with pytest.raises(RuntimeError, match="without an event"), store.write(by="li") as writing:
        writing.add(schema.person, name="li")
    assert check_store(store) == ()


TAMPERED = {
    "a version's list": (
        "UPDATE office_list SET sha256 = (SELECT MIN(sha256) FROM file)",
        "A row of office_list (2 / 1) is not what was written: sha256 differ.",
    ),
    "who did it": (
        "UPDATE event SET \"by\" = 'wang' WHERE seq = 1",
        "Event 1 (city.add) is not what was written: its hash differs.",
    ),
    "an event gone": (
        "DELETE FROM event WHERE seq = 1",
        "Event 2 does not follow the one before it: an event is missing.",
    ),
    "the last event gone": ("DELETE FROM event WHERE seq = 2", "No event tells of a row of city: 2."),
    "a row gone": ("DELETE FROM office_list WHERE office_id = 1", "A row of office_list is missing: 1 / 1."),
    "a row more": (
        "INSERT INTO person (id, name) VALUES (7, 'nobody')",
        "No event tells of a row of person: 7.",
    ),
    "another name": (
        "UPDATE city SET name = 'other' WHERE id = 1",
        "A row of city (1) is not what was written: name differ.",
    ),
    "a hole in the versions": (
        "UPDATE office_list SET version = 3 WHERE office_id = 1",
        "The versions of office 1 have a hole: [3].",
    ),
    "a chain made anew": (
        "UPDATE event SET before = hash",
        "Event 1 does not follow the one before it: an event is missing.",
    ),
}


@pytest.mark.parametrize(("change", "said"), TAMPERED.values(), ids=TAMPERED)
def test_a_change_behind_the_store_s_back_is_said_in_a_sentence(store: Store, change: str, said: str) -> None:
    add_office(store, content=b"zzz")
    add_office(store, "江城", b"another list")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert said in {str(problem) for problem in check_store(store)}


def test_a_reference_to_what_is_not_there_is_found(tmp_path: Path) -> None:
    """Only SQLite lets it be written, to whoever asks it to."""
    store = open_store(tmp_path, make=True)
    add_office(store)
    store.engine.dispose()
    with sqlite3.connect(tmp_path / "store.sqlite") as bare:
        bare.execute("UPDATE office SET city_id = 9")
    bare.close()
    assert "office names what is not there: city_id 9." in {str(problem) for problem in check_store(store)}
    store.engine.dispose()


@pytest.mark.parametrize("harm", ["gone", "emptied", "flipped"])
def test_a_file_that_is_gone_or_changed_is_found(store: Store, harm: str) -> None:
    add_office(store, content=b"facilities")
    (sha256,) = store.files.there()
    path = store.files.path(sha256)
    if harm == "gone":
        path.unlink()
    else:
        path.chmod(0o600)
        path.write_bytes(b"" if harm == "emptied" else b"facilitieS")
    (problem,) = check_store(store)
    assert sha256[:12] in str(problem)


def test_a_backup_brings_everything_back(store: Store, place: str, tmp_path: Path) -> None:
    add_office(store)
    events = write_backup(store, tmp_path / "backup.zip")
    other = open_store(tmp_path / "other", make=True)  # from PostgreSQL to SQLite, too
    assert restore_backup(other, tmp_path / "backup.zip") == events == 1
    assert names(other) == ["云川"] and check_store(other) == ()
    add_office(other, "江城")  # goes on where it ended
    assert check_store(other) == ()
    with pytest.raises(InputError, match="not empty"):
        restore_backup(other, tmp_path / "backup.zip")


def test_a_backup_is_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    """A child of its own writes all the while."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    store.engine.dispose()
    told, child = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            for number in range(1_000):
                add_office(store, f"city {number}", f"list {number}".encode())
                os.write(child, b".")
        finally:
            os._exit(1)
    os.close(child)
    try:
        assert os.read(told, 1)
        held = []
        for number in range(3):
            held.append(write_backup(store, tmp_path / f"{number}.zip"))
            assert os.read(told, 1_000)  # it has gone on
            other = open_store(tmp_path / f"other {number}", make=True)
            assert restore_backup(other, tmp_path / f"{number}.zip") == len(names(other)) == held[-1]
            other.engine.dispose()
        assert held == sorted(held) and held[0] < held[-1]
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(told)
    assert check_store(store) == ()


def test_what_is_no_backup_is_refused_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(InputError, match="not a backup"):
        restore_backup(store, tmp_path / "no.zip")
    assert check_store(store) == ()


def test_the_tables_can_be_taken_down_and_made_again(store: Store, place: str, tmp_path: Path) -> None:
    migrate(store.engine, "base")
    with store.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    with pytest.raises(InputError, match="store init"):
        open_store(place, files=tmp_path / "kept")
    migrate(store.engine)
    add_office(store)
    assert check_store(store) == ()


def test_an_older_store_is_refused_until_it_is_brought_up_and_keeps_what_it_has(
    store: Store, place: str, tmp_path: Path
) -> None:
    migrate(store.engine, "0001")
    add_office(store)
    with pytest.raises(InputError, match="store init"):
        open_store(place, files=tmp_path / "kept")
    migrate(store.engine)
    assert names(store) == ["云川"] and check_store(store) == ()
    migrate(store.engine, "0001")
    assert names(store) == ["云川"]


def test_the_tables_are_as_the_code_describes_them(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        assert compare_metadata(context, schema.metadata) == []


def test_two_who_write_at_once_both_come_through(store: Store) -> None:
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(5):
                add_office(store, f"{name}{number}")
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(names(store)) == 10 and check_store(store) == ()


def test_originals_go_on_their_day_and_stay_known(store: Store) -> None:
    with store.write(by="li") as writing:
        original = writing.keep(b"telephone numbers", delete_after="2026-03-31")
        kept = writing.keep(b"no telephone numbers")
        writing.event("submission.sent")
    assert tidy_store(store, today=date(2026, 3, 31), by="li") == (0, 0)
    assert tidy_store(store, today=date(2026, 4, 1), by="li") == (1, 0)
    assert list(store.files.there()) == [kept]
    assert check_store(store) == ()
    with pytest.raises(InputError):
        store.files.get(original)


def _raise(*_: object) -> None:
    raise KeyboardInterrupt


def test_files_that_nothing_refers_to_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.files.put(b"from a writer that was killed")
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as killed:
        killed.setattr("os.fsync", _raise)
        killed.setattr(Path, "unlink", lambda *_, **__: None)  # who is killed clears nothing away
        store.files.put(b"half")
    assert tidy_store(store, today=date(2026, 4, 1), by="li") == (0, 2)
    assert list(store.files.there()) == []


def test_where_there_is_no_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="store init"):
        open_store(tmp_path)
    with pytest.raises(InputError, match="cannot be used"):
        open_store("postgresql://nobody@127.0.0.1:1/none", files=tmp_path)


def test_the_folder_of_files_is_nobody_else_s(store: Store) -> None:
    store.files.put(b"x")
    assert store.files.folder.stat().st_mode & 0o077 == 0
