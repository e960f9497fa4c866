"""Entries of caches: kept whole, checked before use, within a limit."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from core.errors import SettingError
from data.cache_entries import array_of, clear, delete, is_whole, keep, kept, kept_files, limit_bytes, trim
from data.streets import load_or_read
from data.streets.snapped import remember_places
from tests.data.streets.street_files import write_osm


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


def test_entries_that_others_write_and_delete_meanwhile_are_no_defect(tmp_path: Path) -> None:
    done = threading.Event()

    def come_and_go() -> None:
        for number in range(10**6):
            if done.is_set():
                return
            folder = tmp_path / f"entry{number % 7}"
            keep(folder, lambda inside: (inside / "arrays").write_bytes(b"x" * 100))
            delete(folder)

    others = [threading.Thread(target=come_and_go) for _ in range(2)]
    for other in others:
        other.start()
    try:
        for _ in range(300):
            trim(tmp_path, limit=10**6, needed=tmp_path / "entry0")
    finally:
        done.set()
        for other in others:
            other.join()


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


SPOILT: Final[dict[str, Callable[[Path], object]]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "deleted": lambda path: path.unlink(),
}


def flipped(content: bytes) -> bytes:
    """One bit of the last byte but seven: of an array, a bit of its numbers."""
    at = max(len(content) - 8, 0)
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


@pytest.mark.parametrize("how", SPOILT)
def test_an_entry_of_which_any_file_is_spoilt_is_made_anew_and_logged(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def write(folder: Path) -> None:
        (folder / "a.npy").write_bytes(b"0123456789" * 10)
        (folder / "b.json").write_bytes(b'{"figure": 12}')

    for name in ("a.npy", "b.json", "manifest.json"):
        assert keep(tmp_path / "entry", write)
        assert is_whole(tmp_path / "entry")
        SPOILT[how](tmp_path / "entry" / name)
        assert not is_whole(tmp_path / "entry")
        assert kept_files(tmp_path / "entry") is None
        assert not (tmp_path / "entry").exists()
    assert sum("made anew" in message for message in caplog.messages) == 3


@pytest.mark.parametrize("how", SPOILT)
def test_streets_and_places_of_a_spoilt_cache_are_those_of_a_fresh_one(how: str, tmp_path: Path) -> None:
    """Each file of each entry of the cache of networks."""
    path, cache = write_osm(tmp_path / "a.osm.pbf"), tmp_path / "cache"
    xy = np.array([(0.0, 0.0), (50.0, 20.0)])

    def figures() -> list[list[float]]:
        network = load_or_read(path, cache).network
        remember_places(network, cache, network.node_xy.mean(axis=0) + xy)
        snapped = next(iter(network.snapped.values()))
        return [
            np.ravel(array).astype(float).tolist()
            for array in (network.edge_length_m, network.vertex_xy, network.graph.data, *snapped)
        ]

    fresh = figures()
    files = sorted(file.relative_to(cache) for file in cache.rglob("*") if file.is_file())
    assert len({file.parent for file in files}) == 2
    for file in files:
        SPOILT[how](cache / file)
        assert figures() == fresh, file


def test_what_cannot_be_kept_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert not keep(tmp_path / "file" / "entry", lambda _folder: None)


def test_an_array_is_opened_as_it_was_saved_and_cannot_be_written_to(tmp_path: Path) -> None:
    for array in (
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.empty((0, 2)),
    ):
        np.save(tmp_path / "a.npy", array)
        read = array_of((tmp_path / "a.npy").read_bytes())
        assert read.tolist() == array.tolist() and read.dtype == array.dtype and not read.flags.writeable
