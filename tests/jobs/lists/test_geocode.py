"""check with a geocoder: proposals are taken as such, told, and remembered."""

import pytest

from core.errors import Cancelled, SettingError
from core.progress import stoppable
from jobs.lists.check import ListFiles, check_lists
from jobs.lists.geocode import (
    key_is_missing,
    propose_places,
    require_service,
    service_with,
    with_proposals,
)
from tests.data.geocode.test_propose import serving

LIST = """名称,类型,经度,纬度,地址,区
甲社区服务站,站,118.78901,32.04001,甲路,玄武区
乙社区服务站,站,,,中山路1号,玄武区
丙社区服务站,站,,,北京东路,
丁社区服务站,站,,,没有的路9号,
"""
WAY = {"玄武区中山路1号": (118.7834, 32.0421)}


@pytest.fixture
def checked(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text(LIST, encoding="utf-8")
    return check_lists(ListFiles([path], datum="wgs84"), out=tmp_path / "out")


def propose_with(server, report, monkeypatch, cache):
    monkeypatch.setenv("TIANDITU_KEY", "secret")
    monkeypatch.setenv("TIANDITU_URL", server.address)
    return propose_places(report, service_with("tianditu"), cache=cache, wait=lambda _seconds: None)


def test_addresses_are_located_as_proposals_and_told(checked, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.data.geocode.test_propose.KNOWN", WAY | {"北京东路": (118.79, 32.05)})
    with serving() as server:
        found = propose_with(server, checked, monkeypatch, tmp_path / "cache")
    report = with_proposals(checked, found)
    assert report.intake.accepted["located_by"].tolist() == ["list", "address"]
    assert report.intake.accepted["lon"].tolist() == [118.78901, 118.7834]
    codes = {row["row"]: row["code"] for row in report.as_json()["findings"] if row["row"] > 2}
    assert codes[3] == "located-by-address"
    told = [(row["row"], row["code"], row["level"]) for row in report.as_json()["findings"]]
    assert {(4, "geocode-rough", "info"), (5, "geocode-nothing", "info")} <= set(told)
    again = check_lists(ListFiles([tmp_path / "表.csv"], datum="wgs84"), out=tmp_path / "out")
    assert again.intake.accepted.equals(report.intake.accepted)


def test_a_service_that_is_away_is_a_warning_and_the_check_stands(checked, tmp_path, monkeypatch):
    with serving() as gone:
        pass
    report = with_proposals(checked, propose_with(gone, checked, monkeypatch, tmp_path / "cache"))
    assert report.intake.accepted_count == 1
    assert [row["level"] for row in report.as_json()["findings"] if row["code"] == "geocode-failed"] == [
        "warning"
    ]


def test_a_service_that_cannot_be_is_refused_before_anything_is_read(monkeypatch):
    require_service("")
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with pytest.raises(SettingError, match="TIANDITU_KEY"):
        require_service("tianditu")


def test_a_key_given_by_hand_counts_before_that_of_the_environment(checked, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.data.geocode.test_propose.KNOWN", WAY)
    monkeypatch.setenv("TIANDITU_KEY", "wrong")
    with serving() as server:
        monkeypatch.setenv("TIANDITU_URL", server.address)
        by_hand = service_with("tianditu", "secret")
        found = propose_places(checked, by_hand, cache=tmp_path / "cache", wait=lambda _seconds: None)
    assert len(found.places) == 1 and found.problem is None
    assert "secret" not in repr(by_hand)


def test_the_environment_tells_whether_a_key_must_be_given(monkeypatch):
    monkeypatch.setenv("TIANDITU_KEY", " ")
    assert (key_is_missing("tianditu"), key_is_missing("nominatim")) == (True, False)
    monkeypatch.setenv("TIANDITU_KEY", "secret")
    assert not key_is_missing("tianditu")


def test_it_can_be_stopped_while_it_waits_and_goes_on_from_what_was_answered(checked, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.data.geocode.test_propose.KNOWN", WAY)
    waits = []
    with serving() as server:
        monkeypatch.setenv("NOMINATIM_URL", server.address)
        report = stoppable(lambda *_: None, lambda: len(waits) > 1)
        with pytest.raises(Cancelled):
            propose_places(
                checked, service_with("nominatim"), cache=tmp_path, wait=waits.append, progress=report
            )
        assert (len(server.asked), len(waits)) == (1, 2)
        found = propose_places(checked, service_with("nominatim"), cache=tmp_path, wait=waits.append)
        assert len(server.asked) == 3
    assert len(found.places) == 1
