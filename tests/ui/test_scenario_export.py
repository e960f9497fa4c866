"""What a scenario's map and workbook say of themselves."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import no_trouble
from tests.ui.widgets.test_sections import SCENARIO, on, open_at


def test_a_scenario_is_exported_as_one(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file says 情景 and 非现状, in its name and in itself."""
    made: dict[str, bytes] = {}

    def button(_box: object, _label: object, make: object, *, name: str, mime: str) -> None:
        made[name] = make()  # type: ignore[operator]

    monkeypatch.setattr("ui.scenario.export.file_button", button)
    on(app, SCENARIO)
    assert not made
    open_at(app, 1100)
    no_trouble(app)
    names = sorted(made, key=lambda name: name.rsplit(".", 1)[-1])
    assert [name.rsplit(".", 1)[-1] for name in names] == ["html", "xlsx", "zip"]
    assert all("情景" in name and "非现状" in name for name in names)
    page, book, packed = (made[name] for name in names)
    assert "非现状" in page.decode("utf-8")
    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    cells = (cell for row in sheet.iter_rows() for cell in row)
    words = [str(cell.value) for cell in cells]
    assert any("非现状" in word for word in words)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {"scenario.json", "comparison.json", *names[:2]} <= set(archive.namelist())
