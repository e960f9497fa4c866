"""Results at an address: an area is there whole or not at all, and is found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from core.errors import InputError, SettingError
from jobs.batch import run
from jobs.batch.address import Address, folder_or_address
from jobs.batch.area import DONE, FAILED, Task, figures_there, make_area
from jobs.batch.plan import BatchPlan
from tests.command_line import cli_process
from tests.jobs.batch.test_tiles import COMMON, tasks
from tests.small_city import write_small_city


@pytest.fixture
def address() -> Iterator[Address]:
    yield Address("memory://province/2026")
    fsspec.filesystem("memory").store.clear()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Task:
    folder = tmp_path_factory.mktemp("address")
    write_small_city(folder / "city")
    (task,) = tasks(folder, '[[area]]\nname = "云川 县"\n', COMMON)
    assert make_area(task)["state"] == DONE
    return task


def test_an_area_at_an_address_is_that_of_a_folder_and_is_found_again(local: Task, address: Address) -> None:
    task = replace(local, out=Path("nowhere"), address=address)
    assert figures_there(task) is None
    row = make_area(task)
    assert row["state"] == DONE, row["message"]
    here = {path.relative_to(local.folder).as_posix() for path in local.folder.rglob("*") if path.is_file()}
    assert address.names(task.below) == here
    files = fsspec.filesystem("memory")
    about = json.loads((local.folder / "provenance.json").read_bytes())["files"]
    there = json.loads(files.cat_file(f"/province/2026/{task.below}/provenance.json"))["files"]
    made = ("report.xlsx",)  # says when it was made
    assert {name: there[name] for name in there if name not in made} == {
        name: about[name] for name in about if name not in made
    }
    figures = figures_there(task)
    assert figures is not None
    times = ("created", "seconds", "peak_mb")
    kept = {key: value for key, value in row.items() if key in figures and key not in times}
    assert {key: figures[key] for key in kept} == kept
    files.rm_file(f"/province/2026/{task.below}/cells.parquet")
    assert figures_there(task) is None


def test_what_was_there_goes_and_an_unfinished_area_has_no_provenance(
    local: Task, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    address.put(local.folder, local.below)
    files = fsspec.filesystem("memory")
    files.pipe_file(f"/province/2026/{local.below}/plan.json", b"{}")
    kind = type(files)
    whole = kind.pipe_file

    def full(self, path, content, **kwargs):  # type: ignore[no-untyped-def]
        if path.endswith("units.csv"):
            raise OSError("no room")
        return whole(self, path, content, **kwargs)

    monkeypatch.setattr(kind, "pipe_file", full)
    with pytest.raises(InputError, match="memory://province/2026 cannot be used: no room"):
        address.put(local.folder, local.below)
    assert "provenance.json" not in address.names(local.below)
    row = make_area(replace(local, address=address))
    assert row["state"] == FAILED
    monkeypatch.undo()
    address.put(local.folder, local.below)
    assert {"provenance.json", "units.csv"} <= address.names(local.below)
    assert "plan.json" not in address.names(local.below)


def test_a_batch_at_an_address_leaves_its_tables_there(
    local: Task, address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "folder_or_address", lambda _out: address)
    monkeypatch.setattr(run, "_rows_of", lambda tasks, *_: (make_area(task) for task in tasks))
    plan = BatchPlan((local.area,), ("assess",))
    states = [
        [row["state"] for row in run.run_batch(plan, out=address.url, cache=tmp_path, language="en").rows]
        for _ in range(2)
    ]
    assert states == [["done"], ["skipped"]]
    beside = {name for name in address.names("") if "/" not in name}
    assert beside == {
        "areas.csv", "areas.csvt", "areas.parquet", "areas_columns.csv", "areas_columns.csvt",
        "batch.json", "league.csv", "league.csvt",
        "overview.html", "province.xlsx",
    }  # fmt: skip
    assert run.status_of(address)["counts"] == {"skipped": 1}


def test_a_file_address_is_a_folder_and_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    assert folder_or_address(f"file://{tmp_path}/a%20b") == tmp_path / "a b"
    assert folder_or_address(str(tmp_path)) == tmp_path
    for wrong in ("memory://x", "nosuch://bucket/x"):
        with pytest.raises(SettingError, match=wrong):
            folder_or_address(wrong)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_worker_processes_put_their_areas_at_an_address_and_find_them_there_again(tmp_path: Path) -> None:
    write_small_city(tmp_path / "city")
    plan = tmp_path / "plan.toml"
    plan.write_text(f'{COMMON}[[area]]\nname = "甲"\n[[area]]\nname = "乙"\n', "utf-8")
    there = f"dir::file://{tmp_path}/there"  # opened by fsspec in every process, as a store elsewhere is
    for state in ("done", "skipped"):
        done = cli_process("batch", plan, "--out", there, "--workers", 2, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["counts"] == {state: 2}
    assert json.loads(cli_process("batch", "--status", there, "--json").stdout)["counts"] == {"skipped": 2}
    at_address, folder = Address(there), tmp_path / "out"
    assert cli_process("batch", plan, "--out", folder, "--workers", 1).returncode == 0
    for name in ("areas/甲/units.csv", "areas/乙/assessment.json", "league.csv"):
        at_address.get("", [name], tmp_path / "copy")
        assert (tmp_path / "copy" / name).read_bytes() == (folder / name).read_bytes()
