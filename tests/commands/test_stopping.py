"""Ctrl-C while sites are being chosen."""

from __future__ import annotations

import signal

import pytest

from commands.stopping import followed
from core.errors import Cancelled
from core.text import Text, text
from coverage.siting import Progress
from locales import translator


def test_the_first_ctrl_c_ends_the_search_and_the_second_the_program() -> None:
    before = signal.getsignal(signal.SIGINT)
    with followed(lambda _share, _doing: None, translator("en")) as following:
        following.progress(0.6, text("Choosing sites"))
        assert not following.watch.cancelled()
        signal.raise_signal(signal.SIGINT)
        assert following.watch.cancelled()
        following.progress(0.9, text("Writing the results"))
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_before_the_search_ctrl_c_ends_everything() -> None:
    with followed(lambda _share, _doing: None, translator("en")) as following:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Cancelled):
            following.progress(0.1, text("Reading streets"))


def test_incumbent_bound_and_gap_are_told() -> None:
    said: list[Text] = []
    with followed(lambda _share, doing: said.append(doing), translator("en")) as following:
        following.watch.progress(Progress(951_000.0, 952_000.0, 0.00105, 3.0))
        following.watch.progress(Progress(952_000.0, 951_000.0, 0.00105, 3.0))
        following.watch.progress(Progress(951_000.0, float("inf"), 1.0, 3.0))
        following.watch.progress(Progress(float("nan"), float("inf"), 1.0, 3.0))
    assert [str(one) for one in said] == [
        "Searching for 3 s: best so far 951,000, none can pass 952,000 (gap 0.10%)",
        "Searching for 3 s: best so far 952,000, none can be below 951,000 (gap 0.10%)",
        "Searching for 3 s: best so far 951,000",
        "Searching for 3 s: no plan yet",
    ]
