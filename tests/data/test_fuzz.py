"""Whatever a file is, a reader makes a result or a sentence of it: spoilt files, and what they found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.guard import guarding
from tests.fuzz_readers import READERS
from tests.fuzzing import CASES, KINDS, complaint, spoilt

EDITS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.floats(0, 1, exclude_max=True), st.integers(0, 65_535)),
    min_size=1,
    max_size=4,
)
# A result takes a run to make: its files are spoilt by `python -m tests.fuzzing`.
QUICK = [name for name in READERS if not name.startswith("result-")]


@pytest.fixture(autouse=True, scope="module")
def as_at_a_front_door() -> Iterator[None]:
    with guarding():
        yield


@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(edits=EDITS)
def test_a_spoilt_file_is_a_result_or_a_sentence(
    name: str, edits: list[tuple[str, float, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader, path = READERS[name], tmp_path_factory.mktemp("spoilt") / name
    reader.make(path)
    path.write_bytes(spoilt(path.read_bytes(), edits, packed=reader.packed))
    assert complaint(reader, path) == ""


FOUND = [
    pytest.param(case, id=case.name, marks=[pytest.mark.slow] if "-result-" in case.name else [])
    for case in sorted(CASES.iterdir())
]


@pytest.mark.parametrize("case", FOUND)
def test_what_spoilt_files_once_found_stays_mended(case: Path, tmp_path: Path) -> None:
    reader = READERS[case.name.partition("-")[2]]
    path = tmp_path / reader.name
    path.write_bytes(case.read_bytes())
    assert complaint(reader, path) == ""
