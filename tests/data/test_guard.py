"""Readers run in a child: what a file makes them use up ends the child, with a sentence, and nothing else.

`BOMBS` are files that took the server beyond 3.5 GB or 45 s when it read them itself; each is made anew.
"""

from __future__ import annotations

import gzip
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely

from core.errors import Cancelled, InputError
from core.text import Text
from data.guard import Budget, ReaderError, guarding, in_child, in_worker
from data.population import read_population
from data.standards import open_standard
from data.streets import read_streets
from data.units import read_units
from tests.data import guard_readers

_MB: Final = 1 << 20
_MOST_S: Final = 10.0
_MOST_BYTES: Final = 500 * _MB


def _parquet_of_rows(path: Path) -> None:
    """Eighty million numbers in a few kilobytes."""
    column = pa.chunked_array([pa.repeat(pa.scalar(1.0), 2_000_000)] * 20)
    pq.write_table(pa.table({"lon": column, "lat": column}), path)


def _parquet_of_one_word(path: Path) -> None:
    """A megabyte of text, referred to by half a million rows."""
    word = pa.array(["x" * _MB])
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(500_000, np.int32)), word)
    numbers = pa.array(np.zeros(500_000))
    pq.write_table(pa.table({"name": words, "lon": numbers, "lat": numbers, "residents": numbers}), path)


def _sparse_tiff(path: Path) -> None:
    about = {"driver": "GTiff", "width": 10**6, "height": 10**6, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **about, crs="EPSG:4326", SPARSE_OK=True, tiled=True, blockxsize=4096,
                       blockysize=4096, transform=rasterio.Affine(1e-6, 0, 118, 0, -1e-6, 33)):  # fmt: skip
        pass


def _one_block_tiff(path: Path) -> None:
    about = {"driver": "GTiff", "width": 60_000, "height": 20_000, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **about, crs="EPSG:4326", SPARSE_OK=True, blockysize=20_000,
                       transform=rasterio.Affine(1e-5, 0, 118, 0, -1e-5, 33)):  # fmt: skip
        pass


def _layer(path: Path) -> None:
    gpd.GeoDataFrame(
        {"name": ["甲街道"], "level": ["street"]}, geometry=[shapely.box(118, 32, 119, 33)], crs=4326
    ).to_file(path, layer="units", driver="GPKG")


def _as_view(query: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        _layer(path)
        with sqlite3.connect(path) as base:
            base.create_function("ST_IsEmpty", 1, lambda _shape: 0)
            for number in ("MinX", "MaxX", "MinY", "MaxY"):
                base.create_function(f"ST_{number}", 1, lambda _shape: 0.0)
            base.execute("ALTER TABLE units RENAME TO stored")
            base.execute(f"CREATE VIEW units AS {query}")
        base.close()

    return make


def _with_trigger(path: Path) -> None:
    _layer(path)
    with sqlite3.connect(path) as base:
        base.execute("CREATE TRIGGER mine AFTER INSERT ON units BEGIN DELETE FROM units; END")
    base.close()


def _osm_gz(body: bytes, times: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=9) as packed:
            packed.write(b"<osm version='0.6'>")
            for _ in range(times):
                packed.write(body)
            packed.write(b"</osm>")

    return make


def _zip_of_zeros(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("units.shp", b"\0" * (400 * _MB))


def _dotted(path: Path) -> None:
    path.write_text("a" + ".a" * 50_000 + " = 1\n", "utf-8")


def _deep(path: Path) -> None:
    path.write_text("a = " + "[" * 20_000 + "\n", "utf-8")


def _many_rules(path: Path) -> None:
    path.write_text('id = "x"\n' + '[[rule]]\nid = "a"\n' * 500, "utf-8")


def _digits(path: Path) -> None:
    path.write_text(f"id = {'9' * 5_000}\n", "utf-8")


RECURSIVE: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid FROM n"
JOINED: Final = "SELECT a.* FROM stored a, sqlite_master b, sqlite_master c"
BOMBS: Final[dict[str, tuple[str, Callable[[Path], None], Callable[[Path], Any], str]]] = {
    "rows of Parquet": ("a.parquet", _parquet_of_rows, read_population, "rows"),
    "one word of Parquet": ("a.parquet", _parquet_of_one_word, read_population, "memory|rows"),
    "sparse raster": ("a.tif", _sparse_tiff, read_population, "pixels"),
    "raster of one block": ("a.tif", _one_block_tiff, read_population, "pixels"),
    "recursive view": ("a.gpkg", _as_view(RECURSIVE), read_units, "view"),
    "view": ("a.gpkg", _as_view(JOINED), read_units, "view"),
    "view as streets": ("a.gpkg", _as_view(RECURSIVE), read_streets, "view"),
    "trigger": ("a.gpkg", _with_trigger, read_units, "trigger"),
    "osm.gz of blanks": ("a.osm.gz", _osm_gz(b" " * _MB, 300), read_streets, "tightly"),
    "zip of zeros": ("a.zip", _zip_of_zeros, read_units, "tightly"),
    "dotted standard": ("a.toml", _dotted, open_standard, "larger|deep"),
    "deep standard": ("a.toml", _deep, open_standard, "deep"),
    "standard of many rules": ("a.toml", _many_rules, open_standard, "rules"),
    "digits in a standard": ("a.toml", _digits, open_standard, "TOML"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_a_sentence_soon_and_with_little_memory(name: str, tmp_path: Path) -> None:
    file, make, read, wanted = BOMBS[name]
    make(tmp_path / file)
    with guarding(), watched_memory() as peak:
        in_child(guard_readers.idle, (), budget=Budget.of(0))  # so that the libraries are there before
        begun, used = time.monotonic(), time.process_time()
        with pytest.raises(InputError, match=wanted) as refusal:
            read(tmp_path / file)
        seconds = min(time.monotonic() - begun, time.process_time() - used + children_s())
    assert file in str(refusal.value)
    assert "report" not in str(refusal.value)
    assert seconds < _MOST_S
    assert max(peak) - peak[0] < _MOST_BYTES


def children_s() -> float:
    """Processor seconds of the children that live: the clock says nothing on a busy machine."""
    stats = [Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split() for pid in children()]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / 100.0


def children() -> list[str]:
    return (
        Path("/proc/self/task")
        .joinpath(str(threading.main_thread().native_id), "children")
        .read_text()
        .split()
    )


class watched_memory:  # noqa: N801 - reads as the words it stands among
    """Bytes that this process and its children hold, looked at again and again."""

    def __enter__(self) -> list[int]:
        self.seen, self.stop = [held_bytes()], threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self.seen

    def look(self) -> None:
        while not self.stop.wait(0.02):
            self.seen.append(held_bytes())

    def __exit__(self, *_error: object) -> None:
        self.stop.set()
        self.thread.join()


def held_bytes() -> int:
    held = 0
    for pid in ("self", *children()):
        try:
            held += int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * 4096
        except OSError:
            continue
    return held


@pytest.fixture
def budget() -> Iterator[Budget]:
    yield Budget(memory_bytes=300 * _MB, quiet_s=0.5, seconds=2.0)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (guard_readers.takes_memory, "memory"),
        (guard_readers.goes_deep, "nested more deeply"),
        (guard_readers.computes_for_ever, "longer"),
        (guard_readers.chats_for_ever, "longer"),
        (guard_readers.crashes, "damaged or harmful"),
        (guard_readers.meets_broken_bytes, "report [0-9A-F]{6}"),
    ],
)
def test_what_a_reader_does_ends_in_a_sentence_and_the_next_one_works(
    reader: Callable[..., object], said: str, budget: Budget
) -> None:
    with pytest.raises(ReaderError, match=said):
        in_child(reader, (), budget=budget)
    assert in_child(guard_readers.idle, (), budget=budget) == "done"


def test_a_users_error_comes_through_with_all_that_it_carries(budget: Budget) -> None:
    with pytest.raises(InputError, match="no such column") as raised:
        in_child(guard_readers.asks, (), budget=budget)
    assert vars(raised.value)["choices"] == ("a", "b")


def test_reading_is_stopped_in_its_midst_and_the_child_with_it() -> None:
    said: list[str] = []

    def stop(_share: float, doing: Text) -> None:
        said.append(str(doing))
        if "counting" in said:
            raise Cancelled

    with pytest.raises(Cancelled):
        in_child(guard_readers.chats_for_ever, (), budget=Budget(300 * _MB, 30.0, 60.0), progress=stop)
    assert in_child(guard_readers.idle, (), budget=Budget.of(0)) == "done"


def test_a_child_that_ends_after_its_answer_is_not_asked_once_more() -> None:
    for _ in range(2):  # what came next was blamed for it
        left = in_child(guard_readers.stays_large, (), budget=Budget(1_500 * _MB, 10.0, 60.0))
        assert in_child(guard_readers.own_process, (Path(),), budget=Budget.of(0)) != left


def test_what_a_worker_has_early_is_there_before_its_answer() -> None:
    early: list[object] = []
    with guarding():
        assert in_worker(guard_readers.gives_early, (), early=early.append) == "whole"
    assert early == ["first"]
    assert in_worker(guard_readers.gives_early, (), early=early.append) == "whole"
    assert early == ["first"] * 2


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "people.csv")
    with guarding(), pytest.raises(InputError, match="pipe"):
        read_population(tmp_path / "people.csv")


def test_one_persons_many_files_do_not_keep_anothers_one_waiting() -> None:
    from data.guard import PERSON

    done: list[str] = []

    def ask(person: str) -> None:
        PERSON.set(person)
        in_child(guard_readers.sleeps, (0.3,), budget=Budget.of(0))
        done.append(person)

    many = [threading.Thread(target=ask, args=("many",)) for _ in range(8)]
    for thread in many:
        thread.start()
    time.sleep(0.2)
    one = threading.Thread(target=ask, args=("one",))
    one.start()
    for thread in (*many, one):
        thread.join()
    assert done.index("one") < 5


def test_an_answer_is_worked_on_in_a_process_of_its_own_whose_files_are_read_in_another(
    tmp_path: Path,
) -> None:
    import os

    said: list[str] = []
    with guarding():
        worker, reader, again = in_worker(
            guard_readers.works, (tmp_path,), progress=lambda _share, doing: said.append(str(doing))
        )
    assert len({os.getpid(), worker, reader}) == 3
    assert reader == again
    assert "counting" in said
    assert set(in_worker(guard_readers.works, (tmp_path,))) == {os.getpid()}, "no front door is open"


def test_an_answer_that_takes_more_than_one_may_is_given_up_and_can_be_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_share: float, doing: Text) -> None:
        if str(doing) == "counting":
            raise Cancelled

    monkeypatch.setenv("SERVICE_CIRCLE_ANSWER_MB", "300")
    with guarding(), pytest.raises(InputError, match=r"more memory .* \(300 MB\)"):
        in_worker(guard_readers.takes_memory, ())
    with guarding(), pytest.raises(Cancelled):
        in_worker(guard_readers.chats_for_ever, (), progress=stop)
    with guarding(), pytest.raises(InputError, match="try again"):
        in_worker(guard_readers.crashes, ())
