"""Faults of a cluster, with a real scheduler and real worker processes on loopback: nothing is lost or
doubled, what fails fails by name, and the second run makes only what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from tests.command_line import ROOT
from tests.jobs.batch.dask_cluster import Cluster, certified, cluster, killed, wait_until
from tests.small_city import degrees, write_small_city

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
]
COMMON = (
    '[common]\ndatum = "wgs84"\nfacilities = "city/list.csv"\n'
    'network = "city/streets.geojson"\nunits = "city/units.geojson"\n'
)


def plan_of(folder: Path, count: int, more: str = "") -> Path:
    write_small_city(folder / "city")
    areas = [f'[[area]]\nname = "县{number}"\npopulation = "city/people.csv"\n' for number in range(count)]
    (folder / "plan.toml").write_text(COMMON + "".join(areas) + more, "utf-8")
    return folder / "plan.toml"


def begun(
    plan: Path, out: Path, *options: object, settings: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    command = [sys.executable, "cli.py", "batch", plan, "--out", out, "--json", "--lang", "en", *options]
    surroundings = {name: value for name, value in os.environ.items() if "DASK" not in name}
    return subprocess.Popen(
        list(map(str, command)), cwd=ROOT, env=surroundings | dict(settings or {}), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(running: subprocess.Popen[str]) -> tuple[int, dict[str, str], str]:
    """(exit code, state of every area, what it said on stderr)."""
    answer, said = running.communicate(timeout=800)
    states = {row["name"]: row["state"] for row in json.loads(answer)["areas"]} if answer else {}
    assert "Traceback" not in said
    return running.returncode, states, said


def ready(out: Path) -> int:
    try:
        return int(json.loads((out / "batch.json").read_bytes())["counts"].get("done", 0))
    except OSError:
        return 0


def workers_of(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children(recursive=True)
    return [one for one in children if any("spawn_main" in word for word in one.cmdline())]


def whole(out: Path, count: int) -> None:
    """Every area is there once, whole, and nothing unfinished lies beside them."""
    assert sorted(path.name for path in (out / "areas").iterdir()) == [f"县{n}" for n in range(count)]
    for number in range(count):
        about = json.loads((out / "areas" / f"县{number}" / "provenance.json").read_bytes())
        assert about["files"]
    assert pd.read_csv(out / "areas.csv")["name"].tolist() == [f"县{n}" for n in range(count)]


def test_all_workers_killed_cost_no_area(tmp_path: Path) -> None:
    plan, out = plan_of(tmp_path, 4), tmp_path / "out"
    running = begun(plan, out, "--workers", 2)
    wait_until(lambda: ready(out) >= 1)
    workers = workers_of(running.pid)
    assert len(workers) >= 2
    for worker in workers:
        worker.kill()
    code, states, said = ended(running)
    assert (code, set(states.values())) == (0, {"done"}), said
    whole(out, 4)


def test_a_scheduler_that_is_killed_and_started_again_gets_what_is_left(tmp_path: Path) -> None:
    plan, out, settings = plan_of(tmp_path, 4), tmp_path / "out", certified(tmp_path / "ca")
    with cluster(settings, tmp_path) as there:
        running = begun(plan, out, "--scheduler", there.address, settings=settings)
        wait_until(lambda: ready(out) >= 1)
        assert there.scheduler is not None
        for one in (there.scheduler, *there.workers):
            killed(one)
        there.start_scheduler()
        there.start_worker()
        code, states, said = ended(running)
        assert (code, set(states.values())) == (0, {"done"}), said
        whole(out, 4)


def test_a_scheduler_that_stays_away_leaves_its_areas_stopped_and_the_same_again_makes_them(
    tmp_path: Path,
) -> None:
    plan, out, settings = plan_of(tmp_path, 3), tmp_path / "out", certified(tmp_path / "ca")
    with cluster(settings, tmp_path) as there:
        running = begun(plan, out, "--scheduler", there.address, settings=settings)
        wait_until(lambda: ready(out) >= 1)
        there.end()
        code, states, said = ended(running)
        assert code == 2
        assert set(states.values()) == {"done", "stopped"}, said
        made = sum(state == "done" for state in states.values())
    again = ended(begun(plan, out, "--workers", 1))
    assert again[0] == 0, again[2]
    assert sum(state == "skipped" for state in again[1].values()) >= made
    whole(out, 3)


def test_a_cluster_refuses_a_client_without_or_with_another_certificate(tmp_path: Path) -> None:
    plan, settings = plan_of(tmp_path, 1), certified(tmp_path / "ca")
    with cluster(settings, tmp_path) as there:
        for name, other in (("none", None), ("another", certified(tmp_path / "other"))):
            code, states, said = ended(
                begun(plan, tmp_path / name, "--scheduler", there.address, settings=other)
            )
            assert (code, states) == (2, {}), said
            assert there.address in said.replace("\n", "")
            assert not (tmp_path / name / "areas").exists()
        code, states, said = ended(
            begun(plan, tmp_path / "out", "--scheduler", there.address, settings=settings)
        )
        assert (code, states) == (0, {"县0": "done"}), said


def crowd(folder: Path, *, side: int) -> str:
    """An area whose residents live in side × side cells, as a plan has it."""
    (west, south), (east, north) = degrees(0, -400), degrees(2000, 400)
    lon, lat = np.meshgrid(np.linspace(west, east, side), np.linspace(south, north, side))
    rows = pd.DataFrame({"lon": lon.ravel(), "lat": lat.ravel(), "residents": 1.0})
    rows.round(9).to_csv(folder / "crowd.csv", index=False)
    return '[[area]]\nname = "大县"\npopulation = "crowd.csv"\n'


def test_an_area_that_takes_more_memory_than_a_worker_has_fails_by_name_and_the_others_finish(
    tmp_path: Path,
) -> None:
    plan, out = plan_of(tmp_path, 2, crowd(tmp_path, side=700)), tmp_path / "out"
    settings = {**certified(tmp_path / "ca"), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    there = Cluster(settings, tmp_path)
    try:
        there.start_scheduler()
        there.start_worker("--memory-limit", "550MB")
        code, states, said = ended(begun(plan, out, "--scheduler", there.address, settings=settings))
    finally:
        there.end()
    assert code == 2, said
    assert states == {"县0": "done", "县1": "done", "大县": "failed"}
    message = pd.read_csv(out / "areas.csv").set_index("name").loc["大县", "message"]
    assert "3 worker processes" in message
    assert "memory" in message


def test_a_full_disk_is_said_and_what_is_missing_is_made_when_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=40k full "{disk}"'
    if subprocess.run(["unshare", "-Urm", "sh", "-c", mounted], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    plan, out = plan_of(tmp_path, 2), disk / "out"
    batch = f'"{sys.executable}" cli.py batch "{plan}" --out "{out}" --workers 1 --json --lang en'
    kept = tmp_path / "kept"
    script = (
        f'{mounted} && cd "{ROOT}" && {batch} > "{tmp_path}/first" 2> "{tmp_path}/said"; '
        f'echo $? > "{tmp_path}/code"; '
        f'mount -o remount,size=200m "{disk}" && {batch} > "{tmp_path}/second"; cp -r "{out}" "{kept}"'
    )
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=800,
    )  # fmt: skip
    said = (tmp_path / "said").read_text()
    assert (tmp_path / "code").read_text().strip() == "2", said
    assert "Traceback" not in said
    assert "no room left" in said + (tmp_path / "first").read_text()
    assert "– cannot be" not in said  # which file
    second = json.loads((tmp_path / "second").read_text())
    assert {row["state"] for row in second["areas"]} <= {"done", "skipped"}, done.stderr
    whole(kept, 2)
