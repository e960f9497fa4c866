"""What tests of several folders share: the demo city, written once a run for all workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.demo import write_demo


@pytest.fixture(scope="session")
def demo_folder(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A folder with the demo city's four input files; leave them as they are."""
    return make_once("demo", write_demo)
