"""What stands in the tables over all areas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely

from core.text import text, text_to_json
from jobs.batch.area import outline_of
from jobs.batch.tables import area_table, league_table, rule_columns, rule_titles, write_tables
from maps.overview import AreaOnMap, RuleOnMap, overview_page


def rule(name: str, share: float | None, **more: Any) -> dict[str, Any]:
    words = {key: text_to_json(text("x")) for key in ("title", "asked", "actual")}
    return {"id": name, "share": share, "residents": 10.0, "verdict": "not", **words, **more}


def row(name: str, *rules: dict[str, Any], state: str = "done") -> dict[str, Any]:
    return {"name": name, "code": "", "state": state, "rules": list(rules), "message": None, "folder": name}


def test_areas_are_ranked_by_each_rule_and_equal_shares_share_the_better_rank() -> None:
    rows = [row("丙", rule("a-b", 0.5)), row("甲", rule("a-b", 0.9)), row("乙", rule("a-b", 0.5))]
    table = league_table([*rows, row("丁", rule("a-b", None)), row("戊", state="failed")])
    assert table[["rank", "name"]].to_numpy().tolist() == [[1, "甲"], [2, "丙"], [2, "乙"]]


def test_a_rule_of_units_is_ranked_by_its_units() -> None:
    rows = [
        row("甲", rule("u", None, units=4, units_met=1)),
        row("乙", rule("u", None, units=4, units_met=3)),
    ]
    assert league_table(rows)["share"].tolist() == [0.75, 0.25]


def test_an_area_that_failed_has_a_row_with_the_reason() -> None:
    failed = row("乙", state="failed") | {"message": text_to_json(text("x"))}
    table = area_table([row("甲", rule("a-b", 0.5)), failed], language="en")
    assert table["state"].tolist() == ["done", "failed"]
    assert table["message"].tolist() == ["", "x"]
    assert table["s_c_a_b"].tolist()[0] == 0.5
    assert pd.isna(table["s_c_a_b"][1])


def test_columns_of_rules_have_short_names_and_a_table_that_explains_them() -> None:
    rows = [
        row("甲", rule("centre-radius", 0.5, units_met=2.0)),
        row("乙", rule("v-s", None), rule("s", 0.1)),
    ]
    columns = rule_columns(rows).set_index(["rule", "what"])["column"]
    assert columns["centre-radius", "share"] == "s_cen_rad"
    assert columns.is_unique and columns.str.len().max() <= 10
    table = area_table(rows, language="en").set_index("name")
    assert table.loc["甲", columns["centre-radius", "units_met"]] == 2
    assert table.loc["乙", columns["s", "share"]] == 0.1 and pd.isna(table.loc["乙", columns["v-s", "share"]])


def test_the_first_standard_that_has_a_rule_names_it() -> None:
    assert [
        one.id for one in rule_titles([row("甲", rule("a", 1.0)), row("乙", rule("a", 1.0), rule("b", 1.0))])
    ] == [
        "a",
        "b",
    ]


def test_the_overview_shows_what_users_wrote_as_text() -> None:
    evil = "</script><script>alert(1)</script>%%SCRIPT%%"
    area = AreaOnMap(evil, "", "x", "done", None, 1.0, {"r": ("not", 0.5, text("x"))}, None)
    page = overview_page([area], [RuleOnMap("r", text("x"), text("x"))], language="en")
    assert page.count("<script") == 2
    assert "alert(1)</script>" not in page


@pytest.mark.parametrize(
    ("share", "said"), [(0.99996, "99.996%"), (0.5, "50.0%"), (1.0, "100.0%"), (1e-5, "0.001%")]
)
def test_the_overview_is_handed_the_words_of_shares_and_residents(share: float, said: str) -> None:
    area = AreaOnMap("甲", "", "x", "done", None, 1234.5, {"r": ("nearly", share, text("x"))}, None)
    page = overview_page([area], [RuleOnMap("r", text("x"), text("x"))], language="en")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert data["areas"][0]["rules"]["r"][2] == said
    assert data["areas"][0]["said"] == "1,234"


def test_an_outline_covers_every_cell_where_somebody_lives() -> None:
    cells = pd.DataFrame({"lon": [118.0, 118.001, 118.05], "lat": [32.0, 32.0, 32.03]})
    cells = cells.assign(residents=[5.0, 5.0, 0.0], area_m2=10_000.0)
    outline = outline_of(cells)
    assert shapely.intersects_xy(outline, cells["lon"], cells["lat"]).tolist() == [True, True, False]


def test_what_stands_side_by_side_says_by_what_when_and_whether_it_is_fictional(tmp_path: Path) -> None:
    more = {"standard": "t-1", "created": "2026-11-29T23:30:00+00:00", "synthetic": True}
    write_tables(tmp_path, [row("甲", rule("a-b", 0.5)) | more, row("乙", state="failed")], language="en")
    said = ["By: t-1. Day of the assessment: 2026-11-30.", "A share is of the residents", "Synthetic data"]
    page = (tmp_path / "overview.html").read_text("utf-8")
    assert all(one in page for one in said)
    for sheet in openpyxl.load_workbook(tmp_path / "province.xlsx").worksheets:
        above = " ".join(str(line[0]) for line in sheet.iter_rows(max_row=5, values_only=True))
        assert all(one in above for one in said)
