"""A folder of results is there as a whole or as it was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import Cancelled, InputError
from data.whole_folder import replace_file, require_whole, whole_folder

ROOT = Path(__file__).parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_take_their_places_at_the_end_and_strangers_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "a.csv").write_text("old")
    with whole_folder(tmp_path) as scratch:
        (scratch / "a.csv").write_text("new")
        assert (tmp_path / "a.csv").read_text() == "old"
    assert (tmp_path / "a.csv").read_text() == "new"
    assert names(tmp_path) == ["a.csv", "mine.txt"]


def test_what_an_earlier_result_had_and_this_one_has_not_goes(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    with whole_folder(tmp_path, product=("a.csv", "plan.json")) as scratch:
        (scratch / "a.csv").write_text("new")
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt, OSError])
def test_who_stops_in_the_middle_leaves_the_old_result_whole(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    out = tmp_path / "deep" / "out"
    with pytest.raises(stop), whole_folder(out) as scratch:
        (scratch / "a.csv").write_text("half")
        raise stop
    assert not out.exists()
    out.mkdir()
    (out / "a.csv").write_text("old")
    with pytest.raises(stop), whole_folder(out, product=("a.csv",)) as scratch:
        raise stop
    assert (names(out), (out / "a.csv").read_text()) == (["a.csv"], "old")


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written to"), whole_folder(tmp_path / "file" / "out"):
        pass


# Writes results of five files, over and over; which round each was written in stands in it.
WRITER = """
import itertools, json, pathlib, sys
from data.whole_folder import whole_folder
for round in itertools.count():
    with whole_folder(pathlib.Path(sys.argv[1])) as folder:
        for name in "abcde":
            (folder / f"{name}.csv").write_text(f"{sys.argv[2]} {round}")
        (folder / "provenance.json").write_text(json.dumps({"round": round}))
    print(round, flush=True)
"""


def write_for_ever(out: Path, name: str = "w") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(out), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def rounds(folder: Path) -> set[str]:
    require_whole(folder)
    return {(folder / f"{name}.csv").read_text() for name in "abcde"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_leaves_one_whole_result_and_the_next_clears_up(tmp_path: Path) -> None:
    out, chance = tmp_path / "results" / "云川", random.Random(1)
    for _ in range(10):
        running = write_for_ever(out)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.05))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert len(rounds(out)) == 1
    with whole_folder(out) as folder:
        (folder / "a.csv").write_text("last")
    assert names(out.parent) == ["云川"]


def test_two_processes_on_one_folder_come_one_after_the_other(tmp_path: Path) -> None:
    both = [write_for_ever(tmp_path / "out", name) for name in ("one", "two")]
    try:
        for running in both:
            assert running.stdout is not None
            running.stdout.readline()
        for _ in range(20):
            time.sleep(0.01)
            with whole_folder(tmp_path / "out"):
                assert len(rounds(tmp_path / "out")) == 1
    finally:
        for running in both:
            running.kill()
            running.communicate()


def test_a_run_killed_between_taking_away_and_putting_there_is_taken_back(tmp_path: Path) -> None:
    import data.whole_folder

    old = tmp_path / f"{data.whole_folder._beside(tmp_path / 'out', '.replaced-')}x"
    old.mkdir()
    (old / "a.csv").write_text("old")
    with pytest.raises(Cancelled), whole_folder(tmp_path / "out"):
        assert (tmp_path / "out" / "a.csv").read_text() == "old"
        raise Cancelled
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("spoil", ["flipped", "missing", "half a manifest"])
def test_a_reader_refuses_what_is_not_as_it_was_written(tmp_path: Path, spoil: str) -> None:
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        (folder / "units.csv").write_text("1,2,3")
        (folder / "map.html").write_text("<html>")
        (folder / "provenance.json").write_text("{}")
    assert sorted(json.loads((out / "provenance.json").read_text())["files"]) == ["map.html", "units.csv"]
    require_whole(out)
    (out / "map.html").write_text("saved by a browser")
    replace_file(out, "units.csv", b"1,2,4")
    require_whole(out)
    if spoil == "flipped":
        (out / "units.csv").write_text("1,2,9")
    elif spoil == "missing":
        (out / "units.csv").unlink()
    else:
        (out / "provenance.json").write_text('{"files": {')
    with pytest.raises(InputError, match="cannot be trusted"):
        require_whole(out)


def test_a_folder_in_which_somebody_stands_is_written_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    monkeypatch.chdir(out)
    with whole_folder(Path()) as folder:
        (folder / "a.csv").write_text("new")
    assert (names(out), names(Path())) == (["a.csv", "mine.txt"],) * 2
