"""What people who sign in chose is theirs: found again elsewhere, sent to a colleague under an address."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.store import Store, open_store
from data.store.backup import restore_backup, write_backup
from data.store.check import check_store
from data.store.sessions import session_of_person
from data.store.tidy import tidy_store
from jobs.cache.prebuild import cache_folder
from jobs.collect.cities import NewCity, add_city
from jobs.collect.permissions import NotAllowedError, RoleChange, change_role
from jobs.collect.work import ask_for_result, work
from jobs.desk.sessions import shared
from tests.small_city import write_small_city
from tests.ui.conftest import PATIENCE_S, ROOT, html_of, no_trouble
from tests.ui.test_check import HEAD, line, press, show_result, upload
from tests.ui.widgets.test_sections import SCENARIO, on, open_at
from ui.shell.who import Visitor


class Here:
    """Who looks at the page."""

    name = "wang"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that knows people; the page is told who comes, as a proxy would."""
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(Here, "name", "wang")
    monkeypatch.setattr("ui.shell.frame.visitor_here", lambda: Visitor(Here.name))
    for room in ("ui.shell.who", "ui.shell.frame"):
        monkeypatch.setattr(f"{room}.is_signed_way", lambda: True)
    made = open_store(tmp_path / "store", make=True)
    change_role(made, RoleChange("root", "admin"), by="")
    for name, role in {"wang": "planner", "li": "planner", "zhao": "reader"}.items():
        change_role(made, RoleChange(name, role), by="root")
    return made


def elsewhere(**query: str) -> AppTest:
    """Another browser, at the page's plain address."""
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    for name, value in query.items():
        other.query_params[name] = value
    return other.run()


def chosen(app: AppTest) -> AppTest:
    """A list in use, a standard, and a scenario under way."""
    upload(app, HEAD + line("甲社区服务站", 300))
    show_result(app)
    app.selectbox(key="choose-standard").set_value("gb50180-2018").run()
    on(app, SCENARIO)
    open_at(app, 1100)
    no_trouble(app)
    return app


ALL = ("gb50180-2018", ("清单.csv",), True)


def seen(page: AppTest) -> tuple[object, ...]:
    """Standard, list, and whether the scenario is there."""
    page.switch_page(SCENARIO).run()
    no_trouble(page)
    now = page.session_state["choices"]
    return now.standard, now.lists and now.lists.names, "新设施1" in html_of(page)


def test_a_person_finds_everything_again_on_another_machine_and_nobody_else_does(
    app: AppTest, kept: Store, tmp_path: Path
) -> None:
    chosen(app)
    shutil.rmtree(cache_folder() / "sessions")  # as if it were another one
    assert seen(elsewhere()) == ALL
    Here.name = "li"
    assert seen(elsewhere(s=app.session_state["session-key"])) == ("nanjing-2011", None, False)
    assert check_store(kept) == ()
    # It is in the backup; tidying takes nothing of it away until it is deleted.
    assert tidy_store(kept, today=date(2999, 1, 1), by="root") == (0, 0)
    write_backup(kept, tmp_path / "backup.zip")
    other = open_store(tmp_path / "other", make=True)
    restore_backup(other, tmp_path / "backup.zip")
    assert session_of_person(other, "wang") == session_of_person(kept, "wang") is not None
    Here.name = "wang"
    press(elsewhere(), "删除我的文件和选择")
    assert seen(elsewhere())[1:] == (None, False)
    assert tidy_store(kept, today=date(2999, 1, 1), by="root")[1] > 0 and check_store(kept) == ()


def test_a_view_is_sent_to_a_colleague_who_keeps_their_own(app: AppTest, kept: Store) -> None:
    chosen(app)
    box = next(one for one in app.text_input if one.label == "名称")
    box.set_value("三季度方案")
    press(app, "生成地址")
    no_trouble(app)
    number = app.code[-1].value.partition("?result=")[2]
    Here.name = "li"
    mine = elsewhere()
    mine.selectbox(key="choose-standard").set_value("nanjing-2011").run()
    assert seen(elsewhere(result=number)) == ALL
    assert elsewhere().selectbox(key="choose-standard").value == "nanjing-2011"
    assert check_store(kept) == ()
    wrong = elsewhere(result="V000000000")
    assert "V000000000" in wrong.error[0].value
    change_role(kept, RoleChange("li", "planner", granted=False), by="root")
    with pytest.raises(NotAllowedError):
        shared(kept, number, by="li")


def test_the_result_of_long_work_has_an_address(app: AppTest, kept: Store, tmp_path: Path) -> None:
    add_city(kept, NewCity("小城", write_small_city(tmp_path / "in"), "community"), by="wang")
    number = str(ask_for_result(kept, "小城", by="wang")["id"])
    work(kept, once=True, cache=None, report=lambda _: None)
    Here.name = "zhao"
    page = elsewhere(result=number)
    no_trouble(page)
    assert page.session_state["choices"].city.versions == ("西苑社区 1", "东庄村 1")
