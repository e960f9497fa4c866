"""What every test may ask for: repeatable laws, and things that are made only once a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# The same cases on every machine and run; HYPOTHESIS_PROFILE=explore looks for new ones.
pytest_plugins = ["pytester"]

REPEATABLE = "repeatable"
hypothesis.settings.register_profile(REPEATABLE, deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# Derandomized, Hypothesis still draws numbers and words from the source of whatever modules are imported:
# another test beside it, or a line anywhere in the program, would change a law's cases.
if hypothesis.settings.get_current_profile_name() == REPEATABLE:
    OF_NO_MODULE = Constants()
    providers._get_local_constants = lambda: OF_NO_MODULE

# Of its cases a law tries one in so many in the daily run and all of them in the slow one.
DAILY = 3

# A worker takes a file at a time: what takes a minute or more begins first, and none runs alone at the end.
LONG = ("tests/test_standing_check.py", "tests/browser/", "tests/coverage/siting/", "tests/commands/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    chosen = config.option.markexpr
    for item in items:
        law: Any = getattr(item, "obj", None)
        if not hypothesis.is_hypothesis_test(law):
            continue
        if chosen == "slow":
            item.add_marker(pytest.mark.slow)
        elif chosen == "not slow":
            whole = law._hypothesis_internal_use_settings
            fewer = hypothesis.settings(whole, max_examples=-(-whole.max_examples // DAILY))
            law._hypothesis_internal_use_settings = fewer


MakeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """`make_once(name, make)`: the folder `name`, filled by `make(folder)` once for all workers of a run.

    The worker that comes first makes it, the others wait; when making fails, all fail.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    return lambda name, make: _make_once(shared / name, make)


def _make_once(folder: Path, make: Callable[[Path], object], *, patience_s: float = 240) -> Path:
    made, failed = folder.with_suffix(".made"), folder.with_suffix(".failed")
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + patience_s
        while not made.exists():
            if failed.exists() or time.monotonic() > deadline:
                pytest.fail(f"{folder.name} could not be made; the test that tried first says why")
            time.sleep(0.1)
        return folder
    try:
        make(folder)
        made.touch()
    finally:
        if not made.exists():
            failed.touch()
    return folder
