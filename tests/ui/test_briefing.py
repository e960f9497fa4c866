"""The Briefing page: what will be said is seen, and what is made is handed out."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.ui.conftest import html_of, no_trouble


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
