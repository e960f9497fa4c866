"""How the command line ends: done, refused, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from commands.front import front_door
from commands.options import Language
from geo.errors import Cancelled, InputError
from tests.data.loopback_osm import made_up_town, serving

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
