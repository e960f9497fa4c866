"""What tests of several folders share: the demo city, written once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.demo import write_demo


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo city's four input files; leave them as they are."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder
