"""A scenario, two results of a period and a history have a briefing as an assessment has, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from core.errors import InputError, SettingError, UserError
from core.text import Text, text
from coverage.publish import Results
from data.results import read_results
from jobs.assess.export import ExportRequest, _studio, export, products_of, told_by, usual_steps
from jobs.assess.folder import assess_files
from jobs.lists.compare import compare_with_osm, read_compared
from jobs.scenario import ScenarioWish, scenario_files
from locales import LANGUAGES, Translator, translator
from maps import palette
from reports.briefing import Briefing, briefing_of
from reports.briefing.findings import gained_and_lost
from reports.briefing.period import set_against
from reports.issues import issue_titles
from tests.reports.test_briefing_forms import assert_keyed, plain, text_of
from tests.small_city import degrees, write_small_city

KINDS: Final = ("scenario", "period", "history")
# A new station in the west, and residents whom only it reaches.
_AT = degrees(0, 450)


@pytest.fixture(scope="session")
def city(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A small city as it is, with a new station, and as a scenario with the same station."""

    def make(out: Path) -> None:
        files = write_small_city(out / "in")
        with (out / "in" / "people.csv").open("a", encoding="utf-8") as people:
            people.write(f"{_AT[0]},{_AT[1]},700,30\n")
        assess_files(files, out=out / "first")
        edit = {
            "do": "open",
            "facility_id": "new",
            "name": "新站",
            "tier": "station",
            "x": _AT[0],
            "y": _AT[1],
        }
        edits = out / "edits.json"
        edits.write_text(
            json.dumps({"format": 1, "name": "建站", "crs": "EPSG:4326", "edits": [edit]}), "utf-8"
        )
        scenario_files(files, ScenarioWish(str(edits)), out=out / "scenario")
        with (out / "in" / "list.csv").open("a", encoding="utf-8") as listed:
            listed.write(f"北社区服务站,服务站,{_AT[0]},{_AT[1]},\n")
        assess_files(files, out=out / "second")
        with (out / "in" / "list.csv").open("a", encoding="utf-8") as listed:
            listed.write(f"西河社区服务站,服务站,{degrees(900)[0]},{degrees(900)[1]},\n")
        assess_files(files, out=out / "third")

    return make_once("city-of-kinds", make)


def at(results: Results, day: str) -> Results:
    return replace(results, provenance={**results.provenance, "created": f"{day}T01:00:00+00:00"})


@pytest.fixture(scope="session")
def lists(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """An office's list beside a map that has one facility in place, one elsewhere, one closed, one more."""

    def make(out: Path) -> None:
        places = {"甲": (0, 0), "乙": (900, 0), "丙": (0, 900), "丁": (900, 900), "戊": (2000, 0)}
        rows = [
            f"{name}社区服务站,station,{','.join(map(str, degrees(*at)))}\n" for name, at in places.items()
        ]
        known = [
            ("甲", (20, 0), "open"), ("乙", (1400, 0), "open"), ("丙", (0, 900), "closed"),
            ("和平里", (3000, 0), "open"),
        ]  # fmt: skip
        out.mkdir(exist_ok=True)
        (out / "list.csv").write_text("名称,类型,WGS84经度,WGS84纬度\n" + "".join(rows), "utf-8")
        seen = [
            f"o{n},{name}社区服务站,station,{','.join(map(str, degrees(*at)))},{state}\n"
            for n, (name, at, state) in enumerate(known)
        ]
        head = "facility_id,name,type,wgs_lng,wgs_lat,status\n"
        (out / "facilities.csv").write_text(head + "".join(seen), "utf-8")
        compare_with_osm([out / "list.csv"], out / "facilities.csv", out=out / "compared", datum="wgs84")

    return make_once("compared-lists", make)


def told(city: Path, kind: str) -> tuple[Results, Briefing]:
    if kind == "scenario":
        results = read_results(city / "scenario")
    else:
        first, second = (read_results(city / name) for name in ("first", "second"))
        earlier = [at(first, "2025-06-01"), at(second, "2024-06-01")][: 1 if kind == "period" else 2]
        results = set_against(second, earlier)
    return results, briefing_of(results)


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_stands_in_the_result_where_its_key_says(city: Path, kind: str) -> None:
    results, briefing = told(city, kind)
    assert len(briefing.figures) > 10
    assert assert_keyed(results, briefing, results.standard) > 80


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "earlier"), [("scenario", ()), ("third", ("second", "first"))])  # fmt: skip
def test_every_form_of_both_languages_holds_every_figure(
    city: Path, tmp_path: Path, name: str, earlier: tuple[str, ...], language: str
) -> None:
    before = tuple(city / one for one in earlier)
    request = ExportRequest(city / name, "all", language, before=before)
    tr = translator(language)
    results = set_against(read_results(city / name), [read_results(one) for one in before])
    briefing = briefing_of(results)
    made = dict(products_of(request, ("pptx", "docx", "pdf", "html", "xlsx")))
    assert len(made) == 5
    for file, content in made.items():
        path = tmp_path / file
        path.write_bytes(content)
        if path.suffix in (".pptx", ".docx", ".pdf"):
            found = plain(text_of(path))
            for figure in briefing.figures:
                assert plain(tr(figure.words)) in found, (file, figure.key)
            assert briefing.pair is not None
            assert all(plain(tr(view.title)) in found for view in briefing.pair)
        if path.suffix == ".html":
            assert "slide_0" in content.decode()
        # A map has the oldest and the newest of a history, the others every result's figures.
        states = [*before[-1:], city / name] if path.suffix == ".html" else [*before, city / name]
        found = plain(text_of(path))
        for figure in [said for one in states for said in _stated(one, tr)]:
            assert figure in found, (file, figure)


def _stated(folder: Path, tr: Translator) -> Iterator[str]:
    """The share of every rule of residents as the folder's own JSON has it, of how many; of a scenario
    before and after."""
    document = json.loads((folder / "assessment.json").read_text("utf-8"))
    for row in [*document["rules"], *(document.get("before") or {}).get("rules", ())]:
        if row["check"] in ("radius", "walk") and row["residents"]:
            met, of = row["residents_met"], row["residents"]
            said = text("{share:.1%} ({met:,.0f} of {all:,.0f} {all:resident|residents})")
            yield plain(tr(Text(said.template, {"share": met / of, "met": met, "all": of})))


def test_a_period_says_what_was_and_what_is_under_names_of_its_own(city: Path) -> None:
    results, briefing = told(city, "period")
    tr = translator("zh")
    said = tr(briefing.headline.words)
    assert briefing.kind == "period"
    assert "2025-06-01" in said and "700" in said
    assert (
        results.document["before"]["facilities"]["station"] + 1
        == results.document["area"]["facilities"]["station"]
    )
    (made,) = export(ExportRequest(city / "second", "docx", before=(city / "first",)))
    assert made.name.startswith("briefing-since-2")


def test_a_history_is_a_column_a_result_the_oldest_first(city: Path) -> None:
    _, briefing = told(city, "history")
    assert briefing.history is not None
    head = [translator("en")(one) for one in briefing.history.head]
    assert head[1:3] == ["Result of 2024-06-01", "Result of 2025-06-01"]
    assert len(head) == 4


def test_a_map_of_before_has_the_facilities_of_then(city: Path) -> None:
    """Neither the scenario's new station nor its ring stands on the map of the present state."""
    for name, earlier in (("scenario", ()), ("third", (city / "first",))):
        studio = _studio(ExportRequest(city / name, "pptx", before=earlier))
        before, after = (studio.pictures.svg(view).decode() for view in studio.briefing.pair or ())
        more = {"scenario": 1, "third": 2}[name]
        assert after.count("<circle") >= before.count("<circle") + more
        assert palette.IN_SCENARIO["color"] not in before
        assert (palette.IN_SCENARIO["color"] in after) == (name == "scenario")


def test_what_cannot_be_set_against_each_other_is_refused(city: Path) -> None:
    first, second, scenario = (read_results(city / name) for name in ("first", "second", "scenario"))
    with pytest.raises(SettingError):
        set_against(scenario, [first])
    elsewhere = replace(first, cells=first.cells.assign(lon=first.cells["lon"] + 5))
    with pytest.raises(InputError):
        set_against(second, [elsewhere])
    with pytest.raises(InputError, match="Exchange the two"):
        set_against(at(first, "2025-06-01"), [at(second, "2025-06-02")])
    with pytest.raises(SettingError, match="no earlier result"):
        set_against(second, [scenario])
    rows = [row | {"figure": 1.5} for row in first.document["rules"]]
    with pytest.raises(InputError):
        set_against(second, [replace(first, document={**first.document, "rules": rows})])


def test_the_steps_of_the_presentation_are_edited_as_json(city: Path) -> None:
    usual = json.loads(usual_steps(ExportRequest(city / "scenario", "html"))[0])
    assert usual[0]["words"] and usual[-1]["layer"] == "slide_0"
    mine = json.dumps([{"words": "先看全市", "layer": "walking", "box": None}, usual[-1]])
    (page,) = (
        content for _, content in products_of(ExportRequest(city / "scenario", "html", steps=mine), ("html",))
    )
    assert '"steps":[{"words":"先看全市","layer":"walking","box":null}' in page.decode()


@pytest.mark.parametrize(
    "steps",
    [
        "[",
        "{}",
        '[{"words": ""}]',
        '[{"words": "x", "layer": "no"}]',
        '[{"words": "x", "box": [1, 2, 3]}]',
        '[{"words": "x", "box": [3, 2, 1, 4]}]',
        '[{"words": "x", "at": 1}]',
    ],
)
def test_a_step_that_cannot_be_shown_is_refused_with_its_number(city: Path, steps: str) -> None:
    with pytest.raises(UserError):
        dict(products_of(ExportRequest(city / "scenario", "html", steps=steps), ("html",)))


def test_a_scenario_says_who_is_served_no_longer_beside_who_is_anew(city: Path) -> None:
    results, _ = told(city, "scenario")
    rule = results.main_rule
    assert rule is not None and gained_and_lost(results, rule) is None  # a station more: nobody loses
    changes = [{"id": rule.id, "gained": 900.0, "lost": 55.0}]
    document = {**results.document, "before": {**results.document["before"], "changes": changes}}
    mixed = replace(results, document=document)
    said = gained_and_lost(mixed, rule)
    assert said is not None
    assert translator("zh")(said.words) == "其中新覆盖900人，失去覆盖55人。"
    assert assert_keyed(mixed, briefing_of(mixed), mixed.standard) > 80


def test_the_present_state_is_said_by_the_figure_it_was_counted_by(city: Path) -> None:
    results, briefing = told(city, "scenario")
    rule = results.main_rule
    assert rule is not None and "按≤" not in translator("zh")(briefing.headline.words)
    then = [
        {**row, "figure": 600} if row["id"] == rule.id else row for row in results.document["before"]["rules"]
    ]
    document = {**results.document, "before": {**results.document["before"], "rules": then}}
    said = translator("zh")(briefing_of(replace(results, document=document)).headline.words)
    assert "现状（按≤600米）为" in said


def test_no_figure_of_a_scenario_stands_under_the_present_state(city: Path) -> None:
    results, briefing = told(city, "scenario")
    tr = translator("zh")
    tables = [table for table in (briefing.rules, briefing.tasks, briefing.shares) if table is not None]
    assert len(tables) == 3
    for table in tables:
        said = [tr(word) for word in (table.title, *table.head)]
        assert not any("现状" in one or "现有" in one for one in said), said
    titles = [tr(title) for title in issue_titles(results.document)]
    assert "情景" in titles
    assert "现状" not in titles


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_that_were_compared_have_every_form(lists: Path, tmp_path: Path, language: str) -> None:
    """Every figure is one of those that `compare --json` prints, and stands in every form of words."""
    request, tr = ExportRequest(lists / "compared", "all", language, author="规划处"), translator(language)
    compared, _ = read_compared(lists / "compared")
    briefing, counts = told_by(request), compared.as_json()
    assert compared.counts == {"same": 1, "elsewhere": 1, "closed": 1, "only_list": 2, "only_map": 1}
    assert {figure.key for figure in briefing.figures} >= {
        "listed",
        *(f"counts.{one}" for one in compared.counts),
    }
    rows = {"compared": compared.table.to_dict("records")}
    assert_keyed(counts | rows, briefing, None)
    made = dict(products_of(request, request.kinds))
    assert len(made) == 8
    for file, content in made.items():
        (tmp_path / file).write_bytes(content)
        if file.endswith((".pptx", ".docx", ".pdf")):
            found = plain(text_of(tmp_path / file))
            assert all(plain(tr(figure.words)) in found for figure in briefing.figures), file
            assert "规划处" in found and plain(tr(briefing.caveats[0])) in found
    book = openpyxl.load_workbook(tmp_path / next(name for name in made if name.endswith(".xlsx")))
    assert [row[1:6] for row in book.worksheets[0].values if row[1:6] == (1, 1, 1, 2, 1)]
    assert sum(1 for row in book.worksheets[1].values if row[3] or row[2]) == 1 + len(compared.table)
    with pytest.raises(SettingError):
        told_by(replace(request, before=(lists / "compared",)))
