"""The tables of a store are brought up and taken back on the command line, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app


@pytest.fixture
def run(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("SERVICE_CIRCLE_STORE_FILES", str(tmp_path / "kept"))

    def told(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["store", *words, "--store", place, "--lang", "en"])
        return done.exit_code, " ".join(done.output.split())

    return told


def test_a_store_is_made_taken_back_and_brought_up_again(run: object) -> None:
    assert callable(run)
    assert run("check") == (2, run("check")[1]) and "store init" in run("check")[1]
    assert run("init")[0] == run("check")[0] == 0
    assert run("person", "root", "--role", "admin")[0] == 0
    code, said = run("init", "--version", "7", "--as", "root")
    assert code == 2 and "0001, 0002" in said
    assert run("init", "--version", "0003", "--as", "root")[0] == 0
    code, said = run("check", "--as", "root")
    assert code == 2 and "of version 0003" in said and "store init" in said
    assert run("init", "--as", "root")[0] == 0
    code, said = run("check", "--as", "root")
    assert (code, said.strip()) == (0, "Everything is there and is what was written.")


@pytest.mark.parametrize("words", [("store", "check"), ("city", "list"), ("job", "list"), ("batch",)])
def test_a_verb_may_stand_alone(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "nowhere"))
    assert CliRunner().invoke(app, [*words], catch_exceptions=False).exit_code == 2
