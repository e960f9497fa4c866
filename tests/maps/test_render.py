from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.errors import SettingError
from maps import render_map
from maps.model import Basemap
from maps.offline import leaflet_script
from tests.maps.hostile_texts import HOSTILE, hostile_model
from tests.maps.sample_maps import tiny_model

OUTSIDE = re.compile(
    r"""(?:src|href)\s*=\s*["']?+(?!data:|#)|url\((?!data:|#)|@import|https?:(?!//www\.w3\.org)"""
)


class Tags(HTMLParser):
    """Counts what a browser would make of the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.count: dict[str, int] = {}
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture(scope="module")
def page() -> str:
    return render_map(tiny_model(), language="zh")


def test_nothing_in_the_file_names_another_host(page: str) -> None:
    # Leaflet names its home in its own words; nothing in it is asked for.
    own = re.sub(r'"data:[^"]*"', '"data:"', page.replace(leaflet_script(), ""))
    found = [own[m.start() - 40 : m.end() + 40] for m in OUTSIDE.finditer(own)]
    assert not found


def test_the_browser_is_told_to_load_nothing(page: str) -> None:
    assert "default-src 'none'" in page


def test_the_same_model_gives_the_same_file(page: str) -> None:
    assert render_map(tiny_model(), language="zh") == page


def test_hidden_layers_and_the_ground_stand_behind_what_is_seen_at_once(page: str) -> None:
    usable = page.index("serviceMap.use()")
    at_once = ("part-facilities_0", "part-cells_0", "part-gaps_outline_0", "part-sites")
    later = ("part-cells_walk", "part-radius_0", "part-names", "lines-streets_0", "serviceMap.open()")
    assert all(page.index(block) < usable for block in at_once)
    assert all(page.index(block) > usable for block in later)


def test_every_script_carries_the_nonce_of_the_page(page: str) -> None:
    nonce = re.search(r"nonce-(\w+)", page)[1]
    inline = re.findall(r"<script(?![^>]*(?:src=|json))([^>]*)>", page)
    assert inline and all(nonce in attributes for attributes in inline)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_speaks_the_readers_language(language: str) -> None:
    said = render_map(tiny_model(), language=language)
    assert ("图例" in said) == (language == "zh")
    assert ("Legend" in said) == (language == "en")
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in said


def test_internal_maps_are_marked_and_public_ones_have_a_place_for_the_review_number(page: str) -> None:
    public = render_map(tiny_model(), language="zh", profile="public")
    assert "内部资料" in page and "审图号" not in page
    assert "内部资料" not in public and "审图号" in public


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(SettingError, match="secret"):
        render_map(tiny_model(), language="zh", profile="secret")


def test_synthetic_data_are_named_in_the_panel_and_in_the_credits() -> None:
    assert render_map(tiny_model(synthetic=True, subtitle=""), language="zh").count("虚构数据") >= 2


def test_a_place_without_gaps_sites_verdicts_or_basemap_is_drawn() -> None:
    model = tiny_model()
    bare = replace(model, gaps=model.gaps.iloc[:0], sites=None, verdicts=(), basemap=Basemap(), credits=())
    assert "serviceMap.open()" in render_map(bare, language="en")


def test_a_large_gap_is_drawn_in_parts_each_with_a_mark_but_the_first() -> None:
    model = tiny_model()
    parts = model.gaps.loc[[0, 0], ["rule", "rank", "lon", "lat", "geometry"]]
    parts = parts.assign(part=[1, 2], residents=[7_000.0, 3_000.0], remaining=[5_345.0, 2_345.0])
    said = render_map(replace(model, gap_parts=parts), language="zh")
    assert '"1-2"' in said and '"1-1"' not in said
    assert "盲区1第2部分" in said and "2,345人" in said
    assert "盲区1第2部分" not in render_map(model, language="zh")


def test_gaps_of_a_rule_without_cells_are_shown_under_its_title() -> None:
    model = tiny_model(rule_titles={"other": "Another rule"})
    said = render_map(replace(model, gaps=model.gaps.assign(rule="other")), language="zh")
    assert "gaps_outline_1" in said and "Another rule" in said


def test_columns_that_are_not_shown_stay_out_of_the_file() -> None:
    model = tiny_model()
    told = model.facilities.assign(phone="13800000000", contact="张三")
    said = render_map(replace(model, facilities=told), language="zh")
    assert "13800000000" not in said and "张三" not in said


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_adds_no_tag_no_handler_and_no_script(page: str, name: str) -> None:
    attacked = render_map(hostile_model(name), language="zh")
    plain, seen = Tags(page), Tags(attacked)
    assert seen.count == plain.count
    assert not seen.handlers
    if set(name) & set("<>{}$\\`\"'"):
        assert name not in attacked


def test_a_template_in_a_name_is_not_computed() -> None:
    said = render_map(hostile_model("{{ 7*7 }}"), language="zh")
    assert re.search(r"<h1>(.*?)</h1>", said)[1] == "&#123;&#123; 7*7 &#125;&#125;"
