"""A briefing of some districts: the figures of their published rows, named everywhere, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from core.errors import UserError
from coverage.publish import Results, district_names, of_districts
from data.results import read_results
from jobs.assess.export import ExportRequest, districts_of, products_of, told_by
from jobs.assess.folder import assess_files
from jobs.siting.suggest import SitingRequest, suggest_files
from locales import LANGUAGES, translator
from reports.briefing import briefing_of
from reports.briefing.numbers import figure_of
from tests.reports.test_briefing_forms import plain, text_of
from tests.small_city import degrees, two_districts, write_small_city

# A gap across the border of the districts, and one in the west alone.
_FAR: Final = ((900, 450, 310), (1000, 450, 420), (0, -450, 600))
SUMMED: Final = {
    "radius": ("residents", "residents_met"), "walk": ("residents", "residents_met"),
    "load": ("facilities", "within", "under", "over"), "presence": ("units", "units_met"),
    "units": ("units", "units_met"),
}  # fmt: skip


@pytest.fixture(scope="session")
def folder(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The small city as two urban districts of one street and one community each."""

    def make(out: Path) -> None:
        files = write_small_city(out / "in")
        with (out / "in" / "people.csv").open("a", encoding="utf-8") as people:
            people.writelines(f"{degrees(x, y)[0]},{degrees(x, y)[1]},{n},30\n" for x, y, n in _FAR)
        two_districts(files)
        assess_files(files, out=out / "result")
        suggest_files(files, SitingRequest(tier="station", count=1), out=out / "plan")

    return make_once("city-of-districts", make)


@pytest.fixture(scope="session")
def whole(folder: Path) -> Results:
    return read_results(folder / "result")


@pytest.mark.parametrize("names", [("西区",), ("DE",), ("西区", "东区")])
def test_rules_are_the_sums_of_the_districts_published_rows(whole: Results, names: tuple[str, ...]) -> None:
    part = of_districts(whole, names)
    ids = part.document["districts"]["ids"]
    assert len(part.document["rules"]) == len(whole.document["rules"])
    for row in part.document["rules"]:
        rows = whole.units[(whole.units["rule"] == row["id"]) & whole.units["unit_id"].isin(ids)]
        if row["verdict"] is None or not len(rows):
            continue
        for column in SUMMED.get(row["check"], ()):
            assert row[column] == pytest.approx(rows[column].astype(float).sum()), (row["id"], column)
        if len(rows) == 1:
            assert row["verdict"] == rows["verdict"].iloc[0]
    assert part.document["area"]["residents"] == part.cells["residents"].sum()


def test_all_districts_together_are_the_city(whole: Results) -> None:
    part = of_districts(whole, district_names(whole))
    of_units = ("load", "presence", "units")
    for row in whole.document["rules"]:
        found = of_districts(whole, district_names(whole)).row(row["id"])
        # How many residents a rule about facilities or units concerns is not published by unit.
        people = () if row["check"] in of_units else ("residents", "residents_met")
        for key in ("verdict", "share", "units", "units_met", "actual", *people):
            assert found.get(key) == pytest.approx(row.get(key)), (row["id"], key)
        assert found.get("lacking") == row.get("lacking")
    assert part.document["area"]["residents"] == whole.document["area"]["residents"]
    assert len(part.gaps) == len(whole.gaps) and not any(gap["crosses"] for gap in part.document["gaps"])


def test_a_gap_across_the_border_says_how_many_of_it_live_here(whole: Results) -> None:
    west, east = (of_districts(whole, [name]).document["gaps"] for name in ("西区", "东区"))
    for gap in whole.document["gaps"]:
        parts = [
            one["residents_here"]
            for one in (*west, *east)
            if (one["rule"], one["rank"]) == (gap["rule"], gap["rank"])
        ]
        assert sum(parts) == pytest.approx(gap["residents"])
    assert any(gap["crosses"] for gap in west) and any(gap["crosses"] for gap in east)
    assert all(gap["unit"].startswith("东区") for gap in east)


@pytest.mark.parametrize("names", [("西区",), ("西区", "东区")])
def test_every_figure_stands_in_the_result_where_its_key_says(whole: Results, names: tuple[str, ...]) -> None:
    part = of_districts(whole, names)
    figures = briefing_of(part).figures
    assert len(figures) > 8
    for figure in figures:
        assert figure_of(part, figure.key) == pytest.approx(figure.value), figure.key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_names_the_district_and_holds_its_figures(
    folder: Path, tmp_path: Path, language: str
) -> None:
    tr = translator(language)
    request = ExportRequest(folder / "result", "all", language, districts=("东区",))
    briefing, made = told_by(request), dict(products_of(request, request.kinds))
    assert len(made) == 8 and all("-东区" in name for name in made)
    strip = {tr(term): tr(value) for term, value in briefing.strip}
    assert "东区" in strip[{"zh": "区县范围", "en": "Districts"}[language]]
    assert tr(briefing.title).startswith({"zh": "小城东区", "en": "小城东区"}[language])
    for name, content in made.items():
        path = tmp_path / name
        path.write_bytes(content)
        if path.suffix in (".pptx", ".docx", ".pdf"):
            found = plain(text_of(path))
            assert all(plain(tr(figure.words)) in found for figure in briefing.figures), name
            assert all(plain(tr(said)) in found for said in briefing.caveats) and "西区" not in found
        elif path.suffix == ".html":
            assert "小城东区" in content.decode()
    report = next(path for path in tmp_path.iterdir() if path.suffix == ".xlsx")
    rows = [row for sheet in openpyxl.load_workbook(report) for row in sheet.values]
    assert any("DE" in row for row in rows) and not any("DW" in row for row in rows)
    # Of the facilities across the border only the name of the nearest is said.
    second = {row[1] for row in rows if len(row) > 1}
    assert "东庄村服务站" in second and "西苑社区服务站" not in second


def test_a_plan_of_the_whole_city_is_said_to_be_left_out(folder: Path) -> None:
    told = told_by(ExportRequest(folder / "plan", "docx", districts=("西区",)))
    assert told.kind == "assessment"
    assert any("未列入" in translator("zh")(said) for said in told.caveats)


def test_what_cannot_be_limited_is_refused(folder: Path, whole: Results) -> None:
    assert districts_of(folder / "result") == ("西区", "东区")
    for asked in (("北区",), ("西",)):
        with pytest.raises(UserError):
            of_districts(whole, asked)
    with pytest.raises(UserError):
        ExportRequest(folder / "result", "html", profile="public", districts=("西区",))
    with pytest.raises(UserError):
        ExportRequest(folder / "result", "form:any", districts=("西区",))
    with pytest.raises(UserError):
        of_districts(replace(whole, document={**whole.document, "scenario": "x"}), ["西区"])
