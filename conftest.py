"""What every test may ask for: repeatable laws, and things that are made only once a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# The same cases on every machine and run; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

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
