"""The page that takes a whole city in, without a browser."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.assess.folder import assess_files
from tests.command_line import cli
from tests.small_city import degrees, write_small_city
from tests.ui.conftest import html_of, no_trouble

CITY = "ui/city/page.py"
# The left column comes before the right; the boxes under the fold come after.
FILES = ("people.csv", "list.csv", "streets.geojson", "units.geojson")


def fill(page: AppTest, folder: Path, *names: str) -> AppTest:
    """The form with some of its four files, sent off."""
    page.run()
    page.switch_page(CITY).run()
    boxes = list(page.main.file_uploader)[: len(FILES)]
    for box, name in zip(boxes, FILES, strict=True):
        if name in names:
            box.set_value((name, (folder / name).read_bytes(), "application/octet-stream"))
    page.text_input[0].set_value("试验<b>城")
    return confirm(answer(send(page)))


def confirm(page: AppTest) -> AppTest:
    """What was recognised is right: where it is shown, begin."""
    for button in page.button:
        if button.label == "开始评估":
            button.click()
            return page.run()
    return page


def send(page: AppTest) -> AppTest:
    next(button for button in page.button if button.label == "读取文件").click()
    return page.run()


def answer(page: AppTest, system: str = "wgs84") -> AppTest:
    """In which coordinate system the lists are, where that is asked."""
    if any(box.key == "city-answer-datum" for box in page.selectbox):
        page.selectbox(key="city-answer-datum").set_value(system)
        next(button for button in page.button if button.label == "按此选择读取").click()
        page.run()
    return page


def test_a_city_of_the_users_own_is_assessed(app: AppTest, small_folder: Path) -> None:
    fill(app, small_folder / "city", *FILES)
    no_trouble(app)
    assert "试验&lt;b&gt;城" in html_of(app)
    assert html_of(app).count('<th scope="row">') == 12
    app.switch_page("ui/overview/page.py").run()
    next(button for button in app.sidebar.button if button.label == "返回演示城市").click()
    app.run()
    assert "小城" in html_of(app)


def test_a_result_of_the_page_is_made_again_on_the_command_line(
    app: AppTest, small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Callable[[], str | bytes]] = {}

    def button(
        _box: object, _label: object, make: Callable[[], str | bytes], *, name: str, mime: str
    ) -> None:
        made[name] = make

    monkeypatch.setattr("ui.widgets.uploads.file_button", button)
    fill(app, small_folder / "city", *FILES)
    no_trouble(app)
    packed = made["results-internal.zip"]()
    assert isinstance(packed, bytes)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "taken")
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for number, name in enumerate(FILES):  # found by what is in them
        shutil.copy(small_folder / "city" / name, inputs / f"{number}{Path(name).suffix}")
    done = cli("rerun", tmp_path / "taken", "--out", tmp_path / "again", "--inputs", inputs, "--json")
    assert done.returncode == 0, done.stderr
    assert {"units.csv", "cells.parquet", "gaps.geojson"} <= set(json.loads(done.stdout)["same_tables"])


@pytest.mark.parametrize(("system", "asked"), [("gcj02", False), ("auto", True)])
def test_an_undecided_system_of_the_lists_is_asked_with_its_evidence_and_answered(
    app: AppTest, small_folder: Path, system: str, asked: bool
) -> None:
    folder = small_folder / "city"
    app.run()
    app.switch_page(CITY).run()
    for box, name in zip(list(app.main.file_uploader), FILES[:3], strict=False):
        box.set_value((name, (folder / name).read_bytes(), "application/octet-stream"))
    send(app)
    no_trouble(app)
    assert any("设施清单采用哪一坐标系" in warning.value for warning in app.warning)
    assert app.selectbox(key="city-answer-datum").options[:3] == [
        "WGS-84／CGCS2000（国家2000）", "GCJ-02（高德、腾讯）", "BD-09（百度）",
    ]  # fmt: skip
    no_trouble(confirm(answer(app, system)))
    assert app.session_state["choices"].city.datum == system
    assert ("清单的坐标系未能确定" in html_of(app)) == asked


def test_lists_of_another_continent_are_refused_without_units_too(app: AppTest, small_folder: Path) -> None:
    folder = small_folder / "city"
    app.run()
    app.switch_page(CITY).run()
    content = "名称,类型,经度,纬度\n" + "甲社区服务站,公共服务站,-51.21001,-30.03002\n" * 2
    people, lists, streets = list(app.main.file_uploader)[:3]
    for box, name in ((people, "people.csv"), (streets, "streets.geojson")):
        box.set_value((name, (folder / name).read_bytes(), "application/octet-stream"))
    lists.set_value(("远方.csv", content.encode(), "text/csv"))
    send(app)
    assert not app.exception
    (refused,) = [error.value for error in app.error]
    assert "研究范围外" in refused


def test_a_missing_file_is_asked_for(app: AppTest, small_folder: Path) -> None:
    fill(app, small_folder / "city", "people.csv", "units.geojson")
    assert not app.exception
    assert [error.value for error in app.error] == ["请选择人口、道路和设施清单文件。"]


def test_a_file_that_is_no_street_file_is_refused_in_words(app: AppTest, small_folder: Path) -> None:
    app.run()
    app.switch_page(CITY).run()
    people, lists, streets = list(app.main.file_uploader)[:3]
    folder = small_folder / "city"
    people.set_value(("people.csv", (folder / "people.csv").read_bytes(), "text/csv"))
    streets.set_value(("streets.geojson", b"{}", "application/json"))
    lists.set_value(("list.csv", (folder / "list.csv").read_bytes(), "text/csv"))
    next(button for button in app.button if button.label == "读取文件").click()
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "streets" in app.error[0].value


def test_the_page_names_both_ways_for_larger_files(app: AppTest) -> None:
    app.run()
    app.switch_page(CITY).run()
    no_trouble(app)
    smaller, command = (code.value for code in app.code)
    assert "osmium extract" in smaller
    assert "cli.py assess" in command


def put(page: AppTest, role: str, name: str, content: str | bytes) -> None:
    """A file into one of the boxes under the fold."""
    data = content.encode() if isinstance(content, str) else content
    page.main.file_uploader(key=f"city-{role}").set_value((name, data, "application/octet-stream"))


def polygon(west: float, east: float) -> str:
    corners = [(west, -500), (east, -500), (east, 500), (west, 500), (west, -500)]
    ring = [degrees(x, y) for x, y in corners]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


@pytest.fixture
def form(app: AppTest, small_folder: Path) -> AppTest:
    """The form with its four files, not sent off yet."""
    app.run()
    app.switch_page(CITY).run()
    for box, name in zip(app.main.file_uploader, FILES, strict=False):
        box.set_value((name, (small_folder / "city" / name).read_bytes(), "application/octet-stream"))
    return app


def test_further_files_count_and_what_they_changed_is_told(form: AppTest) -> None:
    put(form, "area", "范围.geojson", polygon(-50, 1050))
    put(form, "water", "湖.geojson", polygon(450, 750))
    put(form, "totals", "普查.csv", "社区,年末数\n西苑社区,2000\n")
    put(form, "other", "学前.csv", f"lon,lat,residents\n{degrees(300)[0]},{degrees(300)[1]},7\n")
    form.text_input(key="city-totals-column").set_value("年末数")
    form.text_input(key="city-group-name").set_value("preschool")
    no_trouble(confirm(answer(send(form))))
    said = html_of(form)
    assert "10 个格网中的 1,000.0 人位于研究区外" in said
    assert "由 1,100.0 人变为 2,100.0 人" in said
    assert "有 3 个格网的 600.0 人位于水中" in said  # who stands in water, after scaling to twice as many
    assert "“preschool”人群 7.0 人" in said


def test_land_takes_the_place_of_residents_who_are_unknown(app: AppTest, small_folder: Path) -> None:
    app.run()
    app.switch_page(CITY).run()
    for box, name in zip(app.main.file_uploader, FILES, strict=False):
        if name not in ("people.csv", "units.geojson"):
            box.set_value((name, (small_folder / "city" / name).read_bytes(), "application/octet-stream"))
    put(app, "residential", "居住用地.geojson", polygon(-50, 1050))
    send(app)
    assert "没有居民时还需要单元" in app.error[0].value
    units = (small_folder / "city" / "units.geojson").read_bytes()
    put(app, "units", "units.geojson", units.decode())
    no_trouble(answer(send(app)))
    said = " ".join(one.value for one in app.markdown)
    assert "居住用地" in said and "居民情况不明" in said


def test_what_cannot_be_is_told_and_all_that_was_put_in_stays(form: AppTest) -> None:
    put(form, "buildings", "楼.geojson", polygon(0, 20))
    put(form, "settled", "聚落.geojson", polygon(0, 900))
    send(form)
    assert not form.exception
    assert [error.value for error in form.error] == ["人口只能按建筑或按居民点分配：两个文件只能给一个。"]
    for role, name in (("buildings", "楼.geojson"), ("settled", "聚落.geojson")):
        assert form.main.file_uploader(key=f"city-{role}").value.name == name
    form.main.file_uploader(key="city-settled").clear()
    send(form)
    (refused,) = [error.value for error in form.error]
    assert "该选项不起作用" in refused  # the residents stand at points: there is nothing to spread
    form.main.file_uploader(key="city-buildings").clear()
    no_trouble(confirm(answer(send(form))))
    assert html_of(form).count('<th scope="row">') == 12


def test_a_layer_without_an_area_is_refused_by_its_own_name(form: AppTest) -> None:
    put(form, "area", "范围线.geojson", '{"type": "FeatureCollection", "features": []}')
    send(form)
    assert not form.exception
    assert "范围线.geojson" in form.error[0].value.replace("\\", "")


def test_a_further_group_wants_its_name_and_its_file(form: AppTest) -> None:
    put(form, "other", "学前.csv", "lon,lat,residents\n118,32,7\n")
    send(form)
    assert [error.value for error in form.error] == ["请填写其他人群的名称。"]
    form.main.file_uploader(key="city-other").clear()
    form.text_input(key="city-group-name").set_value("学前")
    send(form)
    assert [error.value for error in form.error] == ["请选择人群“学前”的文件。"]


def test_a_group_given_twice_is_added_up(form: AppTest) -> None:
    lon, lat = degrees(300)
    for role in ("elderly", "other"):
        put(form, role, f"{role}.csv", f"lon,lat,residents\n{lon},{lat},7\n")
    form.text_input(key="city-group-name").set_value("elderly")
    no_trouble(confirm(answer(send(form))))
    area = form.session_state["choices"].city
    assert [name for name, _ in area.layers.groups] == ["elderly", "elderly"]


def test_a_question_that_a_file_leaves_open_is_asked_and_answered(app: AppTest, small_folder: Path) -> None:
    """Units whose level nothing tells."""
    units = json.loads((small_folder / "city" / "units.geojson").read_text("utf-8"))
    kept = [one for one in units["features"] if one["properties"]["level"] == "community"]
    for one in kept:
        one["properties"] = {"name": f"甲{one['properties']['name'][:1]}乙"}
    app.run()
    app.switch_page(CITY).run()
    people, lists, streets, areas = list(app.main.file_uploader)[: len(FILES)]
    folder = small_folder / "city"
    for box, name in ((people, "people.csv"), (lists, "list.csv"), (streets, "streets.geojson")):
        box.set_value((name, (folder / name).read_bytes(), "application/octet-stream"))
    content = json.dumps({**units, "features": kept}, ensure_ascii=False).encode()
    areas.set_value(("areas.geojson", content, "application/geo+json"))
    next(button for button in app.button if button.label == "读取文件").click()
    app.run()
    assert not app.exception
    assert [warning.value for warning in app.warning if "areas" in warning.value]
    app.selectbox(key="city-answer-units_level").set_value("community")
    next(button for button in app.button if button.label == "按此选择读取").click()
    app.run()
    no_trouble(confirm(answer(app)))
    assert html_of(app).count('<th scope="row">') == 12


def test_what_was_put_into_the_form_stays_on_another_page(app: AppTest, small_folder: Path) -> None:
    app.run()
    app.switch_page(CITY).run()
    box = next(iter(app.main.file_uploader))
    box.set_value(("people.csv", (small_folder / "city" / "people.csv").read_bytes(), "text/csv"))
    app.text_input(key="city-name").set_value("某市").run()
    app.switch_page("ui/units/page.py").run()
    app.switch_page(CITY).run()
    no_trouble(app)
    assert app.text_input(key="city-name").value == "某市"
    assert any("people.csv" in caption.value.replace("\\", "") for caption in app.caption)


def test_a_result_made_elsewhere_is_opened_beside_the_city_in_use(app: AppTest, tmp_path: Path) -> None:
    files = replace(write_small_city(tmp_path / "other"), name="别处<b>")
    assess_files(files, out=tmp_path / "result")
    packed = shutil.make_archive(str(tmp_path / "result"), "zip", tmp_path / "result")
    app.run()
    app.switch_page(CITY).run()
    app.file_uploader(key="city-result").set_value(("r.zip", Path(packed).read_bytes(), "application/zip"))
    app.run()
    no_trouble(app)
    assert "别处&lt;b&gt;" in html_of(app)
    assert html_of(app).count('<th scope="row">') == 12
    assert len(app.get("iframe")) == 1
    app.run()  # its bytes are no longer in memory, and it is still there
    no_trouble(app)
    assert "别处&lt;b&gt;" in html_of(app)
    app.file_uploader(key="city-result").set_value(("r.zip", b"PK\x03\x04", "application/zip")).run()
    assert len(app.error) == 1
    assert not app.exception
