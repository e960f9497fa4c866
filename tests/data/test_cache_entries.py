"""Entries of caches: kept whole, checked before use, within a limit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import SettingError
from data.cache_entries import clear, kept, limit_bytes, trim


def entry(cache_dir: Path, name: str, size: int, used: float) -> Path:
    folder = cache_dir / name
    folder.mkdir(parents=True)
    (folder / "a.npy").write_bytes(b"x" * size)
    os.utime(folder, (used, used))
    return folder


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    old, middle = entry(tmp_path, "old", 40, 1.0), entry(tmp_path, "places-b", 40, 2.0)
    new = entry(tmp_path, "new", 40, 3.0)
    assert [(one.folder, one.kind) for one in kept(tmp_path)] == [
        (new, "streets"), (middle, "places"), (old, "streets"),
    ]  # fmt: skip
    trim(tmp_path, limit=80, needed=new)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "places-b"}


def test_what_is_needed_now_stays_even_above_the_limit(tmp_path: Path) -> None:
    needed = entry(tmp_path, "needed", 100, 1.0)
    entry(tmp_path, "other", 10, 2.0)
    trim(tmp_path, limit=5, needed=needed)
    assert [one.folder for one in kept(tmp_path)] == [needed]


def test_clearing_says_how_much_was_freed(tmp_path: Path) -> None:
    entry(tmp_path, "a", 30, 1.0)
    entry(tmp_path, "places-a", 12, 1.0)
    assert clear(tmp_path) == 42
    assert kept(tmp_path) == [] and kept(tmp_path / "nowhere") == []


@pytest.mark.parametrize("said", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_CIRCLE_CACHE_GB", said)
    with pytest.raises(SettingError):
        limit_bytes()


def test_the_limit_is_four_gigabytes_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICE_CIRCLE_CACHE_GB", raising=False)
    assert limit_bytes() == 4_000_000_000
    monkeypatch.setenv("SERVICE_CIRCLE_CACHE_GB", "0.5")
    assert limit_bytes() == 500_000_000
