"""Long work in the store: done by whichever worker comes, found again, taken back, begun again once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import InputError
from data.store import Store
from data.store.check import check_store
from jobs.collect import work as working
from jobs.collect.demo import demo_document
from jobs.collect.review import review
from jobs.collect.submit import submit
from jobs.collect.work import ask_for_result, cancel, job_document, work, write_result
from tests.jobs.collect.desk import ACCEPT, CENTRE, WEST, listed


def do_all(store: Store) -> int:
    return work(store, once=True, cache=None, report=lambda _: None)


def test_a_result_is_of_the_moment_it_was_asked_for(store: Store, tmp_path: Path) -> None:
    number = str(ask_for_result(store, "小城")["id"])
    review(store, submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"], ACCEPT)
    assert job_document(store, number)["state"] == "queued"
    with pytest.raises(InputError, match="keeps no result"):
        write_result(store, number, tmp_path / "out")
    assert do_all(store) == 1 and do_all(store) == 0
    assert job_document(store, number)["state"] == "done"
    write_result(store, number, tmp_path / "out")
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text("utf-8"))
    assert provenance["run"]["study"]["versions"] == ["西苑社区 1", "东庄村 1"]
    assert (tmp_path / "out" / "map.html").is_file() and check_store(store) == ()


def test_a_job_that_was_taken_back_is_not_done(store: Store) -> None:
    number = str(ask_for_result(store, "小城")["id"])
    cancel(store, number)
    assert do_all(store) == 0 and job_document(store, number)["state"] == "cancelled"
    with pytest.raises(InputError, match="not open"):
        cancel(store, number)


def test_a_job_whose_worker_died_is_begun_once_more_and_then_said_to_have_failed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = str(ask_for_result(store, "小城")["id"])
    assert working._next(store, "one") is not None
    assert working._next(store, "two") is None  # its worker lives
    monkeypatch.setattr(working, "LOST_S", -1.0)
    again = working._next(store, "two")
    assert again is not None and again.tries == 2
    assert working._next(store, "three") is None
    found = job_document(store, number)
    assert (found["state"], found["said"]) == ("failed", "its workers died")
    assert check_store(store) == ()


@pytest.mark.slow
def test_the_demo_city_is_taken_in_as_it_is_listed(store: Store) -> None:
    from jobs.collect.cities import city_document
    from jobs.collect.demo import require_demo

    require_demo(store, "云川市")
    assert city_document(store, "云川市") == demo_document()
