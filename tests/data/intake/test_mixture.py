"""Rows of a list that may be mixed, told apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data.intake.intake import Intake
from data.intake.parts import mixture
from data.intake.read import ListRequest, read_lists
from geo.datum import convert
from tests.data.intake.small_lists import stations, units


def intake_of(folder: Path, systems: list[str]) -> Intake:
    """36 stations, written in turn in the systems given."""
    rows = stations()
    written = [
        convert([lon], [lat], "wgs84", systems[k % len(systems)]) for k, (_, lon, lat, _) in enumerate(rows)
    ]
    table = pd.DataFrame(
        {
            "名称": [row[0] for row in rows],
            "类型": "公共服务站",
            "社区": [row[3] for row in rows],
            "经度": [round(float(x[0]), 6) for x, _ in written],
            "纬度": [round(float(y[0]), 6) for _, y in written],
        }
    )
    path = folder / "list.csv"
    table.to_csv(path, index=False)
    return read_lists([path], ListRequest(units=units()))


@pytest.mark.parametrize("second", ["gcj02", "bd09"])
def test_rows_of_a_mixture_are_told_apart(tmp_path: Path, second: str) -> None:
    intake = intake_of(tmp_path, ["wgs84", second])
    assert (intake.datum.system, intake.datum.decided) == ("mixed", False)
    (piece,) = [piece for piece in intake.datum.evidence if piece.kind == "mixture"]
    found = mixture(intake)
    assert found is not None
    said = {found.first.system: found.fits_first, found.second.system: found.fits_second}
    assert set(said) == {"wgs84", second}
    truth = [("wgs84", second)[k % 2] for k in range(36)]
    for system, rows in said.items():
        assert [truth[k] for k in rows.nonzero()[0]] == [system] * rows.sum()
    assert sum(rows.sum() for rows in said.values()) > 30
    values = piece.message.values
    assert (values["fit_first"], values["fit_second"]) == (found.fits_first.sum(), found.fits_second.sum())
    assert found.rows["source_row"].tolist() == list(range(2, 38))


@pytest.mark.parametrize("system", ["wgs84", "gcj02", "bd09"])
def test_a_list_in_one_system_has_no_mixture(tmp_path: Path, system: str) -> None:
    intake = intake_of(tmp_path, [system])
    assert mixture(intake) is None
    assert not [piece for piece in intake.datum.evidence if piece.kind == "mixture"]


def test_where_little_speaks_for_it_a_mixture_is_mentioned_and_not_named(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, ["wgs84"] * 10 + ["gcj02"])
    assert (intake.datum.system, intake.datum.decided) == ("unknown", False)
    (piece,) = [piece for piece in intake.datum.evidence if piece.kind == "mixture"]
    assert "may be mixed" in str(piece.message)
    assert set(intake.frame["system"]) == {"unknown"}
