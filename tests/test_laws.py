"""Laws try the same cases, whatever else is imported, and all of them in the slow run."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers


def cases() -> list[int]:
    drawn: list[int] = []

    @settings(max_examples=300, derandomize=True, database=None)
    @given(st.integers())
    def law(number: int) -> None:
        drawn.append(number)

    law()
    return drawn


def test_a_laws_cases_are_the_same_whatever_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cases()
    made = tmp_path / "made.py"
    made.write_text(f"NUMBERS = {list(range(7_000_000, 7_000_400))}\n", "utf-8")
    spec = importlib.util.spec_from_file_location("made", made)
    assert spec
    monkeypatch.setitem(sys.modules, "made", importlib.util.module_from_spec(spec))
    monkeypatch.setattr(providers, "CONSTANTS_CACHE", LRUCache(1024))
    assert cases() == before


def test_the_daily_run_tries_a_third_of_a_laws_cases_and_the_slow_one_all(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((Path(__file__).parents[1] / "conftest.py").read_text("utf-8"))
    pytester.makeini("[pytest]\nmarkers = slow\n")
    pytester.makepyfile(
        """
        from hypothesis import given, settings, strategies as st
        tried = []

        @settings(max_examples=90)
        @given(st.integers())
        def test_law(number):
            tried.append(number)

        def teardown_module():
            print("tried", len(tried))
        """
    )
    for chosen, count in (("not slow", 30), ("slow", 90)):
        pytester.runpytest_inprocess("-s", "-m", chosen).stdout.fnmatch_lines([f"*tried {count}*"])
