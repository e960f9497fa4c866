"""The verb that shows and clears the cache of streets."""

from __future__ import annotations

import json
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
