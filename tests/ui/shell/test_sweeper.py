"""What ended sessions leave behind is cleared without anybody connecting, and uploads have limits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.errors import InputError
from ui.shell import session, sweeper

_DAY_S = 86_400


def test_the_folder_of_a_session_that_nobody_used_for_days_goes(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name / "0123456789abcdef").mkdir(parents=True)
    os.utime(tmp_path / "old", (0, 0))
    now = (tmp_path / "new").stat().st_mtime + (session.KEPT_DAYS - 1) * _DAY_S
    assert sweeper.forget_old_sessions(tmp_path, now) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert sweeper.forget_old_sessions(tmp_path / "none", now) == 0


def test_uploads_leave_the_disk_once_no_browser_has_been_there_for_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ended", "thinking"):
        for made in ("0123456789abcdef", "assessments"):
            (tmp_path / name / made).mkdir(parents=True)
        (tmp_path / name / "chosen.json").touch()
        os.utime(tmp_path / name, (0, 0))
    monkeypatch.setattr(sweeper, "KEYS", {"browser": "thinking", "closed": "ended", "other": "deleted"})
    sweeper.note_use(tmp_path, ["browser", "other"])
    now = (tmp_path / "thinking").stat().st_mtime + (session.kept_minutes() - 1) * 60
    assert sweeper.forget_old_uploads(tmp_path, now) == 1
    assert [path.name for path in (tmp_path / "ended").iterdir()] == ["chosen.json"]
    assert len(list((tmp_path / "thinking").iterdir())) == 3
    assert (tmp_path / "ended").stat().st_mtime == 0, "to delete is no use"
    monkeypatch.setenv("SERVICE_CIRCLE_KEPT_MINUTES", "0")
    assert sweeper.forget_old_uploads(tmp_path, now + 1) == 1
    assert sweeper.forget_old_uploads(tmp_path / "none", now) == 0


def test_uploads_of_an_ended_session_leave_memory_and_those_of_others_stay() -> None:
    manager = MemoryUploadedFileManager("/upload")
    for number in ("ended", "living"):
        manager.add_file(number, UploadedFileRec(f"file-{number}", "a.csv", "text/csv", b"a" * 1000))
    assert sweeper.forget_uploads(manager, ["living"]) == 1
    assert list(manager.file_storage) == ["living"]


def test_uploads_beyond_what_a_session_or_all_may_keep_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine" / "0123456789abcdef").mkdir(parents=True)
    (tmp_path / "mine" / "0123456789abcdef" / "a.csv").write_bytes(b"a" * 3_000_000)
    (tmp_path / "mine" / "assessments").mkdir()
    (tmp_path / "mine" / "assessments" / "own.bin").write_bytes(b"a" * 9_000_000)  # made, not uploaded
    monkeypatch.setenv("SERVICE_CIRCLE_SESSION_MB", "5")
    session.require_room(tmp_path / "mine", 2_000_000)
    with pytest.raises(InputError, match="5 MB"):
        session.require_room(tmp_path / "mine", 2_000_001)
    monkeypatch.setenv("SERVICE_CIRCLE_UPLOADS_MB", "4")
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="all sessions"):
        session.require_room(tmp_path / "other", 1_500_000)
