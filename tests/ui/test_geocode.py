"""Addresses looked up on the page: what is sent, what is proposed, and what happens when nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.progress import Progress
from core.text import text
from jobs.lists.geocode import propose_places
from tests.data.geocode.test_propose import Server, serving
from tests.small_city import degrees
from tests.ui.conftest import ShownMaps, html_of, no_trouble
from tests.ui.test_check import press, step, upload
from tests.ui.test_check_steps import accepted, addressed, report_of
from ui.shell.work import Work

LIST = "名称,类型,社区,地址,经度,纬度\n" + addressed("甲社区服务站", 300)
INSIDE, OUTSIDE, ROUGH, UNKNOWN = "西苑路8号", "东庄路9号", "北京东路", "没有的路9号"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    known = {f"西苑社区{INSIDE}": degrees(800), f"西苑社区{OUTSIDE}": degrees(1200)}
    monkeypatch.setattr("tests.data.geocode.test_propose.KNOWN", known | {f"西苑社区{ROUGH}": degrees(500)})
    monkeypatch.setitem(propose_places.__kwdefaults__, "wait", lambda _seconds: None)
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with serving() as running:
        for name in ("TIANDITU_URL", "NOMINATIM_URL"):
            monkeypatch.setenv(name, running.address)
        yield running


def places(page: AppTest, *addresses: str) -> AppTest:
    """The step of facilities to be located, with one for each address."""
    rows = [f"{k}社区服务站,公共服务站,西苑社区,{address},,\n" for k, address in enumerate(addresses)]
    upload(page, LIST + "".join(rows))
    return step(page, "places")


def send(page: AppTest, service: str = "nominatim", key: str = "") -> AppTest:
    page.radio(key="geocode-service").set_value(service).run()
    if key:
        page.text_input(key="geocode-key").set_value(key)
    return page.button(key="geocode-send").click().run()


def states(page: AppTest) -> dict[str, str]:
    """Address → what the table says of its place."""
    cells = [row.split("<td")[1:] for row in html_of(page).split("<tr>") if "社区服务站" in row]
    return {_cell(row[1]): _cell(row[5]) for row in cells if len(row) == 6}


def _cell(html: str) -> str:
    return html.partition(">")[2].partition("</td>")[0]


def test_answers_are_proposals_with_their_evidence_until_somebody_confirms(
    app: AppTest, server: Server
) -> None:
    places(app, INSIDE, OUTSIDE, ROUGH, UNKNOWN)
    assert any("离开本网络" in box.value for box in app.warning)
    send(app)
    no_trouble(app)
    assert accepted(app)["name"].tolist() == ["甲社区服务站"]
    said = states(app)
    assert said[INSIDE] == f"建议，位于所填单元内：西苑社区{INSIDE}, 南京市"
    assert said[OUTSIDE].startswith("建议，在所填单元外250米：")
    assert (said[ROUGH], said[UNKNOWN]) == ("未定位", "未定位")
    press(app, "确认位于所填单元内的1处")
    no_trouble(app)
    rows = accepted(app).set_index("located_by")
    assert rows.loc["address", "name"] == "0社区服务站"
    assert rows.loc["address", "lon"] == pytest.approx(degrees(800)[0], abs=1e-6)
    assert states(app)[OUTSIDE].startswith("建议")


def test_a_proposal_is_shown_on_the_map_and_confirmed_alone(
    app: AppTest, server: Server, shown_maps: ShownMaps
) -> None:
    places(app, OUTSIDE, ROUGH)
    send(app)
    assert any(f"查到：“西苑社区{OUTSIDE}, 南京市”" in box.value.replace("\\", "") for box in app.info)
    assert any("250米" in box.value for box in app.caption)
    (key,) = (name for name in shown_maps.data if name.startswith("place-"))
    shown = [(dots["lon"], dots["lat"]) for dots in shown_maps.data[key]["picture"]["points"]]
    assert ([round(degrees(1200)[0], 6)], [round(degrees(1200)[1], 6)]) in shown
    press(app, "定位于此")
    placed = accepted(app).set_index("name").loc["0社区服务站"]
    assert placed["located_by"] == "address"
    # The next facility was found only as a street: it is placed by hand.
    assert any("为整条道路或区域" in box.value for box in app.info)
    row = next(row for row in report_of(app).to_locate() if row.lon is None)
    app.text_input(key=f"spot-{row.row_id}").set_value(f"{degrees(500)[0]}, {degrees(500)[1]}").run()
    press(app, "定位于此")
    assert accepted(app)["located_by"].tolist() == ["list", "address", "hand"]


def test_a_place_that_somebody_moved_is_by_hand(app: AppTest, server: Server) -> None:
    places(app, INSIDE)
    send(app)
    row = report_of(app).to_locate()[0]
    app.text_input(key=f"spot-{row.row_id}").set_value(f"{degrees(600)[0]}, {degrees(600)[1]}").run()
    press(app, "定位于此")
    assert accepted(app)["located_by"].tolist() == ["list", "hand"]


def test_tianditu_wants_a_key_that_is_typed_unseen_and_kept_nowhere(
    app: AppTest, server: Server, small_folder: Path
) -> None:
    places(app, INSIDE)
    app.radio(key="geocode-service").set_value("tianditu").run()
    app.button(key="geocode-send").click().run()
    assert [box.value for box in app.error] == ["天地图须有密钥才答复，请填写。"]
    assert server.asked == []
    assert app.text_input(key="geocode-key").proto.type == 1  # a password
    send(app, "tianditu", "secret")
    no_trouble(app)
    assert len(accepted(app)) == 1
    assert [asked["tk"] for asked in server.asked] == [["secret"]]
    folder = small_folder / "cache" / "sessions" / app.session_state["session-key"]
    for path in (path for root in (folder, small_folder) for path in root.rglob("*") if path.is_file()):
        with suppress(FileNotFoundError):  # sites are searched for meanwhile: files come and go
            assert b"secret" not in path.read_bytes(), path


def test_the_key_of_the_environment_is_enough(
    app: AppTest, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIANDITU_KEY", "secret")
    places(app, INSIDE)
    send(app, "tianditu")
    assert states(app)[INSIDE].startswith("建议")


@pytest.mark.parametrize(("fault", "said"), [(403, "403"), (504, "未及时答复"), ("cut", "无法连接")])
def test_a_service_that_fails_is_told_and_what_was_found_stays(
    app: AppTest, server: Server, fault: Any, said: str
) -> None:
    places(app, INSIDE, OUTSIDE)
    # One answer, then three faults: the second address is asked three times.
    server.faults = [None, *[fault] * 3]
    send(app)
    no_trouble(app)
    assert any(said in box.value for box in app.warning)
    assert states(app)[INSIDE].startswith("建议")
    assert states(app)[OUTSIDE] == "未定位"
    server.faults = []
    send(app)
    assert states(app)[OUTSIDE].startswith("建议")


def test_without_a_network_the_list_stays_as_it_was(
    app: AppTest, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as gone:
        monkeypatch.setenv("NOMINATIM_URL", gone.address)
    places(app, INSIDE)
    send(app)
    no_trouble(app)
    assert any("无法连接" in box.value for box in app.warning)
    assert accepted(app)["name"].tolist() == ["甲社区服务站"]
    assert states(app)[INSIDE] == "未定位"


def test_a_search_that_was_stopped_says_so_and_can_be_sent_again(app: AppTest, server: Server) -> None:
    places(app, INSIDE)
    begun = threading.Event()

    def endless(report: Progress) -> None:
        while True:
            begun.set()
            report(0.1, text("Waiting"))

    work = Work(app.session_state["check-now"].lists.paths).start(endless)
    assert begun.wait(10)
    work.stop.set()
    app.session_state["geocode-work"] = ("nominatim", work)
    app.run()
    no_trouble(app)
    assert any("已停止" in box.value for box in app.info)
    send(app)
    assert states(app)[INSIDE].startswith("建议")


def test_answers_belong_to_the_list_that_was_asked_about(app: AppTest, server: Server) -> None:
    places(app, INSIDE)
    send(app)
    app.file_uploader(key="lists").set_value(
        ("又.csv", (LIST + f"乙社区服务站,公共服务站,西苑社区,{INSIDE},,\n").encode(), "")
    )
    step(app.run(), "places")
    assert set(states(app).values()) == {"未定位"}
    assert not any("确认位于" in button.label for button in app.button)


def test_it_reads_in_english_too(app: AppTest, server: Server) -> None:
    places(app, INSIDE, ROUGH, UNKNOWN)
    app.segmented_control(key="choose-language").set_value("en").run()
    step(app, "places")
    send(app)
    no_trouble(app)
    assert any("Confirm the 1 that lie" in button.label for button in app.button)
    assert any("knows no place" in box.value or "found" in box.value for box in app.info)
