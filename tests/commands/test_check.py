"""`check` as its users see it: what it hands on of its options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from tests.small_city import write_small_city


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *map(str, words), "--lang", "en"])
    return done.exit_code, done.output


def test_lists_kept_already_and_the_memory_are_handed_on(tmp_path: Path) -> None:
    (facilities,) = write_small_city(tmp_path / "in").facilities
    memory = tmp_path / "memory"
    first = run(facilities, "--datum", "wgs84", "--out", tmp_path / "a", "--memory", memory)
    assert first[0] == 0, first[1]
    assert memory.is_dir()
    kept = tmp_path / "a" / "accepted.csv"
    code, said = run(facilities, "--datum", "wgs84", "--stored", kept, "--out", tmp_path / "b", "--json")
    assert code == 0, said
    report = json.loads(said[said.index("{") :])
    assert "already-stored" in {finding["code"] for finding in report["findings"]}


@pytest.mark.parametrize("service", ["tianditu", "nobody"])
def test_a_service_that_cannot_be_asked_is_refused_before_the_lists_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    code, said = run(tmp_path / "nowhere.csv", "--out", tmp_path / "out", "--geocode", service)
    assert code == 2
    assert service in said.lower()
    assert "nowhere" not in said
