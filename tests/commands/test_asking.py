"""What a raster counts is asked for where nobody says, and only then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from typer.testing import CliRunner

from cli import app
from commands import asking
from commands.front import front_door
from commands.options import Language
from jobs.study.cases import StudyFiles
from jobs.study.people import read_people
from tests.small_city import CRS, EAST, NORTH, write_small_city


def raster(path: Path, **tags: str) -> Path:
    size = {"height": 1, "width": 21, "count": 1, "dtype": "float64", "crs": CRS}
    size |= {"transform": from_origin(EAST - 50, NORTH + 50, 100, 100)}
    with rasterio.open(path, "w", driver="GTiff", **size) as target:
        target.write(np.full((1, 21), 40.0), 1)
        target.update_tags(**tags)
    return path


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked; every question is answered with people per km²."""
    asked: list[str] = []

    def ask(question: str, **_options: object) -> str:
        asked.append(question)
        return "per_km2"

    monkeypatch.setattr(asking.Prompt, "ask", ask)
    monkeypatch.setattr(asking, "_at_a_terminal", lambda: True)
    return asked


def unit_after(files: StudyFiles, folder: Path) -> str:
    """What is left open or taken after all questions are answered."""
    with front_door(Language.en) as (tr, report):
        read = asking.asking(files, read_people, tr, report)
    return read.population.unit


def test_an_unclear_unit_is_asked_for_with_what_each_would_mean(
    tmp_path: Path, answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = replace(write_small_city(tmp_path), population=raster(tmp_path / "p.tif"))
    assert unit_after(files, tmp_path) == "per_km2"
    assert answers == ["--population-unit: which of them?"]
    assert "840 residents if they are per pixel" in " ".join(capsys.readouterr().err.split())


def test_an_answer_goes_to_its_field(tmp_path: Path) -> None:
    files = write_small_city(tmp_path)
    assert files.answered("population_column", "pop").answers.population_column == "pop"
    twice = files.answered("group_units:elderly", "count").answered("group_units:elderly", "percent")
    assert twice.answers.group_units == (("elderly", "percent"),)


def test_nothing_is_asked_where_it_is_clear_or_nobody_sits_there(
    tmp_path: Path, answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_small_city(tmp_path)
    assert unit_after(files, tmp_path) == ""
    clear = replace(files, population=raster(tmp_path / "p.tif", units="people per hectare"))
    assert unit_after(clear, tmp_path) == "per_ha"
    unclear = replace(files, population=raster(tmp_path / "q.tif"))
    assert unit_after(replace(unclear, population_unit="per_ha"), tmp_path) == "per_ha"
    monkeypatch.setattr(asking, "_at_a_terminal", lambda: False)
    assert unit_after(unclear, tmp_path) == "count"
    assert answers == []


@pytest.mark.parametrize(
    "words", ["assess", "isochrones", "scenario --compare now now", "suggest --tier station"]
)
def test_every_verb_that_reads_a_city_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str], words: str
) -> None:
    """Whoever rather stops than answers has stopped the verb."""

    def stop(question: str, **_options: object) -> str:
        answers.append(question)
        raise KeyboardInterrupt

    monkeypatch.setattr(asking.Prompt, "ask", stop)
    files = write_small_city(tmp_path)
    given = {
        "--facilities": files.facilities[0], "--population": raster(tmp_path / "p.tif"),
        "--network": files.network, "--datum": "wgs84", "--out": tmp_path / "out",
    }  # fmt: skip
    options = [str(word) for pair in given.items() for word in pair]
    done = CliRunner().invoke(app, [*words.split(), *options])
    assert (done.exit_code, len(answers)) == (130, 1), done.output
