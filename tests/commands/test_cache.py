"""The verb that shows and clears the cache of streets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import commands.cache
from cli import app


def test_the_cache_is_shown_and_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.cache, "NETWORKS", tmp_path)
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "x.npy").write_bytes(b"x" * 1000)
    shown = json.loads(CliRunner().invoke(app, ["cache", "--json"]).stdout)
    assert (shown["bytes"], [row["name"] for row in shown["entries"]]) == (1000, ["abc"])
    gone = json.loads(CliRunner().invoke(app, ["cache", "--clear", "--json"]).stdout)
    assert (gone["freed_bytes"], gone["bytes"], gone["entries"]) == (1000, 0, [])
    assert "0.0 MB" in CliRunner().invoke(app, ["cache", "--lang", "en"]).stdout


def test_every_verb_keeps_what_it_keeps_in_the_folder_that_the_environment_names(tmp_path: Path) -> None:
    """Beside the program nothing may be written where it is installed for all."""
    said = "from commands.options import *; print(NETWORKS, SCENARIOS, sep=chr(10))"
    environment = {**os.environ, "SERVICE_CIRCLE_CACHE": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True)
    assert not run.stderr
    assert run.stdout.split() == [str(tmp_path / "networks"), str(tmp_path / "scenarios")]
    sources = Path(commands.cache.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if '".cache"' in path.read_text("utf-8")] == ["options.py"]
