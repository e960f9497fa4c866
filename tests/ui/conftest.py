"""The page on a city so small that an answer takes a moment, run without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from jobs.cache import prebuild as warm
from tests.bare_shares import bare_shares
from tests.small_city import write_small_city

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90


@pytest.fixture(scope="session")
def small_folder(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The small city's files, and a place for what the page keeps."""
    return make_once("small-app", lambda folder: write_small_city(folder / "city"))


@pytest.fixture
def shown_maps(monkeypatch: pytest.MonkeyPatch) -> ShownMaps:
    """The small maps of the page by key, and the clicks they are to report; only a browser draws them."""
    maps = ShownMaps()
    monkeypatch.setattr("ui.widgets.small_map.show_map", maps.show)
    return maps


@pytest.fixture
def app(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown_maps: ShownMaps
) -> AppTest:
    """The page with the small city in the place of the demo city, in Chinese; not yet run."""
    # In a folder of its own: another worker may read the shared one while it is written.
    files = write_small_city(tmp_path / "city")
    monkeypatch.setenv("SERVICE_CIRCLE_CACHE", str(small_folder / "cache"))
    # What one test stores is in no other's way, also of one that runs at the same time.
    monkeypatch.setattr("ui.scenario.state.store_folder", lambda: tmp_path / "scenarios")
    monkeypatch.setattr("ui.scenario.edits.store_folder", lambda: tmp_path / "scenarios")
    monkeypatch.setattr(warm, "demo_files", lambda _cache: files)
    monkeypatch.setattr(warm, "demo_is_ready", lambda _cache: True)
    st.cache_resource.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)


class ShownMaps:
    """Stands in for the browser: remembers what each map was given, reports `clicks` once each."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, Any]] = {}
        self.clicks: dict[str, tuple[float, float]] = {}

    def show(self, data: dict[str, Any], *, key: str) -> tuple[float, float] | None:
        self.data[key] = data
        return self.clicks.pop(key, None)


def html_of(page: AppTest) -> str:
    """All that the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.html)


def no_trouble(page: AppTest) -> None:
    """Neither a traceback nor a message of an error, nor a share that does not say of what."""
    assert not page.exception
    assert not [error.value for error in page.error]
    said = [
        element.value for kind in ("markdown", "caption", "subheader", "header") for element in page.get(kind)
    ]
    said += [metric.label for metric in page.metric] + [frame.value.to_string() for frame in page.dataframe]
    for widget in (*page.selectbox, *page.radio, *page.button):
        said += [widget.label, *getattr(widget, "options", ())]
    assert not bare_shares("\n".join([html_of(page), *map(str, said)]))
