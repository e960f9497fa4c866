"""A store with the small city: the offices 西苑社区 and 东庄村."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store import Store, open_store
from jobs.collect.cities import NewCity, add_city
from tests.small_city import write_small_city


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "store", make=True)
    add_city(made, NewCity("小城", write_small_city(tmp_path / "in"), "community"))
    yield made
    made.engine.dispose()
