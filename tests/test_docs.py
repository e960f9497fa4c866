"""Examples in the documentation do what they say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from tests import api_page
from tests.command_line import cli
from tests.small_city import degrees, write_small_city

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", ["population.md", "units.md"])
def test_the_examples_of_a_page_run(page: str) -> None:
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False)
    assert (failed, tried > 0) == (0, True)


def test_the_page_for_programs_is_what_the_docstrings_say() -> None:
    assert api_page.PAGE.read_text("utf-8") == api_page.page(), "python -m tests.api_page"


def run_cells(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The names that the cells of docs/notebook.md leave, run one after the other in a folder."""
    cells = re.findall(r"^```python\n(.*?)^```", (DOCS / "notebook.md").read_text("utf-8"), re.M | re.S)
    assert len(cells) == 8
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for number, cell in enumerate(cells, start=1):
        exec(compile(cell, f"docs/notebook.md, cell {number}", "exec"), names)  # noqa: S102 - ours
    return names


def test_the_cells_of_the_notebook_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a city of one street, whose files are called as those of the demo city."""
    files, demo = write_small_city(tmp_path / "small"), tmp_path / "demo"
    demo.mkdir()
    east = [("东站", "公共服务站", *degrees(1900)), ("东街道中心", "公共服务中心", *degrees(1950))]
    pd.DataFrame(east, columns=["名称", "类型", "经度", "纬度"]).to_excel(
        demo / "facilities.xlsx", index=False
    )
    pd.read_csv(files.population).to_parquet(demo / "population.parquet")
    gpd.read_file(files.network).to_file(demo / "streets.gpkg")
    gpd.read_file(files.units).to_file(demo / "units.gpkg")
    names = run_cells(tmp_path, monkeypatch)
    assert names["plan"].sites["residents_gained"].sum() == 1000.0  # type: ignore[attr-defined]
    assert "many" in str(names["said"])
    assert (tmp_path / "out" / "map.html").is_file()


@pytest.mark.slow
def test_the_cells_of_the_notebook_run_on_the_demo_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("demo", tmp_path / "demo").returncode == 0
    assert len(run_cells(tmp_path, monkeypatch)["plan"].sites) == 3  # type: ignore[attr-defined]
