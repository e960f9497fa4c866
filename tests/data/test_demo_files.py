"""The demo city's files: written whole, the same for the same seed, and labelled as synthetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest

from data.demo import SYNTHETIC, write_demo
from data.intake.datum.origin import is_synthetic
from data.intake.read import read_facilities
from jobs.study.cases import StudyFiles
from jobs.study.inputs import others_synthetic

FILES = ("facilities.xlsx", "streets.gpkg", "population.parquet", "units.gpkg")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, str]]]:
    """The city once more, over older files, and what was said meanwhile."""
    folder = tmp_path_factory.mktemp("again") / "made"
    folder.mkdir()
    (folder / "units.gpkg").write_bytes(b"older")
    said: list[tuple[float, str]] = []
    write_demo(folder, progress=lambda share, what: said.append((share, str(what))))
    return folder, said


def test_exactly_four_files_are_written(demo_folder: Path) -> None:
    assert sorted(path.name for path in demo_folder.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_same_seed_gives_the_same_bytes(demo_folder: Path, second, name: str) -> None:
    assert (second[0] / name).read_bytes() == (demo_folder / name).read_bytes()


def test_older_files_are_replaced_and_nothing_else_is_left(second) -> None:
    assert sorted(path.name for path in second[0].iterdir()) == sorted(FILES)


def test_progress_rises_from_0_to_1(second) -> None:
    shares = [share for share, _ in second[1]]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_the_files_stay_small_enough_to_send(demo_folder: Path) -> None:
    assert sum((demo_folder / name).stat().st_size for name in FILES) < 15e6


def test_the_label_is_said_in_words() -> None:
    assert "fictional" in str(SYNTHETIC)


def test_the_population_file_says_it_is_synthetic(demo_folder: Path) -> None:
    about = pq.read_schema(demo_folder / "population.parquet").metadata
    assert about[b"synthetic"] == b"true"
    assert "虚构数据".encode() in about[b"note"]
    assert about[b"crs"] == b"EPSG:4326"


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("streets.gpkg", "streets"),
        ("streets.gpkg", "water"),
        ("streets.gpkg", "green"),
        ("units.gpkg", "units"),
    ],
)
def test_every_layer_says_it_is_synthetic(demo_folder: Path, name: str, layer: str) -> None:
    about = pyogrio.read_info(demo_folder / name, layer=layer)["layer_metadata"]
    assert about["synthetic"] == "true"
    assert "虚构数据" in about["note"]
    assert is_synthetic(demo_folder / name)


def test_every_sheet_says_it_is_synthetic(demo_folder: Path) -> None:
    book = openpyxl.load_workbook(demo_folder / "facilities.xlsx")
    for sheet in book:
        written = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert any("虚构数据" in text for text in written), sheet.title


def test_any_one_file_of_the_demo_makes_a_result_synthetic(demo_folder: Path, tmp_path: Path) -> None:
    """A study by land alone has no residents' file that could say so."""
    nothing = tmp_path / "any.csv"
    nothing.write_text("a\n1\n")
    listed = read_facilities([demo_folder / "facilities.xlsx"])
    plain = replace(listed, tables=())
    own = StudyFiles((), nothing, nothing)
    assert not others_synthetic(own, plain)
    assert others_synthetic(own, listed)
    assert others_synthetic(replace(own, network=demo_folder / "streets.gpkg"), plain)
