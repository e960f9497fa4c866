"""A folder of results is there as a whole or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Cancelled, InputError
from data.whole_folder import whole_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_take_their_places_at_the_end_and_strangers_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "a.csv").write_text("old")
    with whole_folder(tmp_path) as scratch:
        (scratch / "a.csv").write_text("new")
        assert (tmp_path / "a.csv").read_text() == "old"
    assert (tmp_path / "a.csv").read_text() == "new"
    assert names(tmp_path) == ["a.csv", "mine.txt"]


def test_what_an_earlier_result_had_and_this_one_has_not_goes(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    with whole_folder(tmp_path, product=("a.csv", "plan.json")) as scratch:
        (scratch / "a.csv").write_text("new")
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt, OSError])
def test_who_stops_in_the_middle_leaves_the_old_result_whole(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    out = tmp_path / "deep" / "out"
    with pytest.raises(stop), whole_folder(out) as scratch:
        (scratch / "a.csv").write_text("half")
        raise stop
    assert not out.exists()
    out.mkdir()
    (out / "a.csv").write_text("old")
    with pytest.raises(stop), whole_folder(out, product=("a.csv",)) as scratch:
        raise stop
    assert (names(out), (out / "a.csv").read_text()) == (["a.csv"], "old")


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written to"), whole_folder(tmp_path / "file" / "out"):
        pass
