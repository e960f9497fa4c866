"""The page that takes a whole city in, without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.ui.conftest import html_of, no_trouble

CITY = "ui/pages/city.py"
# The left column comes before the right.
FILES = ("people.csv", "list.csv", "streets.geojson", "units.geojson")


def fill(page: AppTest, folder: Path, *names: str) -> AppTest:
    """The form with some of its four files, sent off."""
    page.run()
    page.switch_page(CITY).run()
    boxes = list(page.main.file_uploader)
    for box, name in zip(boxes, FILES, strict=True):
        if name in names:
            box.set_value((name, (folder / name).read_bytes(), "application/octet-stream"))
    page.text_input[0].set_value("试验<b>城")
    next(button for button in page.button if button.label == "读取并评估").click()
    return page.run()


def test_a_city_of_the_users_own_is_assessed(app: AppTest, small_folder: Path) -> None:
    fill(app, small_folder / "city", *FILES)
    no_trouble(app)
    assert "试验&lt;b&gt;城" in html_of(app)
    assert html_of(app).count('<th scope="row">') == 12
    app.switch_page("ui/pages/overview.py").run()
    next(button for button in app.sidebar.button if button.label == "返回演示城市").click()
    app.run()
    assert "小城" in html_of(app)


def test_a_missing_file_is_asked_for(app: AppTest, small_folder: Path) -> None:
    fill(app, small_folder / "city", "people.csv", "units.geojson")
    assert not app.exception
    assert [error.value for error in app.error] == ["请选择人口、道路和设施清单文件。"]


def test_a_file_that_is_no_street_file_is_refused_in_words(app: AppTest, small_folder: Path) -> None:
    app.run()
    app.switch_page(CITY).run()
    people, lists, streets, _ = app.main.file_uploader
    folder = small_folder / "city"
    people.set_value(("people.csv", (folder / "people.csv").read_bytes(), "text/csv"))
    streets.set_value(("streets.geojson", b"{}", "application/json"))
    lists.set_value(("list.csv", (folder / "list.csv").read_bytes(), "text/csv"))
    next(button for button in app.button if button.label == "读取并评估").click()
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "streets" in app.error[0].value


def test_the_page_names_the_command_for_larger_files(app: AppTest) -> None:
    app.run()
    app.switch_page(CITY).run()
    no_trouble(app)
    assert "cli.py assess" in app.code[0].value
