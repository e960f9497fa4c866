"""How the command line ends: done, refused, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from commands.front import front_door
from commands.options import Language
from core.errors import Cancelled, InputError
from data.whole_folder import alone
from tests.command_line import cli
from tests.data.loopback_osm import made_up_town, serving
from tests.small_city import write_small_city

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (Cancelled(), 130, "Stopped."),
        (InputError("The file {file} is empty.", file="a.csv"), 2, "a.csv is empty"),
        (ZeroDivisionError("x"), 1, "a defect of the program"),
    ],
)
def test_every_end_has_its_code_and_a_sentence(
    problem: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, front_door(Language.en):
        raise problem
    assert ended.value.exit_code == code
    said = capsys.readouterr()
    assert words in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_defect_leaves_a_file_with_its_number_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.defects.FOLDER", tmp_path)
    cell = "张" + "三"
    with pytest.raises(typer.Exit), front_door(Language.en):
        raise KeyError(cell)
    (file,) = tmp_path.glob("*.txt")
    said = " ".join(capsys.readouterr().err.split())
    number = file.stem.rpartition("-")[2]
    assert f"number {number}, KeyError" in said
    assert str(file) in said
    assert cell not in said + file.read_text("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one child")
def test_ctrl_c_stops_a_fetch_calmly_and_the_second_run_goes_on(tmp_path: Path) -> None:
    with serving(made_up_town()) as osm:
        osm.slow_s = 20.0
        osm.faults.extend(["", "", "slow"])
        out = tmp_path / "out"
        command = [sys.executable, str(ROOT / "cli.py"), "fetch", "小城", "--out", str(out), "--lang", "en"]
        there = {"SERVICE_CIRCLE_OVERPASS": f"{osm.address}/api", "SERVICE_CIRCLE_NOMINATIM": osm.address}
        options = {"env": os.environ | there, "text": True, "encoding": "utf-8"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running = subprocess.Popen(command, **options, **pipes)  # type: ignore[call-overload]
        osm.wait_for(3)
        running.send_signal(signal.SIGINT)
        said, told = running.communicate(timeout=60)
        assert (running.returncode, said) == (130, "")
        assert "Stopped." in told
        assert "Traceback" not in told
        assert [path.name for path in out.iterdir()] == ["osm-answers"]
        kept = len(list((out / "osm-answers").glob("*.json")))
        again = subprocess.run(command, **options, capture_output=True)  # type: ignore[call-overload]
        assert again.returncode == 0, again.stderr
        assert kept == 2
        assert len(osm.asked) == 3 + 7 - kept


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists who waits for a lock")
def test_ctrl_c_in_the_middle_of_an_assessment_leaves_the_old_results_whole(tmp_path: Path) -> None:
    """Another process works on the folder: the program waits for its turn until it is stopped."""
    files = write_small_city(tmp_path / "in")
    out = tmp_path / "out"
    out.mkdir()
    (out / "assessment.json").write_text("the old one", "utf-8")
    with alone(out.resolve()):
        running = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "cli.py"), "assess", "--facilities", str(files.facilities[0])),
                *("--population", str(files.population), "--network", str(files.network), "--out", str(out)),
                *("--lang", "en"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        wait_until_blocked(running.pid)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
        said, told = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "")
    assert "Stopped." in told
    assert "Traceback" not in told
    assert [path.name for path in out.iterdir()] == ["assessment.json"]
    assert (out / "assessment.json").read_text("utf-8") == "the old one"


def wait_until_blocked(process: int, *, most_s: float = 120.0) -> None:
    """Until a process waits for a lock, as the system lists them."""
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        locks = Path("/proc/locks").read_text("ascii").splitlines()
        if any("->" in line and f" {process} " in line for line in locks):
            return
        time.sleep(0.05)
    raise TimeoutError(str(process))


def test_the_command_line_starts_without_what_measures_a_city() -> None:
    heavy = {"numpy", "pandas", "scipy", "shapely", "geopandas", "sqlalchemy"}
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, cli; print(sorted({heavy!r} & set(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


def test_a_second_file_of_an_option_that_takes_one_is_refused_not_dropped(tmp_path: Path) -> None:
    done = cli("export", tmp_path, "--out", tmp_path / "a.html", f"--out={tmp_path / 'b.html'}")
    assert done.returncode == 2
    assert "it takes one file" in done.stderr
    # Of words the last counts, as everywhere, and that is said.
    done = cli("demo", tmp_path / "demo", "--lang", "zh", "--lang", "en")
    assert done.returncode == 0
    assert "--lang is given more than once; the last counts: en" in done.stderr
    assert "given more than once" not in cli("demo", tmp_path / "demo", "--lang", "en", "--lang", "en").stderr
