"""A group whose file is a table of figures by unit, beside residents of any kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError
from jobs.study.layers import Answers, Layers
from jobs.study.people import read_people
from tests.small_city import write_small_city

TABLES = {
    "counts": "社区,60岁以上人口\n西苑社区,100\n东庄村,50\n",
    "beside all": "社区,常住人口,老年人口\n西苑社区,1000,100\n东庄村,1100,50\n",
    "bands": "名称,60-69岁,70岁以上\n西苑社区,60,40\n东庄村,30,20\n",
    "percent": "社区,老年人口占比(%)\n西苑社区,10\n东庄村,4.54545454545\n",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("by_unit", [False, True])
def test_a_group_by_unit_is_laid_on_its_units(tmp_path: Path, table: str, by_unit: bool) -> None:
    files = write_small_city(tmp_path / "city")
    (tmp_path / "g.csv").write_text(TABLES[table], "utf-8")
    if by_unit:
        (tmp_path / "p.csv").write_text("社区,常住人口\n西苑社区,1000\n东庄村,1100\n", "utf-8")
        files = replace(files, population=tmp_path / "p.csv")
    files = replace(files, layers=Layers(groups=(("elderly", tmp_path / "g.csv"),)))
    people = read_people(files).population
    west = people.grid.lonlat()[0] < people.grid.lonlat()[0].mean()
    assert people.grid.groups["elderly"].sum() == pytest.approx(150, rel=1e-6)
    assert people.grid.groups["elderly"][west].sum() == pytest.approx(100, rel=0.1)
    assert [entry.role for entry in people.read][-1] == "group:elderly"


def test_percent_by_unit_may_be_the_answer(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "city")
    (tmp_path / "g.csv").write_text("社区,某数\n西苑社区,10\n东庄村,20\n", "utf-8")
    layers = Layers(groups=(("elderly", tmp_path / "g.csv"),))
    files = replace(files, layers=layers, answers=Answers(group_units=(("elderly", "percent"),)))
    assert read_people(files).population.grid.groups["elderly"].sum() == pytest.approx(100 + 220)


def test_without_units_it_is_refused_with_the_groups_own_file(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "city")
    (tmp_path / "g.csv").write_text(TABLES["counts"], "utf-8")
    files = replace(files, units=None, layers=Layers(groups=(("elderly", tmp_path / "g.csv"),)))
    with pytest.raises(InputError, match=r"g\.csv.*--units"):
        read_people(files)
