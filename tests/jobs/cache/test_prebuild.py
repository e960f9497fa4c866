"""The demo city made ready before the first view."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.demo.names import CITY
from jobs.cache import prebuild as warm
from jobs.cache.results import has_map
from tests.small_city import write_small_city


def test_the_name_is_the_demo_citys() -> None:
    assert warm.DEMO_CITY == CITY


def test_a_demo_is_ready_once_it_is_marked_and_not_when_a_file_is_gone(
    demo_folder: Path, tmp_path: Path
) -> None:
    assert not warm.demo_is_ready(tmp_path)
    shutil.copytree(demo_folder, tmp_path / "demo")
    assert not warm.demo_is_ready(tmp_path)
    warm.mark_demo(tmp_path)
    assert warm.demo_is_ready(tmp_path)
    (tmp_path / "demo" / "units.gpkg").unlink()
    assert not warm.demo_is_ready(tmp_path)


def test_warming_makes_the_first_case_and_both_maps_and_then_has_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_small_city(tmp_path / "city")
    monkeypatch.setattr(warm, "make_demo", lambda *_, **__: files)
    folder = warm.warm(tmp_path)
    assert folder == warm.shelf_of(tmp_path).find(warm.first_case(files).key)
    assert has_map(folder, language="zh")
    assert has_map(folder, language="en")
    told: list[object] = []
    assert warm.warm(tmp_path, progress=lambda *news: told.append(news)) == folder
    assert told == []


def test_asking_whether_all_is_ready_loads_nothing_heavy() -> None:
    """The first view waits for these imports."""
    code = (
        "import sys, jobs.cache.prebuild, ui.check.findings\n"
        "import ui.overview.table_and_map, ui.overview.plan, ui.overview.gaps\n"
        "print(sorted({'pandas', 'geopandas', 'scipy', 'folium', 'shapely'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
