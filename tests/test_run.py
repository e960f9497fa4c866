"""The starter, tried in folders of its own; nothing here needs the network."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Final

import pytest

import run
from tests import chromium

ROOT: Final = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the real starter and nothing to install, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("my project")
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "run.py", folder)
    shutil.copy(ROOT / "tests" / "chromium.py", folder / "tests")
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_setting_up_twice_installs_once_and_the_second_time_is_instant(fresh: Path) -> None:
    first = call(fresh, "setup")
    assert first.returncode == 0, first.stderr
    assert "Installing" in first.stdout
    started = time.perf_counter()
    second = call(fresh, "setup")
    assert (second.returncode, second.stdout) == (0, "")
    assert time.perf_counter() - started < 2


def test_changed_requirements_are_installed(fresh: Path) -> None:
    call(fresh, "setup")
    (fresh / "requirements.txt").write_text("# nothing yet\n")
    assert "Installing" in call(fresh, "setup").stdout


def test_an_environment_whose_python_is_gone_is_made_anew(fresh: Path) -> None:
    call(fresh, "setup")
    python = fresh / run.PYTHON.relative_to(ROOT)
    python.unlink()
    done = call(fresh, "setup")
    assert done.returncode == 0, done.stderr
    assert python.exists()


def test_an_installation_that_fails_says_so_and_the_next_one_begins_anew(fresh: Path) -> None:
    call(fresh, "setup")
    (fresh / "requirements.txt").write_text("./no-such-package\n")
    failed = call(fresh, "setup")
    assert failed.returncode == 1
    assert "Installing failed" in failed.stderr
    assert "making it anew" not in failed.stdout
    assert "making it anew" in call(fresh, "setup").stdout
    (fresh / "requirements.txt").write_text("# nothing\n")
    assert call(fresh, "setup").returncode == 0
    assert not (fresh / ".venv" / "unfinished").exists()


def test_a_machine_without_a_network_installs_from_a_folder_of_wheels(fresh: Path, tmp_path: Path) -> None:
    """The folder holds nothing, so what is wanted is not found there, and nowhere else is looked."""
    (fresh / "requirements.txt").write_text("six==1.17.0\n")
    failed = call(fresh, "setup", "--wheels", str(tmp_path))
    assert failed.returncode == 1
    assert "six==1.17.0" in failed.stderr
    (fresh / "requirements.txt").write_text("# nothing\n")
    assert call(fresh, "setup", "--wheels", str(tmp_path)).returncode == 0


def test_the_licences_of_all_that_is_pinned_are_written_down_and_none_is_a_strong_copyleft() -> None:
    table = [line.split(" | ") for line in run.LICENCES.read_text("utf-8").splitlines() if " | " in line][1:]
    rows = {(name.lstrip("| "), version): licence.rstrip("| ") for name, version, licence in table}
    assert list(rows) == run.pinned(run.ROOT / "requirements.txt")
    assert all(rows.values())
    assert not [name for name, licence in rows.items() if re.search(r"(?<!L)GPL", licence)]


def test_a_package_whose_hash_is_another_is_not_installed(fresh: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("tiny.py", "")
        packed.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        packed.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        packed.writestr("tiny-1.0.dist-info/RECORD", "")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for digest, code in (("0" * 64, 1), (right, 0)):
        (fresh / "requirements.txt").write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
        assert call(fresh, "setup", "--wheels", str(tmp_path)).returncode == code
    (fresh / "requirements.txt").write_text("# nothing\n")
    call(fresh, "setup")


def test_hashes_stand_beneath_the_version_they_belong_to() -> None:
    lines = ["# why", "one==1.0", "", "two==2.0 ; sys_platform == 'win32'", "-r other.txt"]
    compiled = "one==1.0 \\\n    --hash=sha256:a \\\n    --hash=sha256:b\ntwo==2.0 \\\n    --hash=sha256:c\n"
    assert run._with_hashes(lines, compiled) == [
        "# why",
        "one==1.0 \\",
        "    --hash=sha256:a \\",
        "    --hash=sha256:b",
        "",
        "two==2.0 ; sys_platform == 'win32' \\",
        "    --hash=sha256:c",
        "-r other.txt",
    ]


def test_an_unreadable_stamp_is_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = tmp_path / "installed.json"
    monkeypatch.setattr(run, "STAMP", stamp)
    for content in ("", "half a {", json.dumps([1])):
        stamp.write_text(content)
        assert run._installed() == {}


def test_the_starter_can_be_read_by_an_older_python_which_is_told_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for source in (ROOT / "run.py", ROOT / "tests" / "chromium.py"):
        ast.parse(source.read_text("utf-8"), feature_version=(3, 8))
    monkeypatch.setattr(sys, "version_info", (3, 8, 10))
    assert run.main(["setup"]) == 1
    assert "Python 3.11 or newer is needed; this is Python 3.8." in capsys.readouterr().err


def test_an_unknown_command_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["dance"]) == 2
    assert "python run.py setup" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "port"),
    [
        (["--server.port", "8600"], 8600),
        (["--server.port=8601"], 8601),
        (["--theme.base", "dark"], 8502),
        ([], 8502),
    ],
)
def test_the_port_is_the_one_asked_for_or_the_first_free(
    options: list[str], port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMLIT_SERVER_PORT", raising=False)
    monkeypatch.setattr(run, "_is_free", lambda port: port > 8501)
    assert run._port(options) == port


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("localhost", 0)) as server:
        assert not run._is_free(server.getsockname()[1])


def test_no_browser_is_opened_in_continuous_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("CI", "true")
    assert not run._has_screen()


def test_one_failing_step_fails_the_whole_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "install", lambda files: True)
    monkeypatch.setattr(chromium, "find", lambda python: "/browser")
    monkeypatch.setenv("CHROMIUM_PATH", "")
    called: list[list[str]] = []

    def call(command: list[str]) -> int:
        called.append(command)
        return 1 if "mypy" in command else 0

    monkeypatch.setattr(run, "_call", call)
    assert run.main(["test"]) == 1
    assert [command[2] for command in called] == ["ruff", "ruff", "mypy", "pytest"]


def test_a_chosen_part_of_the_suite_runs_in_one_process() -> None:
    assert run._workers(["tests/test_run.py"]) == []


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the browser")
def test_a_browser_that_does_not_start_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("chromium", 1), ("google-chrome", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    assert chromium.find(Path(sys.executable)) == str(tmp_path / "google-chrome")
