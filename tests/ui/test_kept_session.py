"""What people who sign in chose is theirs: found again elsewhere, sent to a colleague under an address."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from coverage.model.edits import Close
from data.store import Store, open_store
from data.store.backup import restore_backup, write_backup
from data.store.check import check_store
from data.store.sessions import session_of_person
from data.store.tidy import tidy_store
from jobs.collect.cities import NewCity, add_city
from jobs.collect.permissions import NotAllowedError, RoleChange, change_role
from jobs.collect.work import ask_for_result, work
from jobs.desk.sessions import share, shared
from jobs.study.cases import OwnLists
from tests.small_city import write_small_city
from ui.scenario.state import Draft
from ui.shell import session
from ui.shell.choices import Choices, ListInUse

LISTS, STANDARD = b"a list", b"a standard"


class Here:
    """Who looks at the page, and what they do there."""

    name = "wang"
    do: Callable[[], None] = staticmethod(lambda: None)


def page() -> None:
    """What stands around every page, without one."""
    from tests.ui.test_kept_session import Here
    from ui.shell.frame import open_address, told
    from ui.shell.session import open_session, write_session
    from ui.shell.who import Visitor

    with told():
        open_address(Visitor(Here.name))
    open_session(Here.name)
    Here.do()
    write_session()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that knows people."""
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SERVICE_CIRCLE_CACHE", str(tmp_path / "cache"))
    made = open_store(tmp_path / "store", make=True)
    change_role(made, RoleChange("root", "admin"), by="")
    for name, role in {"wang": "planner", "li": "planner", "zhao": "reader"}.items():
        change_role(made, RoleChange(name, role), by="root")
    yield made
    made.engine.dispose()


def come(name: str, do: Callable[[], None] = lambda: None, **query: str) -> AppTest:
    """Somebody at a browser of their own."""
    Here.name, Here.do = name, staticmethod(do)  # type: ignore[assignment]
    browser = AppTest.from_function(page, default_timeout=90)
    for key, value in query.items():
        browser.query_params[key] = value
    browser.run()
    assert not browser.exception
    return browser


def choose_all() -> None:
    """A list and a standard of one's own, and a scenario under way."""
    path = session.keep_bytes(LISTS, "清单.csv")
    standard = str(session.keep_bytes(STANDARD, "own.toml"))
    (session.session_folder() / "memory").mkdir()
    (session.session_folder() / "memory" / "places.csv").write_text("placed by hand", "utf-8")
    lists = ListInUse(OwnLists((path,)), ("清单.csv",), 1)
    st.session_state["choices"] = Choices("zh", standard, (standard,), lists=lists, gap_rule="mine")
    st.session_state["scenario-drafts"] = {"key of a city": Draft((Close("F1"),))}


def has_all(browser: AppTest) -> bool:
    if "choices" not in browser.session_state:
        return False
    now: Choices = browser.session_state["choices"]
    assert now.lists is not None
    (path,) = now.lists.files.paths
    memory = path.parents[1] / "memory" / "places.csv"
    return (
        (path.read_bytes(), Path(now.standard).read_bytes()) == (LISTS, STANDARD)
        and memory.read_text("utf-8") == "placed by hand"
        and browser.session_state["scenario-drafts"] == {"key of a city": Draft((Close("F1"),))}
    )


def test_a_person_finds_everything_again_on_another_machine_and_nobody_else_does(
    kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = come("wang", choose_all)
    assert has_all(come("wang")) and not has_all(come("li", s=mine.session_state["session-key"]))
    monkeypatch.setenv("SERVICE_CIRCLE_CACHE", str(tmp_path / "another machine"))
    there = come("wang")
    assert has_all(there)
    # The files alone left the disk, while the browser was away.
    shutil.rmtree(there.session_state["choices"].lists.files.paths[0].parent)
    assert has_all(come("wang", s=there.session_state["session-key"]))
    # It is in the backup; tidying takes nothing of it away until it is deleted.
    assert check_store(kept) == ()
    assert tidy_store(kept, today=date(2999, 1, 1), by="root") == (0, 0)
    write_backup(kept, tmp_path / "backup.zip")
    other = open_store(tmp_path / "other", make=True)
    restore_backup(other, tmp_path / "backup.zip")
    assert session_of_person(other, "wang") == session_of_person(kept, "wang") is not None
    come("wang", session.forget_session)
    assert not has_all(come("wang"))
    assert tidy_store(kept, today=date(2999, 1, 1), by="root")[1] > 0 and check_store(kept) == ()


def test_a_file_that_a_session_still_has_is_not_tidied_away_with_its_original(kept: Store) -> None:
    come("wang", choose_all)
    with kept.write(by="wang") as writing:
        writing.keep(LISTS, delete_after="2026-03-31")
        writing.event("submission.sent")
    assert tidy_store(kept, today=date(2026, 4, 1), by="root") == (1, 0)
    assert has_all(come("wang")) and check_store(kept) == ()


def test_a_view_is_sent_to_a_colleague_who_keeps_their_own(kept: Store) -> None:
    made = list[str]()

    def send() -> None:
        choose_all()
        session.write_session()
        made.append(share(kept, "方案", session.chosen_now(), made_anew=session.MADE_ANEW, by="wang"))

    def change() -> None:
        st.session_state["choices"] = replace(st.session_state["choices"], gap_rule="another")

    come("wang", send)
    come("wang", change)
    come("li", lambda: st.session_state.update({"choices": Choices("en")}))
    seen = come("li", result=made[0])
    assert has_all(seen) and seen.session_state["choices"].gap_rule == "mine"
    assert come("li").session_state["choices"] == Choices("en")
    assert check_store(kept) == ()
    assert "V000000000" in come("li", result="V000000000").error[0].value
    change_role(kept, RoleChange("li", "planner", granted=False), by="root")
    with pytest.raises(NotAllowedError):
        shared(kept, made[0], by="li")


def test_the_result_of_long_work_has_an_address(kept: Store, tmp_path: Path) -> None:
    add_city(kept, NewCity("小城", write_small_city(tmp_path / "in"), "community"), by="wang")
    number = str(ask_for_result(kept, "小城", by="wang")["id"])
    work(kept, once=True, cache=None, report=lambda _: None)
    city = come("zhao", result=number).session_state["choices"].city
    assert city.versions == ("西苑社区 1", "东庄村 1")
