"""`batch` with real worker processes: figures as of each area alone, faults stay alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tests.command_line import ROOT, cli, cli_process
from tests.small_city import write_small_city

PLAN = """
make = ["assess", "export:xlsx"]
[common]
datum = "wgs84"
population = "甲县/people.csv"
network = "甲县/streets.geojson"
units = "甲县/units.geojson"
[[area]]
name = "甲县"
facilities = "甲县/list.csv"
[[area]]
name = "坏县"
facilities = "甲县/list.csv"
population = "甲县/streets.geojson"
[[area]]
name = "无县"
facilities = "nowhere.csv"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    write_small_city(tmp_path / "甲县")
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, "utf-8")
    return path


def test_a_batch_has_the_figures_of_each_area_alone_and_the_second_run_does_only_what_is_missing(
    plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = cli_process("batch", plan, "--out", out, "--workers", 1, "--json")
    assert done.returncode == 2, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["areas"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "甲县": "done",
        "坏县": "failed",
        "无县": "failed",
    }
    table = pd.read_csv(out / "areas.csv").set_index("name")
    columns = pd.read_csv(out / "areas_columns.csv").set_index(["rule", "what"])["column"]
    assert "streets.geojson" in table.loc["坏县", "message"]
    assert "nowhere.csv" in table.loc["无县", "message"]
    assert table.loc["甲县", "residents"] == 2100.0
    assert table.loc["甲县", columns["station-radius", "verdict"]] == "meets"
    assert len(pd.read_parquet(out / "areas.parquet")) == 3
    assert pd.read_csv(out / "league.csv")["name"].unique().tolist() == ["甲县"]

    place = tmp_path / "甲县"
    alone = cli(
        "assess", "--facilities", place / "list.csv", "--population", place / "people.csv",
        "--network", place / "streets.geojson", "--units", place / "units.geojson", "--datum", "wgs84",
        "--name", "甲县", "--out", tmp_path / "alone",
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    tables = [
        path for path in (tmp_path / "alone").iterdir() if path.suffix in (".csv", ".parquet", ".geojson")
    ]
    assert tables
    for path in [*tables, tmp_path / "alone" / "assessment.json"]:
        assert path.read_bytes() == (out / "areas" / "甲县" / path.name).read_bytes(), path.name

    written = (out / "areas" / "甲县" / "provenance.json").stat().st_mtime_ns
    again = cli_process("batch", plan, "--out", out, "--workers", 1, "--json")
    assert {row["name"]: row["state"] for row in json.loads(again.stdout)["areas"]}["甲县"] == "skipped"
    assert (out / "areas" / "甲县" / "provenance.json").stat().st_mtime_ns == written
    told = cli("batch", "--status", out, "--json")
    assert json.loads(told.stdout)["counts"] == {"skipped": 1, "failed": 2}


@pytest.mark.parametrize("missing", [["plan.toml"], ["--out", "x"], ["--status", "nowhere"]])
def test_what_is_missing_is_named(missing: list[str], tmp_path: Path) -> None:
    done = cli("batch", *missing)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def many(folder: Path, count: int) -> Path:
    write_small_city(folder / "city")
    toml = (
        '[common]\ndatum = "wgs84"\nfacilities = "city/list.csv"\npopulation = "city/people.csv"\n'
        'network = "city/streets.geojson"\nunits = "city/units.geojson"\n'
    )
    toml += "".join(f'[[area]]\nname = "县{number}"\n' for number in range(count))
    (folder / "plan.toml").write_text(toml, "utf-8")
    return folder / "plan.toml"


def started(plan: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "cli.py", "batch", str(plan), "--out", str(out), "--workers", "2"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet)


def finished_areas(out: Path) -> int:
    try:
        counts = json.loads((out / "batch.json").read_bytes())["counts"]
    except OSError:
        return 0
    return int(counts.get("done", 0))


def wait_for(out: Path, areas: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while finished_areas(out) < areas and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_that_is_killed_costs_no_area(tmp_path: Path) -> None:
    plan, out = many(tmp_path, 6), tmp_path / "out"
    running = started(plan, out)
    wait_for(out, 1, running)
    workers = [
        child
        for child in psutil.Process(running.pid).children(recursive=True)
        if any("spawn_main" in word for word in child.cmdline())
    ]
    assert workers
    workers[-1].kill()
    assert running.wait(600) == 0
    assert pd.read_csv(out / "areas.csv")["state"].tolist() == ["done"] * 6


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_batch_that_is_killed_is_taken_up_again_and_two_at_once_are_one(tmp_path: Path) -> None:
    plan, out = many(tmp_path, 6), tmp_path / "out"
    running = started(plan, out)
    wait_for(out, 1, running)
    second = cli_process("batch", plan, "--out", out)
    assert second.returncode == 2
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    ready = finished_areas(out)
    told = json.loads(cli("batch", "--status", out, "--json").stdout)
    assert told["state"] == "stopped"
    again = cli_process("batch", plan, "--out", out, "--workers", 2, "--json")
    assert again.returncode == 0, again.stderr
    counts = json.loads(again.stdout)["counts"]
    assert counts["skipped"] >= ready
    assert counts["skipped"] + counts.get("done", 0) == 6  # a worker may have outlived its batch


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_batch_that_is_stopped_says_which_areas_are_left(tmp_path: Path) -> None:
    plan, out = many(tmp_path, 6), tmp_path / "out"
    running = started(plan, out)
    wait_for(out, 1, running)
    running.send_signal(signal.SIGINT)
    assert running.wait(120) == 130
    states = pd.read_csv(out / "areas.csv")["state"].value_counts()
    assert states["done"] >= 1
    assert states["stopped"] >= 1
    assert states.sum() == 6


def test_one_file_of_units_serves_all_areas_each_with_its_own(tmp_path: Path) -> None:
    write_small_city(tmp_path)
    (tmp_path / "plan.toml").write_text(
        """
[common]
datum = "wgs84"
facilities = "{name}.csv"
population = "people.csv"
network = "streets.geojson"
units = "units.geojson"
units_within = "{code}"
[[area]]
name = "西苑"
code = "W"
[[area]]
name = "东庄"
code = "E"
[[area]]
name = "北庄"
code = "N"
""",
        "utf-8",
    )
    for name in ("西苑", "东庄", "北庄"):
        (tmp_path / f"{name}.csv").write_bytes((tmp_path / "list.csv").read_bytes())
    out = tmp_path / "out"
    done = cli("batch", tmp_path / "plan.toml", "--out", out, "--workers", 1, "--json")
    rows = {row["name"]: row for row in json.loads(done.stdout)["areas"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "西苑": "done", "东庄": "done", "北庄": "failed"
    }  # fmt: skip
    assert (rows["西苑"]["residents"], rows["东庄"]["residents"]) == (1000, 1100)
    units = pd.read_csv(out / "areas" / "东庄" / "units.csv", encoding="utf-8-sig")
    assert set(units["name"]) == {"东庄村"}
    given = {"facilities": "西苑.csv", "population": "people.csv", "network": "streets.geojson"}
    files = [f"--{role}={tmp_path / name}" for role, name in (given | {"units": "units.geojson"}).items()]
    alone = cli(
        "assess",
        *files,
        "--datum",
        "wgs84",
        "--units-within",
        "西苑社区",
        "--name",
        "西苑",
        "--out",
        tmp_path / "alone",
    )
    assert alone.returncode == 0, alone.stderr
    for name in ("units.csv", "cells.parquet", "facilities.csv"):
        assert (tmp_path / "alone" / name).read_bytes() == (out / "areas" / "西苑" / name).read_bytes(), name
