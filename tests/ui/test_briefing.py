"""The Briefing page: what will be said is seen, and what is made is handed out."""

from __future__ import annotations

import zipfile
from pathlib import Path

from streamlit.testing.v1 import AppTest

from jobs.assess.folder import assess_files
from tests.small_city import write_small_city
from tests.ui.conftest import html_of, no_trouble
from ui.widgets.uploads import KeptFile


def test_what_is_chosen_is_previewed_and_made(app: AppTest) -> None:
    app.run()
    app.switch_page("ui/briefing/page.py").run()
    no_trouble(app)
    app.text_input(key="briefing-author").set_value("规划处").run()
    assert "规划处" in html_of(app) and "小城评价范围内居民" in html_of(app)
    app.checkbox(key="briefing-docx").uncheck()
    app.checkbox(key="briefing-pdf").uncheck()
    app.checkbox(key="briefing-pptx").uncheck()
    app.checkbox(key="briefing-gpkg").check().run()
    app.button(key="briefing-make").click().run()
    no_trouble(app)
    assert "city.gpkg" in [button.proto.label for button in app.get("download_button")]


def test_the_public_have_no_workbook(app: AppTest) -> None:
    app.run()
    app.switch_page("ui/briefing/page.py").run()
    app.radio(key="briefing-profile").set_value("public").run()
    no_trouble(app)
    assert "briefing-xlsx" not in [box.key for box in app.checkbox]
    assert "审图号" in html_of(app)


def test_a_result_folder_is_briefed_from_its_zip_and_set_against_an_earlier_one(
    app: AppTest, tmp_path: Path
) -> None:
    """Also lists that were compared; a ZIP without a result is refused in words."""
    files = write_small_city(tmp_path / "one")
    assess_files(files, out=tmp_path / "result")
    with zipfile.ZipFile(tmp_path / "result.zip", "w") as packed:
        for path in sorted((tmp_path / "result").iterdir()):
            packed.write(path, f"result/{path.name}")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as packed:
        packed.writestr("readme.txt", "nothing")
    app.run()
    app.switch_page("ui/briefing/page.py").run()
    app.selectbox(key="briefing-result").set_value("file").run()
    no_trouble(app)
    assert "briefing-make" not in [button.key for button in app.button]
    zipped = KeptFile(tmp_path / "result.zip", "result.zip")
    app.session_state["uploads"] = {"briefing-folder": (zipped,), "briefing-before": (zipped,)}
    app.run()
    no_trouble(app)
    assert "变化" in html_of(app) and "briefing-make" in [button.key for button in app.button]
    app.session_state["uploads"] = {"briefing-folder": (KeptFile(tmp_path / "other.zip", "other.zip"),)}
    app.run()
    assert not app.exception and "provenance" in app.error[0].value
